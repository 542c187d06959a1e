import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedCall } from '../../sandbox/telegram/api-service.ts';
import type { Tables } from '../tables.ts';

const lookEveryMs = 200;

/** A stretch of time, in milliseconds since 1970. */
export type Outage = { readonly fromMs: number; untilMs: number };

export type WatchOptions = {
  readonly tables: Tables;
  readonly telegram: { readonly calls: readonly RecordedCall[] };
  /** How many jobs of a person may run at once. */
  readonly cap: number;
  readonly signal: AbortSignal;
};

type Left = { readonly why: 'killed' | 'frozen'; readonly atMs: number; readonly jobs: Set<string> };

/** Looks, while processes die, at what others make of what they leave. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #left: Left[] = [];
  /** How long it took until another process went on with each job that was left running. */
  readonly #taken: { readonly why: Left['why']; readonly afterMs: number }[] = [];
  /** When a process died that asked Telegram for updates. */
  readonly #pollersLost: number[] = [];
  readonly #pollsAtMs: number[] = [];
  readonly #overCap = new Set<string>();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** How many people were seen with more running jobs than they may have. */
  get overCap(): number {
    return this.#overCap.size;
  }

  /** Milliseconds, for each job. */
  taken(why: Left['why']): readonly number[] {
    return this.#taken.filter((one) => one.why === why).map(({ afterMs }) => afterMs);
  }

  /** How many jobs nobody goes on with yet. */
  get leftOpen(): number {
    return this.#left.reduce((sum, { jobs }) => sum + jobs.size, 0);
  }

  /** When each process died that asked Telegram for updates, in milliseconds since 1970. */
  get pollersLost(): readonly number[] {
    return this.#pollersLost;
  }

  /** How long nobody asked Telegram for updates each time that the process died which did; infinite where nobody did again. */
  get silences(): readonly number[] {
    return this.#pollersLost.map((lostMs) => (this.#pollsAtMs.find((atMs) => atMs > lostMs) ?? Infinity) - lostMs);
  }

  /** Whether everything that processes left has been taken over. */
  get isCalm(): boolean {
    return this.leftOpen === 0 && this.silences.every((ms) => ms < Infinity);
  }

  /** Looks until the signal aborts. */
  async run(): Promise<void> {
    while (!this.#options.signal.aborted) {
      this.#hearPolls();
      // The database may be away.
      await this.#look().catch(() => undefined);
      await sleep(lookEveryMs);
    }
  }

  /** Makes a process stop, by `stop`, and follows what it had in hand. */
  async stopped(why: Left['why'], pid: number, stop: () => unknown): Promise<void> {
    const { tables } = this.#options;
    const [poller] = await tables.rows(
      `SELECT 1 AS n FROM roles JOIN processes ON processes.id = process_id WHERE role = 'telegram' AND pid = ${pid}`,
    );
    await stop();
    const atMs = Date.now();
    const rows = await tables.rows(
      `SELECT jobs.id, jobs.fence FROM jobs JOIN processes ON processes.id = jobs.owner WHERE jobs.state = 'running' AND pid = ${pid}`,
    );
    if (poller !== undefined) this.#pollersLost.push(atMs);
    this.#left.push({ why, atMs, jobs: new Set(rows.map(({ id, fence }) => `${String(id)} ${String(fence)}`)) });
  }

  async #look(): Promise<void> {
    const { tables, cap } = this.#options;
    const over = await tables.rows(
      `SELECT user_id, count(*) AS n FROM jobs WHERE state = 'running' GROUP BY user_id HAVING count(*) > ${cap}`,
    );
    for (const row of over) this.#overCap.add(String(row['user_id']));
    const ids = this.#left.flatMap(({ jobs }) => [...jobs].map((job) => `'${job.split(' ')[0]}'`));
    if (ids.length === 0) return;
    // A job that waits again was given back, and nobody works on it yet.
    const rows = await tables.rows(`SELECT id, fence, state FROM jobs WHERE id IN (${ids.join(', ')})`);
    const stateOf = new Map(rows.map(({ id, fence, state }) => [String(id), { fence: String(fence), state }]));
    for (const { why, atMs, jobs } of this.#left) {
      for (const job of jobs) {
        const [id = '', fence] = job.split(' ');
        const now = stateOf.get(id);
        if (now?.state === 'waiting' || (now?.state === 'running' && now.fence === fence)) continue;
        jobs.delete(job);
        this.#taken.push({ why, afterMs: Date.now() - atMs });
      }
    }
  }

  #hearPolls(): void {
    const lastMs = this.#pollsAtMs.at(-1) ?? 0;
    const { calls } = this.#options.telegram;
    const heard: number[] = [];
    for (let index = calls.length - 1; index >= 0; index -= 1) {
      const { method, atMs } = calls[index] ?? { method: '', atMs: 0 };
      if (atMs <= lastMs) break;
      if (method === 'getUpdates') heard.push(atMs);
    }
    this.#pollsAtMs.push(...heard.toReversed());
  }
}

export type Taken = { readonly userId: number; readonly saidAtMs: number; readonly takenAtMs: number };

type Losses = {
  readonly outages: readonly Outage[];
  /** When a process died that asked for updates. */
  readonly pollersLost: readonly number[];
};

/**
 * The longest time in which no request was taken although so many people had made one, without outages: less may wait
 * because their chats hang. Where the process that asks for updates died more than once in it, each death counts for itself.
 */
export function longestSilenceMs(
  requests: readonly Taken[],
  waiting: number,
  { outages, pollersLost }: Losses,
): number {
  const inOrder = requests.toSorted((one, other) => one.takenAtMs - other.takenAtMs);
  let longestMs = 0;
  const saidAtMs = new Map<number, number>();
  for (const [index, request] of [...inOrder.entries()].toReversed()) {
    saidAtMs.set(request.userId, request.saidAtMs);
    const waitsFromMs = [...saidAtMs.values()].sort((one, other) => one - other)[waiting - 1] ?? Infinity;
    const fromMs = Math.max(waitsFromMs, inOrder[index - 1]?.takenAtMs ?? 0);
    const untilMs = request.takenAtMs;
    const outageMs = outages.reduce(
      (sum, outage) => sum + Math.max(0, Math.min(untilMs, outage.untilMs) - Math.max(fromMs, outage.fromMs)),
      0,
    );
    const deaths = pollersLost.filter((atMs) => atMs >= fromMs && atMs <= untilMs).length;
    longestMs = Math.max(longestMs, (untilMs - fromMs - outageMs) / Math.max(1, deaths));
  }
  return longestMs;
}
