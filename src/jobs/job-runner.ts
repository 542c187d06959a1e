import { isResultReason } from '../domain/failure.ts';
import { firstFence, type JobId } from '../domain/ids.ts';
import type { Claim, KnownOperation, JobQueue, Park, JobReader } from '../domain/job-engine.ts';
import { type Job, type Outcome, sizeOf } from '../domain/job.ts';
import type { ResultDownloader } from '../domain/media.ts';
import type { Lease } from '../domain/key-leases.ts';
import { type LoopTools, runAttempts } from './attempt-loop.ts';
import { ByteBudget, bytesInMemory, fetchKnownResult, fetchAndStore, knownAnswer } from './fetch-result.ts';
import type { ResultEnding, ResultRefusal } from './fetch-result.ts';
import { type JobMemory, loadMemory, type TurnEnding } from './job-progress.ts';
import { type StartCheck, whyNotStart } from './next-call.ts';
import { type CallJournal, createCallJournal, JobStopped, type RunningJobs } from './running-jobs.ts';
import { codeFor } from './retry-policy.ts';
import { requestChain } from './request/chain-models.ts';
import { cancelKnown } from './resume-operation.ts';

/** What results on their way to the disk may hold in memory together; how many answers, which may hold files, may wait. */
const [maxDownloadBytes, maxWaitingDownloads] = [256_000_000, 32];
/** The shortest wait before a job runs again after an unexpected error. */
const requeueDelayMs = 5_000;
/** After an hour of failed writes the job is left to the next start. */
const [storeRetryMs, maxStoreRetries] = [1_000, 3_600];

export type JobRunnerOptions = LoopTools & {
  readonly queue: JobQueue;
  readonly reader: JobReader;
  readonly resultStore: ResultDownloader;
  readonly live: RunningJobs;
  /** Called when the job, as it was claimed, has an outcome that is not delivered yet. */
  readonly onEnded: (job: Job) => void;
  /** Called when the job is back in a line. */
  readonly onParked: (id: JobId) => void;
};

/** Runs a claimed job to its outcome: attempts, download, settlement in the job engine. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #downloads = new ByteBudget(maxDownloadBytes);
  /** Aborts when writes are no longer retried. */
  readonly #closing = new AbortController();
  readonly #withoutSlot = new Set<Promise<void>>();
  #requeued = 0;
  /** Asked before a provider is, in order. */
  readonly startChecks = new Set<StartCheck>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** How many unfinished jobs were requeued because the app stops. */
  get requeued(): number {
    return this.#requeued;
  }

  /** Resolves when the provider has answered, which frees the slot; the download runs outside it. Never throws. */
  async run(claim: Claim, seat: Lease | undefined): Promise<void> {
    const { queue, live, clock, emit, rules, onCheckpoint } = this.#options;
    const { job, answer, operation } = claim;
    const signal = live.begin(job.id, rules.maxAttempts);
    onCheckpoint?.('claimed', job.id);
    emit({ event: 'job.started', jobId: job.id, line: job.line, waitedMs: clock.now() - job.acceptedAtMs });
    if (answer !== undefined) {
      seat?.release({ kind: 'unused' });
      this.#download(claim, () => fetchKnownResult(job, answer, signal, this.#options));
      return;
    }
    await this.#guarded(claim, async () => {
      // What a provider works on already is paid for.
      const code = operation === undefined ? await whyNotStart(job, signal, this.startChecks) : undefined;
      if (code !== undefined) return this.#settle(claim, { kind: 'failed', code }, job.progress.calls);
      const journal = createCallJournal(queue, claim.lease);
      const ending = await runAttempts(job, seat, signal, {
        ...this.#options,
        memory: live.memory(job.id) ?? (await this.#loadMemory(job)),
        journal: { ...journal, submitted: (...note) => this.#submitted(job.id, journal, ...note) },
        operation,
        onQueue: (queue) => live.setQueue(job.id, queue),
        onText: (text) => live.setText(job.id, text),
        onAttempt: (attempt) => live.setPhase(job.id, { kind: 'making', attempt, of: rules.maxAttempts }),
        onFailure: (failure, attempt) => {
          if (failure.blame !== 'provider' || attempt > rules.maxAttempts) return;
          live.setPhase(job.id, { kind: 'retrying', after: failure.reason, attempt, of: rules.maxAttempts });
        },
      });
      await this.#conclude(claim, ending, journal, signal);
    });
    // Already released, unless the job failed before its first call.
    seat?.release({ kind: 'unused' });
  }

  /** As `run`, for a job whose operation already runs at a provider: it needs no slot. */
  resume(claim: Claim): void {
    this.#track(this.run(claim, undefined));
  }

  /** Cancels the operation of a job that was cancelled while it waited; the caller does not wait for it. */
  cancel(operation: KnownOperation): void {
    const { emit } = this.#options;
    const cancelled = cancelKnown(operation, this.#options);
    this.#track(cancelled.catch((error: unknown) => emit({ event: 'app.error', what: 'cancel a run', error })));
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#withoutSlot.delete(tracked));
    this.#withoutSlot.add(tracked);
  }

  /** False while too many answers wait for their download. */
  get hasRoom(): boolean {
    return this.#downloads.waiting < maxWaitingDownloads;
  }

  /** Resolves when no download and no job without a slot runs. */
  async idle(): Promise<void> {
    await Promise.all(this.#withoutSlot);
    await this.#downloads.idle();
  }

  /** Stops retrying failed writes; running jobs are stopped by their own signals. */
  close(): void {
    this.#closing.abort(new JobStopped('closing'));
  }

  /**
   * Repeats a write to the engine until it succeeds, so that a full disk does not lose what happened to a job. Emits the
   * first error. Throws the last one after an hour, or a JobStopped on `close`.
   */
  async #retryUntilStored<Result>(what: string, write: () => Promise<Result>): Promise<Result> {
    const { clock, emit } = this.#options;
    for (let failures = 0; ; failures += 1) {
      try {
        return await write();
      } catch (error) {
        if (failures === maxStoreRetries) throw error;
        if (failures === 0) emit({ event: 'app.error', what, error });
      }
      await clock.sleep(storeRetryMs, this.#closing.signal);
    }
  }

  #submitted(id: JobId, journal: CallJournal, ...note: Parameters<CallJournal['submitted']>): Promise<boolean> {
    return this.#retryUntilStored(`keep what was submitted for job ${id}`, () => journal.submitted(...note));
  }

  async #loadMemory(job: Job): Promise<JobMemory> {
    const { reader, chains, models, live } = this.#options;
    const memory = await loadMemory(job, reader, requestChain(job, chains, models));
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
        await this.#storeAnswer(claim, ending, journal);
        const fetch = () => fetchAndStore(claim.job, { model, source, progress }, signal, this.#options);
        this.#download(claim, fetch, bytesInMemory(source));
      }
    }
  }

  /** Stores the answer. Older files of the job go first: a file found under the job's name then belongs to this answer. */
  async #storeAnswer(
    { job, lease }: Claim,
    { source, candidate, progress, trail }: Extract<TurnEnding, { kind: 'answered' }>,
    journal: CallJournal,
  ): Promise<void> {
    const { resultStore, onCheckpoint } = this.#options;
    const answer = knownAnswer(candidate.model, source);
    const isStored = await this.#retryUntilStored(`keep the answer of job ${job.id}`, async () => {
      if (lease.fence > firstFence) await resultStore.remove(job.id);
      return journal.answered(trail, progress, answer);
    });
    if (!isStored) throw new JobStopped('fenced');
    onCheckpoint?.('answered', job.id);
  }

  #download(claim: Claim, bring: () => Promise<ResultEnding>, bytes = bytesInMemory()): void {
    this.#options.live.setPhase(claim.job.id, { kind: 'delivering' });
    void this.#downloads.run(bytes, () => this.#guarded(claim, async () => this.#follow(claim, await bring())));
  }

  async #follow(claim: Claim, ending: ResultEnding): Promise<void> {
    const { live, rules } = this.#options;
    if (ending.after !== undefined) await this.#noteRefusal(claim, ending.after);
    if (ending.kind === 'ended') return this.#settle(claim, ending.outcome, ending.calls);
    const { park } = ending;
    const after = ending.after?.failure;
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

  /** Tells why a result was refused, and adds it to the call that brought the result. */
  async #noteRefusal({ job, lease }: Claim, { failure, model, call }: ResultRefusal): Promise<void> {
    const { queue, reader, emit } = this.#options;
    const { reason, detail } = failure;
    if (!isResultReason(reason)) return;
    emit({ event: 'result.refused', jobId: job.id, model, reason, detail });
    await this.#retryUntilStored(`keep why the result of job ${job.id} was refused`, async () => {
      const trail = (await reader.trailOf(job.id)).find((one) => one.call === call);
      if (trail?.ending.kind !== 'answered') return false;
      return queue.recordCall(lease, { ...trail, ending: { ...trail.ending, refused: { reason, detail } } });
    });
  }

  async #settle(claim: Claim, outcome: Outcome, calls: number): Promise<void> {
    const { queue, clock, live, emit, onEnded, onCheckpoint } = this.#options;
    const jobId = claim.job.id;
    live.end(jobId);
    this.#dropRefusals(jobId);
    const settle = () => queue.settle(claim.lease, outcome, () => onEnded(claim.job));
    if (!(await this.#retryUntilStored(`keep how job ${jobId} ended`, settle))) return this.#discardResult(jobId);
    onCheckpoint?.('settled', jobId);
    live.forget(jobId);
    if (outcome.kind === 'result') {
      const { bytes, mime } = sizeOf(outcome.payload);
      emit({ event: 'job.produced', jobId, bytes, mime, ms: clock.now() - claim.job.acceptedAtMs });
    } else if (outcome.kind === 'failed') {
      emit({ event: 'job.failed', jobId, code: outcome.code, calls });
    }
  }

  /** Deletes the file of a job that was cancelled or erased before it could settle. */
  async #discardResult(jobId: JobId): Promise<void> {
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
    if (!(await this.#retryUntilStored(`park job ${jobId}`, park))) return;
    emit({ event: 'job.parked', jobId, line, reason, forMs: Math.max(0, readyAtMs - clock.now()) });
    onParked(jobId);
  }

  /** Runs the work and never throws: a stop requeues the job to the front, an unexpected error requeues it with a delay. */
  async #guarded(claim: Claim, work: () => Promise<void>): Promise<void> {
    const { live, emit } = this.#options;
    const jobId = claim.job.id;
    try {
      await work();
    } catch (error) {
      live.end(jobId);
      this.#dropRefusals(jobId);
      if (error instanceof JobStopped && error.why !== 'closing') return;
      if (!(error instanceof JobStopped)) emit({ event: 'app.error', what: `run job ${jobId}`, error });
      try {
        if (error instanceof JobStopped) await this.#requeueFront(claim);
        else await this.#requeueDelayed(claim);
      } catch (cause) {
        // The next start recovers the job to the front.
        if (!(cause instanceof JobStopped)) emit({ event: 'app.error', what: `requeue job ${jobId}`, error: cause });
      }
    }
  }

  /** A request that has ended, or is cancelled, accuses no key any more. */
  #dropRefusals(id: JobId): void {
    const { live, pool } = this.#options;
    if ((live.memory(id)?.refusals.length ?? 0) > 0) pool.acquit(id);
  }

  async #requeueFront({ lease }: Claim): Promise<void> {
    if (await this.#options.queue.requeueFront(lease)) this.#requeued += 1;
  }

  async #requeueDelayed({ lease, job }: Claim): Promise<void> {
    const { queue, clock, deadlineMs, onParked } = this.#options;
    const isOver = clock.now() >= (job.claimedAtMs ?? clock.now()) + deadlineMs[job.kind];
    if (isOver) return this.#settle({ lease, job }, { kind: 'failed', code: 'stopped' }, job.progress.calls);
    const requeue = () => queue.requeueDelayed(lease, clock.now() + requeueDelayMs);
    if (await this.#retryUntilStored(`put job ${job.id} back`, requeue)) onParked(job.id);
  }
}

function failedOutcome({ code, againAtMs }: Extract<TurnEnding, { kind: 'failed' }>): Outcome {
  return { kind: 'failed', code, ...(againAtMs === undefined ? {} : { againAtMs }) };
}
