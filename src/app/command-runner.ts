import type {
  AdminApi,
  Change,
  AdminAnswer,
  AdminCommand,
  AdminCommands,
  PendingCommand,
} from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import { type Clock, every } from '../kit/clock.ts';

const pollEveryMs = 1_000;

export type CommandRunnerOptions = {
  readonly commands: AdminCommands;
  readonly admin: AdminApi;
  /** Opens a key that another process has encrypted; undefined where it cannot be. */
  readonly unseal: (provider: ProviderName, id: KeyId, sealed: string) => string | undefined;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Polls the database every second for commands of other processes, executes each once, in order, and stores its answer. */
export class CommandRunner implements AsyncDisposable {
  readonly #options: CommandRunnerOptions;
  readonly #polling: Disposable;
  readonly #executing = new Set<Promise<void>>();
  #lastSeq = 0;
  #pass: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
    this.#polling = every(options.clock, pollEveryMs, () => {
      this.#pass ??= this.#poll().finally(() => {
        this.#pass = undefined;
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#polling[Symbol.dispose]();
    await this.#pass;
    await Promise.all(this.#executing);
  }

  async #poll(): Promise<void> {
    try {
      for (const pending of await this.#options.commands.pending()) {
        // A command whose answer is not stored yet is executing.
        if (pending.seq <= this.#lastSeq) continue;
        this.#lastSeq = pending.seq;
        this.#begin(pending);
      }
      this.#isFailing = false;
    } catch (error) {
      this.#report(error);
    }
  }

  #begin(pending: PendingCommand): void {
    const done = this.#execute(pending).finally(() => this.#executing.delete(done));
    this.#executing.add(done);
  }

  async #execute({ seq, command }: PendingCommand): Promise<void> {
    const { commands, clock } = this.#options;
    try {
      await commands.answer(seq, await answerTo(this.#options, command), clock.now());
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    if (!this.#isFailing) {
      this.#options.emit({ event: 'app.error', what: 'execute an admin command', error });
    }
    this.#isFailing = true;
  }
}

async function answerTo(
  { admin, unseal }: Pick<CommandRunnerOptions, 'admin' | 'unseal'>,
  command: AdminCommand,
): Promise<AdminAnswer> {
  switch (command.kind) {
    case 'wake-keys':
      return { kind: 'keys-changed', count: valueOf(await admin.keys.wake(command.keys)) };
    case 'disable-keys':
      return { kind: 'keys-changed', count: valueOf(await admin.keys.disable(command.keys)) };
    case 'enable-keys':
      return { kind: 'keys-changed', count: valueOf(await admin.keys.enable(command.keys)) };
    case 'reload':
      return { kind: 'reloaded', ...valueOf(await admin.reload()) };
    case 'add-key': {
      const { provider, keyId, sealed, settings } = command;
      const key = unseal(provider, keyId, sealed);
      if (key === undefined) return { kind: 'key-added', added: { kind: 'no-master-key' } };
      return { kind: 'key-added', added: valueOf(await admin.keys.add({ provider, key, ...settings })) };
    }
    case 'set-key':
      return { kind: 'key-set', isKnown: valueOf(await admin.keys.set(command.keyId, command.patch)) };
    case 'remove-key':
      return { kind: 'key-removed', removed: valueOf(await admin.keys.remove(command.keyId)) };
    case 'renew-token':
      return { kind: 'token-renewed', ...valueOf(await admin.renewToken(command.mark)) };
    case 'cancel-job':
      return { kind: 'job-cancelled', ending: valueOf(await admin.jobs.cancel(command.jobId)) };
    case 'block':
      return { kind: 'block-changed', value: valueOf(await admin.people.block(command.id, command.reason)) };
    case 'unblock':
      return { kind: 'block-changed', value: valueOf(await admin.people.unblock(command.id)) };
    case 'add-premium': {
      const { userId, days, grant } = command;
      return { kind: 'premium-added', untilMs: valueOf(await admin.people.addPremium(userId, days, grant)) };
    }
  }
}

/** The owner makes every change at once. */
function valueOf<Value>(change: Change<Value>): Value {
  if (change.kind === 'done') return change.value;
  throw new Error('Cannot execute a command: its change was only requested');
}
