import type {
  AdminApi,
  Change,
  AdminAnswer,
  AdminCommand,
  AdminCommands,
  PendingCommand,
} from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';
import { type Clock, every } from '../kit/clock.ts';

const lookEveryMs = 1_000;

export type CommandRunnerOptions = {
  readonly commands: AdminCommands;
  readonly admin: AdminApi;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Looks every second for commands from beside the owner of the database, carries them out in order, once, and answers. */
export class CommandRunner implements AsyncDisposable {
  readonly #options: CommandRunnerOptions;
  readonly #rounds: Disposable;
  readonly #underWay = new Set<Promise<void>>();
  #lastSeq = 0;
  #looking: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
    this.#rounds = every(options.clock, lookEveryMs, () => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds[Symbol.dispose]();
    await this.#looking;
    await Promise.all(this.#underWay);
  }

  async #look(): Promise<void> {
    try {
      for (const pending of await this.#options.commands.pending()) {
        // One whose answer is not written yet is under way.
        if (pending.seq <= this.#lastSeq) continue;
        this.#lastSeq = pending.seq;
        this.#begin(pending);
      }
      this.#isFailing = false;
    } catch (error) {
      this.#complain(error);
    }
  }

  #begin(pending: PendingCommand): void {
    const done = this.#execute(pending).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  async #execute({ seq, command }: PendingCommand): Promise<void> {
    const { commands, admin, clock } = this.#options;
    try {
      await commands.answer(seq, await answerTo(admin, command), clock.now());
    } catch (error) {
      this.#complain(error);
    }
  }

  #complain(error: unknown): void {
    if (!this.#isFailing) {
      this.#options.emit({ event: 'app.error', what: 'Cannot carry out what an operator asked for', error });
    }
    this.#isFailing = true;
  }
}

async function answerTo(admin: AdminApi, command: AdminCommand): Promise<AdminAnswer> {
  switch (command.kind) {
    case 'wake-keys':
      return { kind: 'keys-changed', count: made(await admin.keys.wake(command.keys)) };
    case 'disable-keys':
      return { kind: 'keys-changed', count: made(await admin.keys.disable(command.keys)) };
    case 'enable-keys':
      return { kind: 'keys-changed', count: made(await admin.keys.enable(command.keys)) };
    case 'cancel-job':
      return { kind: 'job-cancelled', ending: made(await admin.jobs.cancel(command.jobId)) };
    case 'add-premium': {
      const { userId, days, grant } = command;
      return { kind: 'premium-added', untilMs: made(await admin.people.addPremium(userId, days, grant)) };
    }
  }
}

/** The owner makes every change itself. */
function made<Value>(change: Change<Value>): Value {
  if (change.kind === 'done') return change.value;
  throw new Error('Cannot carry out a command: its change was only asked for');
}
