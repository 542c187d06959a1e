import PQueue from 'p-queue';
import type { JobId } from '../domain/ids.ts';
import type { Claim, JobEngine } from '../domain/job-engine.ts';
import type { Progress } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { ResultKeeper } from '../domain/result-keeper.ts';
import type { Lease } from '../keys/lease.ts';
import type { LoopTools, TurnEnding } from './attempt-loop.ts';
import { runAttempts } from './attempt-loop.ts';
import { fetchResult } from './fetch-result.ts';
import { JobStopped, type LiveJobs } from './live-jobs.ts';
import { candidatesFor } from './model-options.ts';
import { codeFor, decide } from './retry-rules.ts';

const downloadsAtOnce = 4;

export type JobRunnerOptions = LoopTools & {
  readonly engine: JobEngine;
  readonly keeper: ResultKeeper;
  readonly live: LiveJobs;
  /** The job has an outcome, and nobody was told yet. */
  readonly onEnded: (id: JobId) => void;
  /** The job was put back into a line. */
  readonly onParked: (id: JobId) => void;
};

/** Carries a claimed job from its slot to its outcome: attempts, then the download, then the engine's word. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #downloads = new PQueue({ concurrency: downloadsAtOnce });
  #handedBack = 0;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Jobs that were given back unfinished because the house closes. */
  get handedBack(): number {
    return this.#handedBack;
  }

  /** Holds its slot until the provider has answered; the download goes on outside. Never throws. */
  async run(claim: Claim, seat: Lease | undefined): Promise<void> {
    const { live, clock, tell, rules } = this.#options;
    const { job } = claim;
    const signal = live.begin(job.id, rules.maxAttempts);
    tell({ event: 'job.started', jobId: job.id, line: job.line, waitedMs: clock.now() - job.acceptedAtMs });
    await this.#guarded(claim, async () => {
      const ending = await runAttempts(job, seat, signal, {
        ...this.#options,
        lastCode: live.lastCode(job.id),
        checkpoint: (progress) => this.#options.engine.checkpoint(claim.lease, progress),
        onAttempt: (attempt) => live.setPhase(job.id, { kind: 'making', attempt, of: rules.maxAttempts }),
        onFailure: (failure, attempt) => {
          live.noteCode(job.id, codeFor(failure));
          if (failure.blame !== 'provider' || attempt > rules.maxAttempts) return;
          live.setPhase(job.id, { kind: 'retrying', after: failure.reason, attempt, of: rules.maxAttempts });
        },
      });
      await this.#conclude(claim, ending, signal);
    });
  }

  /** Resolves when no download runs any more. */
  async idle(): Promise<void> {
    await this.#downloads.onIdle();
  }

  async #conclude(claim: Claim, ending: TurnEnding, signal: AbortSignal): Promise<void> {
    switch (ending.kind) {
      case 'failed':
        return this.#settle(claim, { kind: 'failed', code: ending.code }, ending.calls);
      case 'parked':
        return this.#park(claim, ending);
      case 'answered':
        this.#options.live.setPhase(claim.job.id, { kind: 'delivering' });
        void this.#downloads.add(() => this.#guarded(claim, () => this.#fetch(claim, ending, signal)));
        return;
    }
  }

  async #fetch(claim: Claim, answer: Extract<TurnEnding, { kind: 'answered' }>, signal: AbortSignal): Promise<void> {
    const { live, clock, rules, random, chains } = this.#options;
    const kept = await fetchResult(claim.job, answer.source, signal, this.#options);
    if (kept.ok) {
      return this.#settle(
        claim,
        { kind: 'result', file: kept.file, model: answer.candidate.model },
        answer.progress.calls,
      );
    }
    live.noteCode(claim.job.id, codeFor(kept.failure));
    const attempts = answer.progress.attempts + 1;
    const decision = decide(kept.failure, attempts, rules, random);
    const next = answer.progress.candidate + 1;
    const spent: Progress = { ...answer.progress, attempts };
    if (decision.kind === 'back-off') {
      const after = kept.failure.reason;
      live.setPhase(claim.job.id, { kind: 'retrying', after, attempt: attempts + 1, of: rules.maxAttempts });
      return this.#park(claim, {
        line: claim.job.line,
        readyAtMs: clock.now() + decision.ms,
        reason: 'backing-off',
        progress: spent,
      });
    }
    const candidate = candidatesFor(chains[claim.job.kind], claim.job.options)[next];
    if (decision.kind === 'give-up' || candidate === undefined) {
      return this.#settle(claim, { kind: 'failed', code: codeFor(kept.failure) }, answer.progress.calls);
    }
    return this.#park(claim, {
      line: candidate.provider,
      readyAtMs: clock.now(),
      reason: 'next-candidate',
      progress: { candidate: next, attempts: 0, calls: answer.progress.calls },
    });
  }

  async #settle(claim: Claim, outcome: Outcome, calls: number): Promise<void> {
    const { engine, clock, live, tell, onEnded } = this.#options;
    const jobId = claim.job.id;
    live.end(jobId);
    if (!(await engine.settle(claim.lease, outcome, clock.now()))) return;
    live.forget(jobId);
    if (outcome.kind === 'result') {
      const { bytes, mime } = outcome.file;
      tell({ event: 'job.produced', jobId, bytes, mime, ms: clock.now() - claim.job.acceptedAtMs });
    } else if (outcome.kind === 'failed') {
      tell({ event: 'job.failed', jobId, code: outcome.code, calls });
    }
    onEnded(jobId);
  }

  async #park(claim: Claim, park: Omit<Extract<TurnEnding, { kind: 'parked' }>, 'kind'>): Promise<void> {
    const { engine, live, tell, clock, onParked } = this.#options;
    const { line, readyAtMs, reason, progress } = park;
    const jobId = claim.job.id;
    if (reason === 'backing-off') live.pause(jobId);
    else live.end(jobId);
    if (!(await engine.park(claim.lease, { line, readyAtMs, reason, progress }))) return;
    tell({ event: 'job.parked', jobId, line, reason, forMs: Math.max(0, readyAtMs - clock.now()) });
    onParked(jobId);
  }

  /** Whatever happens inside, the job is accounted for: stopped, handed back, or failed by a bug of ours. */
  async #guarded(claim: Claim, work: () => Promise<void>): Promise<void> {
    const { engine, live, tell } = this.#options;
    const jobId = claim.job.id;
    try {
      await work();
    } catch (error) {
      live.end(jobId);
      if (error instanceof JobStopped && error.why === 'cancelled') return;
      if (!(error instanceof JobStopped)) tell({ event: 'house.trouble', what: `run job ${jobId}`, error });
      const back = await engine.handBack(claim.lease).catch((cause: unknown) => {
        tell({ event: 'house.trouble', what: `hand back job ${jobId}`, error: cause });
        return false;
      });
      if (back) this.#handedBack += 1;
    }
  }
}
