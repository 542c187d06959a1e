import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { DaySpending, PersonSpending, Spending, SpendingRange } from '../../../domain/costs.ts';
import type { History, HistoryCounts, Percentiles } from '../../../domain/views.ts';
import { isProviderName } from '../../../domain/ids.ts';
import type { Database } from '../../database.ts';
import { parseRow } from '../../rows.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Up to so many hours are shown hour by hour, more day by day. */
const maxHourlySpans = 48;
/** The longest history that is kept in memory. */
const maxHours = 720 + 24;
/** Rows that are read in one go: about two milliseconds, then others have their turn. */
const rowsAtOnce = 200;

const firstBinMs = 100;
const binGrowth = 1.125;
/** The last bin begins at about an hour. */
const bins = 90;

/** Counts of one hour, with a histogram for each duration. */
class Tally {
  requests = 0;
  answered = 0;
  failed = 0;
  cancelled = 0;
  callsOfAnswered = 0;
  readonly waits = new Uint32Array(bins);
  readonly answers = new Uint32Array(bins);

  add(other: Tally): void {
    this.requests += other.requests;
    this.answered += other.answered;
    this.failed += other.failed;
    this.cancelled += other.cancelled;
    this.callsOfAnswered += other.callsOfAnswered;
    for (let bin = 0; bin < bins; bin += 1) {
      this.waits[bin] = (this.waits[bin] ?? 0) + (other.waits[bin] ?? 0);
      this.answers[bin] = (this.answers[bin] ?? 0) + (other.answers[bin] ?? 0);
    }
  }

  counts(): HistoryCounts {
    const { requests, answered, failed, cancelled, callsOfAnswered } = this;
    const [wait, untilAnswered] = [percentilesOf(this.waits), percentilesOf(this.answers)];
    return {
      requests,
      answered,
      failed,
      cancelled,
      callsOfAnswered,
      ...(wait === undefined ? {} : { wait }),
      ...(untilAnswered === undefined ? {} : { untilAnswered }),
    };
  }
}

function binOf(ms: number): number {
  if (ms < firstBinMs) return 0;
  return Math.min(bins - 1, 1 + Math.floor(Math.log(ms / firstBinMs) / Math.log(binGrowth)));
}

/** The upper end of the bin in which each point lies. */
function percentilesOf(histogram: Uint32Array): Percentiles | undefined {
  const all = histogram.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const pointAt = (share: number) => {
    let seen = 0;
    const bin = histogram.findIndex((count) => (seen += count) >= all * share);
    return Math.round(firstBinMs * binGrowth ** bin);
  };
  return { p50Ms: pointAt(0.5), p95Ms: pointAt(0.95) };
}

const row = z.object({
  seq: z.number(),
  state: z.string(),
  accepted: z.number(),
  claimed: z.number().nullable(),
  ended: z.number().nullable(),
  calls: z.number(),
  outcome: z.string().nullable(),
});
type Row = z.output<typeof row>;

const columns = `seq, state, accepted_at_ms AS accepted, claimed_at_ms AS claimed, ended_at_ms AS ended, calls,
  CASE WHEN json_valid(outcome) THEN outcome ->> '$.kind' END AS outcome`;

type Open = { readonly hour: number; claimed: boolean };

/**
 * Counts jobs by the hour in which they were accepted. Every row is read once while it is open and once when it has ended;
 * the counts stay in memory, so that a second look reads only what is new. Reading goes a few rows at a time and lets others
 * go on in between. What is deleted later stays counted until the process ends.
 */
export class JobHistory {
  readonly #database: Database;
  readonly #hours = new Map<number, Tally>();
  /** The hour of each counted job that had not ended. */
  readonly #open = new Map<number, Open>();
  #newestSeq = 0;
  #reading: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The last so many hours, the current one included; whole UTC days where there are more than two. */
  async read(nowMs: number, hours: number): Promise<History> {
    this.#reading ??= this.#update(nowMs).finally(() => (this.#reading = undefined));
    await this.#reading;
    const stepMs = hours <= maxHourlySpans ? hourMs : dayMs;
    const lastMs = Math.floor(nowMs / stepMs) * stepMs;
    const count = Math.max(1, Math.round((hours * hourMs) / stepMs));
    const total = new Tally();
    const spans = Array.from({ length: count }, (_, index) => {
      const fromMs = lastMs - (count - 1 - index) * stepMs;
      const span = new Tally();
      for (let ms = fromMs; ms < fromMs + stepMs; ms += hourMs) {
        const tally = this.#hours.get(ms / hourMs);
        if (tally !== undefined) span.add(tally);
      }
      total.add(span);
      return { fromMs, ...span.counts() };
    });
    return { stepMs, spans, total: total.counts() };
  }

  async #update(nowMs: number): Promise<void> {
    const oldestHour = Math.floor(nowMs / hourMs) - maxHours;
    for (const hour of this.#hours.keys()) if (hour < oldestHour) this.#hours.delete(hour);
    try {
      await this.#readOpen();
      await this.#readNew(oldestHour);
    } catch (error) {
      // What was counted in part would be counted again.
      this.#hours.clear();
      this.#open.clear();
      this.#newestSeq = 0;
      throw error;
    }
  }

  /** Looks for the ends of jobs that were open at the last look; one whose row is gone is no longer looked for. */
  async #readOpen(): Promise<void> {
    const open = [...this.#open.keys()];
    for (let at = 0; at < open.length; at += rowsAtOnce) {
      if (at > 0) await setImmediate();
      const ids = open.slice(at, at + rowsAtOnce);
      const sql = `SELECT ${columns} FROM jobs WHERE seq IN (${ids.map(() => '?').join(',')})`;
      const found = new Map((await this.#read(sql, ...ids)).map((one) => [one.seq, one]));
      for (const id of ids) {
        const known = this.#open.get(id);
        const job = found.get(id);
        if (job === undefined) this.#open.delete(id);
        else if (known !== undefined) this.#count(job, known);
      }
    }
  }

  /** Counts what was accepted since the last look, newest first, back to the oldest hour that is shown. */
  async #readNew(oldestHour: number): Promise<void> {
    const from = this.#newestSeq;
    let before = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const sql = `SELECT ${columns} FROM jobs WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ${rowsAtOnce}`;
      const jobs = await this.#read(sql, from, before);
      for (const job of jobs) {
        const hour = Math.floor(job.accepted / hourMs);
        if (hour < oldestHour) return;
        this.#newestSeq = Math.max(this.#newestSeq, job.seq);
        this.#tallyOf(hour).requests += 1;
        this.#count(job, { hour, claimed: false });
      }
      const last = jobs.at(-1);
      if (last === undefined || jobs.length < rowsAtOnce) return;
      before = last.seq;
      await setImmediate();
    }
  }

  async #read(sql: string, ...values: number[]): Promise<readonly Row[]> {
    const rows = await this.#database.read(() => this.#database.all(sql, ...values));
    return rows.map((one) => parseRow('jobs', row, one));
  }

  #count(job: Row, known: Open): void {
    const tally = this.#tallyOf(known.hour);
    if (job.claimed !== null && !known.claimed) {
      const bin = binOf(job.claimed - job.accepted);
      tally.waits[bin] = (tally.waits[bin] ?? 0) + 1;
      known.claimed = true;
    }
    if (job.state !== 'ended' && job.state !== 'told') return void this.#open.set(job.seq, known);
    this.#open.delete(job.seq);
    if (job.outcome === 'cancelled') tally.cancelled += 1;
    else if (job.outcome !== 'result') tally.failed += 1;
    else {
      tally.answered += 1;
      tally.callsOfAnswered += job.calls;
      const bin = binOf((job.ended ?? job.accepted) - job.accepted);
      tally.answers[bin] = (tally.answers[bin] ?? 0) + 1;
    }
  }

  #tallyOf(hour: number): Tally {
    const known = this.#hours.get(hour) ?? new Tally();
    this.#hours.set(hour, known);
    return known;
  }
}

const sums = { calls: z.number(), micro_usd: z.number() };
const daySumRow = z
  .object({ ...sums, provider: z.string().refine(isProviderName), unpriced: z.number() })
  .transform(({ micro_usd: micros, ...row }) => ({ ...row, usd: micros / 1_000_000 }));
const personSumRow = z
  .object({ ...sums, user_id: z.number(), people: z.number() })
  .transform(({ user_id: userId, micro_usd: micros, ...row }) => ({ ...row, userId, usd: micros / 1_000_000 }));

const daySumSql = `SELECT provider, sum(calls) AS calls, sum(micro_usd) AS micro_usd, sum(unpriced) AS unpriced
  FROM costs WHERE day = ? GROUP BY provider ORDER BY provider`;
const personSumSql = (who: 'user_id >= 0' | 'user_id < 0') =>
  `SELECT user_id, sum(calls) AS calls, sum(micro_usd) AS micro_usd, count(*) OVER () AS people FROM costs
   WHERE day = ? AND ${who} GROUP BY user_id ORDER BY sum(micro_usd) DESC, sum(calls) DESC, user_id LIMIT ?`;
const [peopleSql, clientsSql] = [personSumSql('user_id >= 0'), personSumSql('user_id < 0')];
const noLimit = 1_000_000_000;

/**
 * What was spent from the UTC day of one moment to that of the other, summed up day by day; others go on in between. Of a
 * single day, which is read every few seconds, the database finds those who cost most: of thousands only they are read.
 */
export async function spendingBetween(
  database: Database,
  { sinceMs, nowMs, maxPeople }: SpendingRange,
): Promise<Spending> {
  const all = async <Value>(schema: z.ZodType<Value>, sql: string, ...values: (string | number)[]) =>
    (await database.read(() => database.all(sql, ...values))).map((one) => parseRow('costs', schema, one));
  const isOneDay = utcDay(Math.max(0, sinceMs)) === utcDay(nowMs);
  const days: DaySpending[] = [];
  const [people, clients] = [new Map<number, PersonSpending>(), new Map<number, PersonSpending>()];
  let peopleInAll = 0;
  for (let ms = Math.max(0, sinceMs); utcDay(ms) <= utcDay(nowMs); ms += dayMs) {
    const day = utcDay(ms);
    days.push(...(await all(daySumRow, daySumSql, day)).map((sum) => ({ day, ...sum })));
    for (const [into, sql, limit] of maxPeople === 0
      ? []
      : [[people, peopleSql, isOneDay ? maxPeople : noLimit] as const, [clients, clientsSql, noLimit] as const]) {
      for (const { userId, calls, usd, people: inDay } of await all(personSumRow, sql, day, limit)) {
        const { calls: before, usd: usdBefore } = into.get(userId) ?? { calls: 0, usd: 0 };
        into.set(userId, { userId, calls: before + calls, usd: usdBefore + usd });
        if (into === people && isOneDay) peopleInAll = inDay;
      }
    }
    await setImmediate();
  }
  return {
    days,
    people: byCost(people).slice(0, maxPeople),
    peopleInAll: isOneDay ? peopleInAll : people.size,
    clients: byCost(clients),
  };
}

function byCost(sums: ReadonlyMap<number, PersonSpending>): readonly PersonSpending[] {
  return [...sums.values()].toSorted((one, other) => other.usd - one.usd || other.calls - one.calls);
}

function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
