import { type Emit, ignoreCheckpoints } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';
import PQueue from 'p-queue';
import type { JobId } from '../domain/ids.ts';
import type { Claim, KnownOperation, JobQueue, Park, JobReader } from '../domain/job-engine.ts';
import { type Job, type Outcome, sizeOf } from '../domain/job.ts';
import type { ResultDownloader } from '../domain/result-store.ts';
import type { Lease } from '../domain/key-leases.ts';
import { type LoopTools, runAttempts } from './attempt-loop.ts';
import { bringKnownResult, fetchAndStore, knownAnswer, type ResultEnding } from './fetch-result.ts';
import { type CallJournal, createCallJournal } from './call-provider.ts';
import { type TurnEnding, type JobMemory, memoryOf } from './job-progress.ts';
import { JobStopped, type RunningJobs } from './running-jobs.ts';
import { candidatesFor } from './request/request-options.ts';
import { cancelKnown } from './resume-operation.ts';
import { codeFor } from './retry-policy.ts';

const tryAgainMs = 1_000;
/** What is refused for an hour is left to the next start. */
const mostTries = 3_600;

/** Asks the engine again for as long as it refuses: what became of a job is not to be lost with a full disk. */
export class Insistence {
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #ended = new AbortController();

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Resolves with the work's answer; the first refusal is told. Throws the reason of the end. */
  async until<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await work();
      } catch (error) {
        if (failures === mostTries) throw error;
        if (failures === 0) this.#emit({ event: 'app.error', what, error });
      }
      await this.#clock.sleep(tryAgainMs, this.#ended.signal);
    }
  }

  /** Nothing is asked again any more. */
  end(reason: Error): void {
    this.#ended.abort(reason);
  }
}

const downloadsAtOnce = 16;
/** An answer may be the picture itself: so many are held in memory at most. */
const mostDownloadsWaiting = 32;
/** After something that no rule foresees, the job is taken up again no sooner than this. */
const requeueDelayMs = 5_000;

export type JobRunnerOptions = LoopTools & {
  readonly queue: JobQueue;
  readonly reader: JobReader;
  readonly resultStore: ResultDownloader;
  readonly live: RunningJobs;
  /** The job has an outcome, and nobody was told yet. */
  readonly onEnded: (id: JobId) => void;
  /** The job was put back into a line. */
  readonly onParked: (id: JobId) => void;
};

/** Carries a claimed job from its slot to its outcome: attempts, then the download, then the engine's word. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #downloads = new PQueue({ concurrency: downloadsAtOnce });
  readonly #insistence: Insistence;
  readonly #aside = new Set<Promise<void>>();
  #handedBack = 0;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#insistence = new Insistence(options.clock, options.emit);
  }

  /** Jobs that were given back unfinished because the house closes. */
  get handedBack(): number {
    return this.#handedBack;
  }

  /** Holds its slot until the provider has answered; the download goes on outside. Never throws. */
  async run(claim: Claim, seat: Lease | undefined): Promise<void> {
    const { queue, live, clock, emit, rules, onCheckpoint = ignoreCheckpoints } = this.#options;
    const { job, answer, operation } = claim;
    const signal = live.begin(job.id, rules.maxAttempts);
    onCheckpoint('claimed', job.id);
    emit({ event: 'job.started', jobId: job.id, line: job.line, waitedMs: clock.now() - job.acceptedAtMs });
    if (answer !== undefined) {
      seat?.release({ kind: 'unused' });
      this.#download(claim, () => bringKnownResult(job, answer, signal, this.#options));
      return;
    }
    await this.#guarded(claim, async () => {
      const journal = createCallJournal(queue, claim.lease);
      const ending = await runAttempts(job, seat, signal, {
        ...this.#options,
        memory: live.memory(job.id) ?? (await this.#recall(job)),
        journal: { ...journal, submitted: (...note) => this.#submitted(job.id, journal, ...note) },
        operation,
        onAttempt: (attempt) => live.setPhase(job.id, { kind: 'making', attempt, of: rules.maxAttempts }),
        onFailure: (failure, attempt) => {
          if (failure.blame !== 'provider' || attempt > rules.maxAttempts) return;
          live.setPhase(job.id, { kind: 'retrying', after: failure.reason, attempt, of: rules.maxAttempts });
        },
      });
      await this.#conclude(claim, ending, journal, signal);
    });
    // Given back long ago, unless the job never came as far as its first call.
    seat?.release({ kind: 'unused' });
  }

  /** As `run`, for a job on which a provider works already: it needs no slot. */
  resume(claim: Claim): void {
    this.#track(this.run(claim, undefined));
  }

  /** Has a provider give up what it was working on for a job that was cancelled while it waited; nobody waits for it. */
  cancel(operation: KnownOperation): void {
    const { emit } = this.#options;
    const cancelled = cancelKnown(operation, this.#options);
    this.#track(cancelled.catch((error: unknown) => emit({ event: 'app.error', what: 'cancel a run', error })));
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#aside.delete(tracked));
    this.#aside.add(tracked);
  }

  /** False while so many answers wait for their download that nobody should ask for more. */
  get hasRoom(): boolean {
    return this.#downloads.size < mostDownloadsWaiting;
  }

  /** Resolves when nothing that needs no slot runs any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#aside);
    await this.#downloads.onIdle();
  }

  /** Waits for nothing any more; what runs is stopped by its own signal. */
  close(): void {
    this.#insistence.end(new JobStopped('closing'));
  }

  /** What a provider has taken on is not to be lost with a full disk. */
  #submitted(id: JobId, journal: CallJournal, ...note: Parameters<CallJournal['submitted']>): Promise<boolean> {
    return this.#insistence.until(`keep what was submitted for job ${id}`, () => journal.submitted(...note));
  }

  async #recall(job: Job): Promise<JobMemory> {
    const { reader, chains, models, live } = this.#options;
    const memory = await memoryOf(job, reader, candidatesFor(chains[job.kind], job.options, models));
    live.remember(job.id, memory);
    return memory;
  }

  async #conclude(claim: Claim, ending: TurnEnding, journal: CallJournal, signal: AbortSignal): Promise<void> {
    switch (ending.kind) {
      case 'failed':
        return this.#settle(claim, failedOutcome(ending), ending.calls);
      case 'parked':
        return this.#park(claim, ending);
      case 'answered': {
        const { candidate, source, progress } = ending;
        const { model } = candidate;
        await this.#keepAnswer(claim, ending, journal);
        this.#download(claim, () => fetchAndStore(claim.job, { model, source, progress }, signal, this.#options));
      }
    }
  }

  /** From here on nobody asks for this result again: a file that is found under the job's name is this one. */
  async #keepAnswer(
    { job }: Claim,
    { source, candidate, progress, trail }: Extract<TurnEnding, { kind: 'answered' }>,
    journal: CallJournal,
  ): Promise<void> {
    const { resultStore, onCheckpoint = ignoreCheckpoints } = this.#options;
    const answer = knownAnswer(candidate.model, source);
    const isKept = await this.#insistence.until(`keep the answer of job ${job.id}`, async () => {
      await resultStore.remove(job.id);
      return journal.answered(trail, progress, answer);
    });
    if (!isKept) throw new JobStopped('overtaken');
    onCheckpoint('answered', job.id);
  }

  #download(claim: Claim, bring: () => Promise<ResultEnding>): void {
    this.#options.live.setPhase(claim.job.id, { kind: 'delivering' });
    void this.#downloads.add(() => this.#guarded(claim, async () => this.#follow(claim, await bring())));
  }

  async #follow(claim: Claim, ending: ResultEnding): Promise<void> {
    const { live, rules } = this.#options;
    if (ending.kind === 'ended') return this.#settle(claim, ending.outcome, ending.calls);
    const { park, after } = ending;
    if (after !== undefined) {
      live.noteCode(claim.job.id, codeFor(after.reason));
      const { reason, progress } = park;
      if (reason === 'backing-off') {
        const attempt = progress.attempts + 1;
        live.setPhase(claim.job.id, { kind: 'retrying', after: after.reason, attempt, of: rules.maxAttempts });
      }
    }
    return this.#park(claim, park);
  }

  async #settle(claim: Claim, outcome: Outcome, calls: number): Promise<void> {
    const { queue, clock, live, emit, onEnded, onCheckpoint = ignoreCheckpoints } = this.#options;
    const jobId = claim.job.id;
    live.end(jobId);
    const settle = () => queue.settle(claim.lease, outcome);
    if (!(await this.#insistence.until(`keep how job ${jobId} ended`, settle))) return this.#leaveNothing(jobId);
    onCheckpoint('settled', jobId);
    live.forget(jobId);
    if (outcome.kind === 'result') {
      const { bytes, mime } = sizeOf(outcome.payload);
      emit({ event: 'job.produced', jobId, bytes, mime, ms: clock.now() - claim.job.acceptedAtMs });
    } else if (outcome.kind === 'failed') {
      emit({ event: 'job.failed', jobId, code: outcome.code, calls });
    }
    onEnded(jobId);
  }

  /** Whoever cancelled in the last moment, or was forgotten meanwhile, wants no file either. */
  async #leaveNothing(jobId: JobId): Promise<void> {
    const { reader, resultStore } = this.#options;
    const job = await reader.find(jobId);
    const isWanted = job !== undefined && !('outcome' in job.state && job.state.outcome.kind !== 'result');
    if (!isWanted) await resultStore.remove(jobId);
  }

  async #park(claim: Claim, { line, readyAtMs, reason, progress }: Park): Promise<void> {
    const { queue, live, emit, clock, onParked } = this.#options;
    const jobId = claim.job.id;
    if (reason === 'backing-off' || reason === 'provider-silent') live.pause(jobId);
    else live.end(jobId);
    const park = () => queue.park(claim.lease, { line, readyAtMs, reason, progress });
    if (!(await this.#insistence.until(`park job ${jobId}`, park))) return;
    emit({ event: 'job.parked', jobId, line, reason, forMs: Math.max(0, readyAtMs - clock.now()) });
    onParked(jobId);
  }

  /** Whatever happens inside, the job is accounted for: stopped, handed back, or set back after a bug of ours. */
  async #guarded(claim: Claim, work: () => Promise<void>): Promise<void> {
    const { live, emit } = this.#options;
    const jobId = claim.job.id;
    try {
      await work();
    } catch (error) {
      live.end(jobId);
      if (error instanceof JobStopped && error.why !== 'closing') return;
      if (!(error instanceof JobStopped)) emit({ event: 'app.error', what: `run job ${jobId}`, error });
      try {
        if (error instanceof JobStopped) await this.#requeueFront(claim);
        else await this.#requeueDelayed(claim);
      } catch (cause) {
        // The next start finds it running and puts it to the front.
        if (!(cause instanceof JobStopped)) {
          emit({ event: 'app.error', what: `hand back job ${jobId}`, error: cause });
        }
      }
    }
  }

  async #requeueFront({ lease }: Claim): Promise<void> {
    if (await this.#options.queue.requeueFront(lease)) this.#handedBack += 1;
  }

  async #requeueDelayed({ lease, job }: Claim): Promise<void> {
    const { queue, clock, deadlineMs, onParked } = this.#options;
    const isOver = clock.now() >= (job.claimedAtMs ?? clock.now()) + deadlineMs[job.kind];
    if (isOver) return this.#settle({ lease, job }, { kind: 'failed', code: 'stopped' }, job.progress.calls);
    const requeue = () => queue.requeueDelayed(lease, clock.now() + requeueDelayMs);
    if (await this.#insistence.until(`put job ${job.id} back`, requeue)) onParked(job.id);
  }
}

function failedOutcome({ code, againAtMs }: Extract<TurnEnding, { kind: 'failed' }>): Outcome {
  return { kind: 'failed', code, ...(againAtMs === undefined ? {} : { againAtMs }) };
}
