import { setTimeout as sleep } from 'node:timers/promises';
import type { BotProcess } from '../bot-process.ts';
import type { PartOptions } from '../check.ts';
import type { People } from '../people.ts';
import type { SeveralBots } from './several-bots.ts';
import type { Outage, Watch } from './watch.ts';

export type DisastersSize = {
  readonly kills: number;
  /** Twice the time after which a silent process counts as dead. */
  readonly freezes: number;
  readonly frozenMs: number;
  readonly serverKills: number;
  readonly rollingRestarts: number;
};

type Kind = 'kill' | 'freeze' | 'kill PostgreSQL' | 'rolling restart';

export type DisastersOptions = {
  readonly several: SeveralBots;
  readonly people: People;
  readonly watch: Watch;
  readonly size: DisastersSize;
  readonly random: () => number;
  readonly finished: AbortSignal;
  readonly progress: PartOptions['progress'];
};

const maxCalmMs = 40_000;
const maxReadyMs = 60_000;

/** What happens to processes and their database, one after the other: each after an equal share of the requests has ended. */
export class Disasters {
  readonly #options: DisastersOptions;
  readonly #frozen = new Map<BotProcess, Promise<void>>();
  readonly #done = new Map<Kind, number>();
  readonly outages: Outage[] = [];
  /** The exit codes of processes that were told to end. */
  readonly exitCodes: (number | null)[] = [];

  constructor(options: DisastersOptions) {
    this.#options = options;
  }

  done(kind: Kind): number {
    return this.#done.get(kind) ?? 0;
  }

  /** Resolves when all have happened, or every request has ended, and no process is frozen any more. */
  async run(): Promise<void> {
    const { people, finished, progress } = this.#options;
    const kinds = this.#inOrder();
    for (const [index, kind] of kinds.entries()) {
      const after = ((index + 0.5) * people.requests) / (kinds.length + 1);
      while (people.ended < after && !finished.aborted) await sleep(50);
      if (finished.aborted) break;
      progress(`${kind} (${index + 1} of ${kinds.length}), ${people.ended} of ${people.requests} requests ended`);
      await this.#happen(kind);
      this.#done.set(kind, this.done(kind) + 1);
    }
    await Promise.all(this.#frozen.values());
  }

  #inOrder(): readonly Kind[] {
    const { size, random } = this.#options;
    const kinds: Kind[] = [
      ...Array.from({ length: size.kills }, (): Kind => 'kill'),
      ...Array.from({ length: size.freezes }, (): Kind => 'freeze'),
      ...Array.from({ length: size.serverKills }, (): Kind => 'kill PostgreSQL'),
      ...Array.from({ length: size.rollingRestarts }, (): Kind => 'rolling restart'),
    ];
    return kinds
      .map((kind) => ({ kind, place: random() }))
      .sort((one, other) => one.place - other.place)
      .map(({ kind }) => kind);
  }

  #happen(kind: Kind): Promise<void> {
    switch (kind) {
      case 'kill':
        return this.#kill();
      case 'freeze':
        return this.#freeze();
      case 'kill PostgreSQL':
        return this.#killServer();
      case 'rolling restart':
        return this.#restartAll();
    }
  }

  async #kill(): Promise<void> {
    const { watch, random } = this.#options;
    const bot = await this.#any();
    const pid = bot.child?.pid ?? 0;
    await watch.stopped('killed', pid, () => bot.end('SIGKILL'));
    await sleep(1_000 * random());
    bot.start();
  }

  /** Returns while the process is frozen. */
  async #freeze(): Promise<void> {
    const { watch, size, progress } = this.#options;
    const bot = await this.#any();
    const { child } = bot;
    await watch.stopped('frozen', child?.pid ?? 0, () => child?.kill('SIGSTOP'));
    const thawed = sleep(size.frozenMs).then(() => {
      child?.kill('SIGCONT');
      this.#frozen.delete(bot);
      progress('a frozen process goes on');
    });
    this.#frozen.set(bot, thawed);
  }

  /** What processes have left is taken over first: how long that takes would say nothing while the database is away. */
  async #killServer(): Promise<void> {
    const { several, watch, random, finished } = this.#options;
    for (let waitedMs = 0; !watch.isCalm && waitedMs < maxCalmMs && !finished.aborted; waitedMs += 100)
      await sleep(100);
    const outage: Outage = { fromMs: Date.now(), untilMs: Infinity };
    this.outages.push(outage);
    await several.server.kill();
    await sleep(1_000 + 3_000 * random());
    await several.server.start();
    outage.untilMs = Date.now();
  }

  async #restartAll(): Promise<void> {
    const { several } = this.#options;
    await Promise.all(this.#frozen.values());
    for (const bot of several.bots) {
      this.exitCodes.push(await bot.end('SIGTERM'));
      bot.start();
      await this.#ready(bot);
    }
  }

  /** Resolves when the process has entered itself. */
  async #ready(bot: BotProcess): Promise<void> {
    const { tables } = this.#options.several;
    for (let waitedMs = 0; waitedMs < maxReadyMs; waitedMs += 200) {
      const pid = bot.child?.pid ?? 0;
      const found = await tables.rows(`SELECT 1 AS n FROM processes WHERE pid = ${pid}`).catch(() => []);
      if (found.length > 0) return;
      await sleep(200);
    }
  }

  /** Any process that is neither frozen nor starting. */
  async #any(): Promise<BotProcess> {
    const { several, random } = this.#options;
    const awake = several.bots.filter((bot) => bot.child !== undefined && !this.#frozen.has(bot));
    const bot = awake[Math.floor(random() * awake.length)] ?? several.bots[0];
    if (bot === undefined) throw new Error('Cannot choose a process: there is none');
    await this.#ready(bot);
    return bot;
  }
}
