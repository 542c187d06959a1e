import type { BotProcess, BotProcesses, ShownProcess } from '../../../sandbox/page/app-view.ts';
import { type ListedProcess, openProcessList, type ProcessList } from '../../app/processes/list-processes.ts';
import type { AppEvent } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import type { Answers, Question } from './bot-messages.ts';
import { DemoBot } from './demo-bot.ts';

/** An event, and the number of the process that it is of; without a number where the bot is one process. */
export type EmitOfDemo = (event: AppEvent, process?: number) => void;

export type DemoBotsOptions = {
  readonly env: Readonly<Record<string, string>>;
  readonly emit: EmitOfDemo;
  readonly clock: Clock;
  /** Several processes, and the database that they share. */
  readonly several?: { readonly count: number; readonly databaseUrl: Secret } | undefined;
};

type QuestionOf<Kind extends Question['kind']> = Extract<Question, { readonly kind: Kind }>;

const restartAfterMs = 1_000;
/** Longer than the others take to find out that a process is dead: what it had is seen to go over to them. */
const restartOfSeveralAfterMs = 20_000;

/** The bot of the demo, as one process or as several that share a database. */
export class DemoBots implements BotProcess, AsyncDisposable {
  readonly #bots: readonly DemoBot[];
  readonly #list: ProcessList | undefined;

  private constructor(bots: readonly DemoBot[], list: ProcessList | undefined) {
    this.#bots = bots;
    this.#list = list;
  }

  /** Starts every process, and waits for all; throws a StartError when one of them cannot open. */
  static async open({ env, emit, clock, several }: DemoBotsOptions): Promise<DemoBots> {
    if (several === undefined) {
      return new DemoBots(
        [await DemoBot.open({ env, emit: (event) => emit(event), clock, restartAfterMs })],
        undefined,
      );
    }
    const { count, databaseUrl } = several;
    await using opening = new AsyncDisposableStack();
    const open = (number: number) =>
      DemoBot.open({
        env: { ...env, DATABASE_URL: databaseUrl.reveal() },
        emit: (event) => emit(event, number),
        clock,
        restartAfterMs: restartOfSeveralAfterMs,
      });
    const opened = await Promise.allSettled(Array.from({ length: count }, (_, index) => open(index + 1)));
    const bots = opened.flatMap((one) => (one.status === 'fulfilled' ? [opening.use(one.value)] : []));
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
    const list = opening.use(await openProcessList(databaseUrl, clock));
    opening.move();
    return new DemoBots(bots, list);
  }

  /** Rejects when a process cannot go on; never resolves. */
  get broken(): Promise<never> {
    return Promise.race(this.#bots.map((bot) => bot.broken));
  }

  get isRunning(): boolean {
    return this.#bots.some(({ isRunning }) => isRunning);
  }

  get isDiskFull(): boolean {
    return this.#bots.some(({ isDiskFull }) => isDiskFull);
  }

  /** Absent where the bot is one process. */
  get several(): BotProcesses | undefined {
    const list = this.#list;
    if (list === undefined) return undefined;
    return {
      list: async () => {
        const listed = (await list.read()) ?? [];
        return this.#bots.map((bot, index) => shownProcess(bot, index + 1, listed));
      },
      kill: (number) => this.#bots[number - 1]?.kill() ?? false,
      start: (number) => this.#bots[number - 1]?.startNow() ?? false,
    };
  }

  /** Returns the answer of a process that runs; undefined while none does. */
  async ask<Kind extends Question['kind']>(question: QuestionOf<Kind>): Promise<Answers[Kind] | undefined> {
    for (const bot of this.#bots) {
      const answer = await bot.ask<Kind>(question);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** SIGKILL to the first process that runs; it starts again by itself. Returns false when none runs. */
  kill(): boolean {
    return this.#bots.some((bot) => bot.kill());
  }

  async setDiskFull(full: boolean): Promise<void> {
    await Promise.all(this.#bots.map((bot) => bot.setDiskFull(full)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#bots.map((bot) => bot[Symbol.asyncDispose]()));
    await this.#list?.[Symbol.asyncDispose]();
  }
}

/** What the database says of the last life of a process, as far as it still says anything. */
function shownProcess(bot: DemoBot, number: number, listed: readonly ListedProcess[]): ShownProcess {
  const found = listed.find(({ pid }) => pid === bot.pid);
  const { isRunning, restartAtMs } = bot;
  const state = isRunning ? 'running' : restartAtMs === undefined ? 'starting' : 'dead';
  return {
    number,
    state,
    roles: isRunning ? (found?.roles ?? []) : [],
    jobs: found?.jobs ?? 0,
    ...(restartAtMs === undefined ? {} : { restartAtMs }),
  };
}
