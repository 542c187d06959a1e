import type { AcceptLimits, RunningCaps } from '../../src/domain/job-engine.ts';
import { type JobKind, type Lane, kindTraits } from '../../src/domain/kinds.ts';
import type { ProviderName } from '../../src/domain/ids.ts';

export type ModelJob = {
  readonly updateId: number;
  readonly userId: number;
  readonly lane: Lane;
  readonly kind: JobKind;
  readonly round: number;
  readonly seq: number;
  line: ProviderName;
  state: 'waiting' | 'running' | 'ended' | 'told';
  ending?: 'result' | 'failed' | 'cancelled';
  isFront: boolean;
  readyAtMs: number;
  crashes: number;
  /** How each call of the job ended, as far as that was kept. */
  readonly calls: string[];
};

/** The engine's promises in the plainest words: arrays and sorting, no fences, no storage, one UTC day. */
export class ModelEngine {
  readonly jobs: ModelJob[] = [];
  readonly #nowRound: Record<Lane, number> = { premium: 0, free: 0 };
  readonly #lastRound = new Map<string, number>();
  readonly #streak = new Map<ProviderName, number>();

  accept(
    asked: Pick<ModelJob, 'updateId' | 'userId' | 'lane' | 'kind' | 'line'>,
    limits: AcceptLimits,
    nowMs: number,
  ): 'accepted' | 'known' | 'queue-full' | 'quota-reached' {
    if (this.jobs.some((job) => job.updateId === asked.updateId)) return 'known';
    const mine = this.jobs.filter((job) => job.userId === asked.userId);
    if (mine.filter(isOpen).length >= limits.waiting) return 'queue-full';
    const paid = mine.filter((job) => job.kind === asked.kind && (isOpen(job) || job.ending === 'result'));
    if (limits.perDay >= 0 && paid.length >= limits.perDay) return 'quota-reached';
    const person = `${asked.lane} ${asked.userId}`;
    const round = Math.max(this.#nowRound[asked.lane], this.#lastRound.get(person) ?? 0) + kindTraits[asked.kind].cost;
    this.#lastRound.set(person, round);
    const fresh = { state: 'waiting', isFront: false, readyAtMs: nowMs, crashes: 0 } as const;
    this.jobs.push({ ...asked, ...fresh, calls: [], round, seq: this.jobs.length });
    return 'accepted';
  }

  claim(line: ProviderName, running: RunningCaps, nowMs: number): ModelJob | undefined {
    const runningOf = (job: ModelJob) =>
      this.jobs.filter((other) => other.state === 'running' && other.userId === job.userId && other.lane === job.lane);
    const able = this.jobs
      .filter((job) => job.line === line && job.state === 'waiting' && job.readyAtMs <= nowMs)
      .filter((job) => runningOf(job).length < running[job.lane])
      .sort((a, b) => a.round - b.round || a.seq - b.seq);
    const first = (lane: Lane, isFront: boolean) => able.find((job) => job.lane === lane && job.isFront === isFront);
    const front = first('premium', true) ?? first('free', true);
    const premium = first('premium', false);
    const free = first('free', false);
    const streak = this.#streak.get(line) ?? 0;
    const inTurn = free !== undefined && (premium === undefined || streak >= 4) ? free : premium;
    const next = front ?? inTurn;
    if (next === undefined) return undefined;
    if (front === undefined) this.#streak.set(line, next.lane === 'free' ? 0 : Math.min(4, streak + 1));
    next.state = 'running';
    next.isFront = false;
    this.#nowRound[next.lane] = Math.max(this.#nowRound[next.lane], next.round);
    return next;
  }

  park(job: ModelJob, line: ProviderName, readyAtMs: number): void {
    Object.assign(job, { state: 'waiting', line, readyAtMs });
  }

  requeueFront(job: ModelJob): void {
    Object.assign(job, { state: 'waiting', isFront: true });
  }

  end(job: ModelJob, ending: 'result' | 'failed' | 'cancelled'): void {
    Object.assign(job, { state: 'ended', ending });
  }

  recover(maxCrashes: number, nowMs: number): { handedBack: number; setAside: number } {
    const found = this.jobs.filter((job) => job.state === 'running');
    for (const job of found) {
      job.crashes += 1;
      if (job.crashes >= maxCrashes) this.end(job, 'failed');
      else Object.assign(job, { state: 'waiting', isFront: true, readyAtMs: nowMs });
    }
    const setAside = found.filter((job) => job.state === 'ended').length;
    return { handedBack: found.length - setAside, setAside };
  }
}

function isOpen(job: ModelJob): boolean {
  return job.state === 'waiting' || job.state === 'running';
}
