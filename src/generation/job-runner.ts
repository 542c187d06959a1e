import PQueue from 'p-queue';
import type { JobId } from '../domain/ids.ts';
import type { Claim, JobEngine } from '../domain/job-engine.ts';
import type { Job, Progress } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { ResultKeeper } from '../domain/result-keeper.ts';
import type { Lease } from '../keys/lease.ts';
import { type LoopTools, runAttempts } from './attempt-loop.ts';
import { type CallNotes, createCallNotes } from './call-notes.ts';
import { fetchResult } from './fetch-result.ts';
import type { TurnEnding } from './job-course.ts';
import { freshMemory, type JobMemory, recalled } from './job-memory.ts';
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
    const { engine, live, clock, tell, rules } = this.#options;
    const { job } = claim;
    const signal = live.begin(job.id, rules.maxAttempts);
    tell({ event: 'job.started', jobId: job.id, line: job.line, waitedMs: clock.now() - job.acceptedAtMs });
    await this.#guarded(claim, async () => {
      const notes = createCallNotes(engine, claim.lease);
      const ending = await runAttempts(job, seat, signal, {
        ...this.#options,
        memory: live.memory(job.id) ?? (await this.#recall(job)),
        notes,
        onAttempt: (attempt) => live.setPhase(job.id, { kind: 'making', attempt, of: rules.maxAttempts }),
        onFailure: (failure, attempt) => {
          if (failure.blame !== 'provider' || attempt > rules.maxAttempts) return;
          live.setPhase(job.id, { kind: 'retrying', after: failure.reason, attempt, of: rules.maxAttempts });
        },
      });
      await this.#conclude(claim, ending, notes, signal);
    });
    // Given back long ago, unless the job never came as far as its first call.
    seat?.release({ kind: 'unused' });
  }

  /** What this or another process has learned of the job. */
  async #recall(job: Job): Promise<JobMemory> {
    const { engine, chains, live } = this.#options;
    const candidate = candidatesFor(chains[job.kind], job.options)[job.progress.candidate];
    const memory = job.progress.calls === 0 ? freshMemory() : recalled(await engine.trailOf(job.id), candidate);
    live.remember(job.id, memory);
    return memory;
  }

  /** Resolves when no download runs any more. */
  async idle(): Promise<void> {
    await this.#downloads.onIdle();
  }

  async #conclude(claim: Claim, ending: TurnEnding, notes: CallNotes, signal: AbortSignal): Promise<void> {
    switch (ending.kind) {
      case 'failed':
        return this.#settle(claim, failedOutcome(ending), ending.calls);
      case 'parked':
        return this.#park(claim, ending);
      case 'answered':
        this.#options.live.setPhase(claim.job.id, { kind: 'delivering' });
        void this.#downloads.add(() => this.#guarded(claim, () => this.#fetch(claim, ending, notes, signal)));
        return;
    }
  }

  async #fetch(
    claim: Claim,
    answer: Extract<TurnEnding, { kind: 'answered' }>,
    notes: CallNotes,
    signal: AbortSignal,
  ): Promise<void> {
    const { live, clock, rules, random, chains } = this.#options;
    const kept = await fetchResult(claim.job, answer.source, signal, this.#options).finally(() => {
      // In the same turn, and so in the same commit, as what becomes of the job.
      notes.ended(answer.trail);
    });
    if (kept.ok) {
      return this.#settle(
        claim,
        { kind: 'result', file: kept.file, model: answer.candidate.model },
        answer.progress.calls,
      );
    }
    const code = codeFor(kept.failure.reason);
    live.noteCode(claim.job.id, code);
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
      return this.#settle(claim, { kind: 'failed', code }, answer.progress.calls);
    }
    return this.#park(claim, {
      line: candidate.provider,
      readyAtMs: clock.now(),
      reason: 'next-candidate',
      progress: { ...answer.progress, candidate: next, attempts: 0 },
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
    if (reason === 'backing-off' || reason === 'provider-silent') live.pause(jobId);
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
      if (error instanceof JobStopped && error.why !== 'closing') return;
      if (!(error instanceof JobStopped)) tell({ event: 'house.trouble', what: `run job ${jobId}`, error });
      const back = await engine.handBack(claim.lease).catch((cause: unknown) => {
        tell({ event: 'house.trouble', what: `hand back job ${jobId}`, error: cause });
        return false;
      });
      if (back) this.#handedBack += 1;
    }
  }
}

function failedOutcome({ code, againAtMs }: Extract<TurnEnding, { kind: 'failed' }>): Outcome {
  return { kind: 'failed', code, ...(againAtMs === undefined ? {} : { againAtMs }) };
}
