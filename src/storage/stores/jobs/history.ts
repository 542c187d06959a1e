import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { History, HistoryCounts, Percentiles } from '../../../domain/views.ts';
import type { Database } from '../../database.ts';
import { parseRow } from '../../rows.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Up to so many hours are shown hour by hour, more day by day. */
const maxHourlySpans = 48;
/** The longest history that is kept in memory. */
const maxHours = 720 + 24;
/** A transaction of another process may add a job with a lower number so long after one with a higher number was seen. */
const lateForMs = 60_000;
/** So far below the newest number; what is missing further down was deleted. */
const maxLate = 1_000;
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
  /** Numbers of no job yet, and until when they are looked for. */
  readonly #late = new Map<number, number>();
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
      await this.#readLate(nowMs, oldestHour);
      await this.#readNew(nowMs, oldestHour);
    } catch (error) {
      // What was counted in part would be counted again.
      this.#hours.clear();
      this.#open.clear();
      this.#late.clear();
      this.#newestSeq = 0;
      throw error;
    }
  }

  /** Looks for the ends of jobs that were open at the last look; one whose row is gone is no longer looked for. */
  async #readOpen(): Promise<void> {
    await this.#readThese([...this.#open.keys()], (id, job) => {
      const known = this.#open.get(id);
      if (job === undefined) this.#open.delete(id);
      else if (known !== undefined) this.#count(job, known);
    });
  }

  /** Looks for jobs whose numbers were passed over; a number that stays without one was given back or its job is deleted. */
  async #readLate(nowMs: number, oldestHour: number): Promise<void> {
    await this.#readThese([...this.#late.keys()], (id, job) => {
      if (job !== undefined || (this.#late.get(id) ?? 0) <= nowMs) this.#late.delete(id);
      if (job !== undefined) this.#countNew(job, oldestHour);
    });
  }

  async #readThese(all: readonly number[], onLooked: (seq: number, job: Row | undefined) => void): Promise<void> {
    for (let at = 0; at < all.length; at += rowsAtOnce) {
      if (at > 0) await setImmediate();
      const some = all.slice(at, at + rowsAtOnce);
      const sql = `SELECT ${columns} FROM jobs WHERE seq IN (${some.map(() => '?').join(',')})`;
      const found = new Map((await this.#read(sql, ...some)).map((one) => [one.seq, one]));
      for (const seq of some) onLooked(seq, found.get(seq));
    }
  }

  #countNew(job: Row, oldestHour: number): boolean {
    const hour = Math.floor(job.accepted / hourMs);
    if (hour < oldestHour) return false;
    this.#tallyOf(hour).requests += 1;
    this.#count(job, { hour, claimed: false });
    return true;
  }

  /** Counts what was accepted since the last look, newest first, back to the oldest hour that is shown. */
  async #readNew(nowMs: number, oldestHour: number): Promise<void> {
    const from = this.#newestSeq;
    let before = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const sql = `SELECT ${columns} FROM jobs WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ${rowsAtOnce}`;
      const jobs = await this.#read(sql, from, before);
      for (const job of jobs) {
        if (!this.#countNew(job, oldestHour)) return;
        this.#passOver(job.seq, before, nowMs);
        this.#newestSeq = Math.max(this.#newestSeq, job.seq);
        before = job.seq;
      }
      if (jobs.length < rowsAtOnce) return this.#passOver(from, before, nowMs);
      await setImmediate();
    }
  }

  /** Between these two numbers there is no job. Where one process writes, none will be. */
  #passOver(seq: number, before: number, nowMs: number): void {
    if (!this.#database.isShared || before > this.#newestSeq) return;
    const from = Math.max(seq + 1, this.#newestSeq - maxLate);
    for (let passed = from; passed < before; passed += 1) this.#late.set(passed, nowMs + lateForMs);
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
