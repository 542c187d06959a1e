import type { JobView } from '../domain/views.ts';
import { albumIds, firstOfAlbum, type Job, type JobRequest, type Candidate, isForPicture } from '../domain/job.ts';
import { defaultKind, type JobKind, jobKinds, type Lane } from '../domain/kinds.ts';
import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { JobId, ProviderName } from '../domain/ids.ts';
import type { Cancelled } from '../domain/job-engine.ts';
import { type Breakers, createBreakers } from './circuit-breaker/breakers.ts';
import { ChainModels, chainFor, requestChain } from './request/chain-models.ts';
import { expectedWaitMs, isBehindOwn, viewOf, RunningJobs } from './running-jobs.ts';
import type { StartCheck } from './next-call.ts';
import { withSeed } from './request/generation-request.ts';
import { PromptRewriter } from './prompt-rewriter.ts';
import type { GenerationServiceOptions, Submitted } from './generation-service-options.ts';
import { JobRunner } from './job-runner.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ClientCallRunner } from './client-calls/client-call-runner.ts';
import { openLines } from './open-lines.ts';
import { UnrecognizedFailures } from './judgement.ts';

/** A process that runs a job hears of its end long before; after that another one shows it. */
const maxStopMs = 2_000;

/** The API of generation: accepts requests, returns their views, cancels them, and drains in two steps. */
export class GenerationService {
  /** The models of the chains, and which of them are served. */
  readonly models: ChainModels;
  /** Makes the calls of clients in the same lines; absent where no program asks. */
  readonly calls: ClientCallRunner | undefined;
  readonly #options: GenerationServiceOptions;
  readonly #breakers: Breakers;
  readonly #live: RunningJobs;
  readonly #runner: JobRunner;
  readonly #rewriter: PromptRewriter | undefined;
  readonly #lines: ReadonlyMap<ProviderName, Dispatcher>;
  readonly #listening = new DisposableStack();
  readonly #stops: Disposable;
  readonly #endedListeners = new Set<(id: JobId, job?: Job) => void>();
  readonly #progressListeners = new Set<(id: JobId) => void>();
  #closing = false;

  constructor(options: GenerationServiceOptions) {
    const { queue, pool, clock, emit } = options;
    this.#options = options;
    this.#live = new RunningJobs((id) => this.#progressed(id), clock);
    this.models = new ChainModels(options);
    const modelCooldowns = this.models.cooldowns;
    const breakers = createBreakers({ ...options, modelCooldowns });
    this.#breakers = breakers;
    const unrecognized = new UnrecognizedFailures(emit);
    const tools = { ...options, breakers, modelCooldowns, unrecognized };
    const rewriter = options.rewrites && new PromptRewriter({ ...tools, rewrites: options.rewrites });
    this.#rewriter = rewriter;
    this.#runner = new JobRunner({
      ...tools,
      ...(rewriter === undefined ? {} : { loadMaterial: (job) => rewriter.load(job) }),
      live: this.#live,
      onEnded: (job) => this.noteEnded(job.id, job),
      onParked: (id) => this.#progressed(id),
    });
    const { lines, calls } = openLines({ ...tools, runner: this.#runner });
    this.#lines = lines;
    this.calls = calls;
    this.#listening.use(pool.onSeat((provider) => this.#lines.get(provider)?.seatFreed()));
    this.#stops = queue.onStop((id) => {
      this.#live.stop(id, 'cancelled');
      // The process that ran it shows its end.
      if (options.hasOthers === true) this.#dropEnded(id);
    });
    this.#listening.use(queue.onSetAside((id, error) => this.#foundUnreadable(id, error)));
  }

  /** Resumes jobs of earlier processes and starts claiming accepted jobs. */
  start(): void {
    if (this.#closing) return;
    const { queue } = this.#options;
    // A turn later: that a request is accepted is said first.
    this.#listening.use(queue.onWork((line, why) => void setImmediate(() => this.#look(line, why))));
    this.takeUp();
  }

  /** Goes on with what providers work on already, or have answered: of earlier processes, or of one that died. */
  takeUp(): void {
    void this.#takeUp().finally(() => this.#look(undefined, 'waits'));
  }

  /** Whether this process makes the job now, or has its next attempt before it. */
  isRunningHere(id: JobId): boolean {
    return this.#live.phase(id) !== undefined;
  }

  /** The provider refuses every key alike: it counts as down. */
  noteBlocked(provider: ProviderName): void {
    this.#breakers.get(provider)?.open();
  }

  /** The kinds that can be made here: those with a key for one of their models, and always the default one. */
  offered(): readonly JobKind[] {
    const { chains, keyedProviders, models } = this.#options;
    const hasKeys = (one: Candidate) => keyedProviders?.has(one.provider) !== false && isForPicture(models(one));
    return jobKinds.filter((kind) => kind === defaultKind || chains[kind].some(hasKeys));
  }

  /**
   * Stores the request, with the intent where there is one, or refuses it; resolves as soon as that is durable, long before
   * the result. Throws a StoreUnavailable when the database or the result store cannot be written.
   */
  async submit(request: JobRequest, intent?: 'receipt'): Promise<Submitted> {
    const { queue, resultStore, chains, models, waiting, perDay } = this.#options;
    const { emit, onCheckpoint, random, guard } = this.#options;
    const chain = chains[request.kind];
    if (chain.length === 0) throw new Error(`Cannot accept a request for "${request.kind}": its chain is empty`);
    const asker = { lane: request.lane, userId: request.origin.userId };
    const first = requestChain(request, chains, models)[0] ?? chainFor(chain, asker, models)[0];
    if (first === undefined) return { kind: 'refused', code: 'not-allowed' };
    const words = await guard?.refuseAtOnce(request);
    if (words !== undefined) return words;
    const line = first.provider;
    const diskError = resultStore.diskError?.();
    if (diskError !== undefined) throw diskError;
    const isOverfull = await this.#isOverfull(line, request.lane);
    // An overfull line still accepts a request that it already knows, so the limit is set to 0 instead of refusing here.
    const limits = { waiting: isOverfull ? 0 : waiting[request.lane], perDay: perDay[request.lane][request.kind] };
    const seeded = withSeed(request, chain, models, random);
    const accepted = await queue.accept({ ...seeded, line }, limits, intent);
    if (isOverfull && accepted.kind === 'refused' && accepted.code === 'queue-full')
      return { kind: 'refused', code: 'busy' };
    if (accepted.kind === 'accepted') {
      const { kind, lane, id } = accepted.job;
      if (guard?.asks !== true && this.#options.hasOthers !== true) this.#rewriter?.begin(accepted.job);
      onCheckpoint?.('accepted', id);
      const { ahead } = accepted;
      for (const jobId of albumIds(id, request.album?.size)) emit({ event: 'job.accepted', jobId, kind, lane, ahead });
    }
    return accepted;
  }

  /** Returns a job with its view. */
  async find(id: JobId): Promise<{ readonly job: Job; readonly view: JobView } | undefined> {
    const place = await this.#options.reader.where(id);
    return place === undefined ? undefined : { job: place.job, view: await this.view(place.job, place.ahead) };
  }

  /** Returns the view of a job as it was just read; `ahead` jobs start before it. */
  async view(job: Job, ahead = 0): Promise<JobView> {
    const now = {
      ahead,
      live: this.#live.phase(job.id),
      pool: () => this.#options.pool.snapshot(job.line),
      isBehindOwn:
        job.state.kind === 'waiting' &&
        ahead === 0 &&
        (await isBehindOwn(job, this.#options.reader, this.#options.running)),
      nowMs: this.#options.clock.now(),
    };
    const made = 'outcome' in job.state && job.state.outcome.kind === 'result' ? job.state.outcome : undefined;
    const seed = made && this.models.seedOf(job, made.model);
    const asked = await this.#rewriter?.shown(job);
    const more = { ...(seed === undefined ? {} : { seed }), ...(asked === undefined ? {} : { asked }) };
    return { ...viewOf(job, now), ...more };
  }

  /** Returns a job with every call that was made for it. */
  async explain(id: JobId): Promise<{ readonly job: Job; readonly trail: readonly AttemptTrail[] } | undefined> {
    const { reader } = this.#options;
    const job = await reader.find(id);
    return job === undefined ? undefined : { job, trail: await reader.trailOf(id) };
  }

  /** Returns the person's unfinished jobs and the last finished one, newest first. */
  async findAll(userId: number): Promise<readonly JobView[]> {
    const jobs = await this.#options.reader.jobsOf(userId);
    const viewOf = (job: Job) =>
      job.state.kind === 'waiting' ? this.find(job.id).then((found) => found?.view) : this.view(job);
    return (await Promise.all(jobs.map(viewOf))).flatMap((view) => view ?? []);
  }

  /** Cancels a job of this person, with the others of its album, and wipes its words if asked to; aborts its call at once. */
  async cancel(id: JobId, userId: number, wipes = false): Promise<Cancelled> {
    const job = await this.#options.reader.find(id);
    if (job?.album === undefined) return this.#cancel(id, userId, wipes);
    let result: Cancelled = { kind: 'too-late', job };
    for (const one of albumIds(firstOfAlbum(id), job.album.size)) {
      const cancelled = await this.#cancel(one, userId, wipes);
      if (cancelled.kind !== 'too-late') result = cancelled;
    }
    return result;
  }

  async #cancel(id: JobId, userId: number, wipes: boolean): Promise<Cancelled> {
    const cancelled = await this.#options.queue.cancel(id, userId, wipes);
    if (cancelled.kind === 'running' || cancelled.kind === 'cancelled') {
      const runsElsewhere = cancelled.kind === 'running' && this.#options.hasOthers === true && !this.isRunningHere(id);
      this.#options.emit({ event: 'job.cancelled', jobId: id });
      // The process that runs it may be dead.
      if (runsElsewhere) this.#options.clock.schedule(maxStopMs, () => this.#dropEnded(id));
      else this.#dropEnded(id);
    }
    if (cancelled.kind === 'cancelled' && cancelled.operation !== undefined) {
      this.#runner.cancel(cancelled.operation);
    }
    return cancelled;
  }

  /** Asks before a provider is: a job that may not start ends unmade. */
  checkBeforeStart(check: StartCheck): Disposable {
    this.#runner.startChecks.add(check);
    return { [Symbol.dispose]: () => void this.#runner.startChecks.delete(check) };
  }

  /** The job has an outcome that nobody has begun to show. */
  noteEnded(id: JobId, job?: Job): void {
    for (const listener of this.#endedListeners) listener(id, job);
  }

  /** Calls back when a job has an outcome that is not delivered yet; with the job as it began, where it ran here. */
  onEnded(listener: (id: JobId, job?: Job) => void): Disposable {
    this.#endedListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#endedListeners.delete(listener) };
  }

  /** Calls back when the view of an unfinished job may have changed. */
  onProgress(listener: (id: JobId) => void): Disposable {
    this.#progressListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#progressListeners.delete(listener) };
  }

  /**
   * Stops claiming, lets running jobs finish until `patience` aborts, then requeues the rest to the front, which costs
   * them no attempt. Returns how many were requeued.
   */
  async drain(patience: AbortSignal): Promise<number> {
    if (!this.#closing) {
      this.#closing = true;
      this.#listening[Symbol.dispose]();
      for (const line of this.#lines.values()) line.close();
      this.#options.emit({ event: 'app.stopping', running: this.#live.size });
    }
    const stopAll = () => {
      this.#live.stopAll();
      this.#runner.close();
      this.#rewriter?.close();
    };
    if (patience.aborted) stopAll();
    else patience.addEventListener('abort', stopAll, { once: true });
    await this.calls?.drain(patience);
    for (const line of this.#lines.values()) await line.idle();
    await this.#runner.idle();
    this.#stops[Symbol.dispose]();
    patience.removeEventListener('abort', stopAll);
    return this.#runner.requeued;
  }

  /**
   * Resumes submitted operations first, so that their seats are taken before other jobs start; then answered jobs, which
   * need no key.
   */
  async #takeUp(): Promise<void> {
    const { queue, emit } = this.#options;
    try {
      for (let claim = await queue.claimSubmitted(); claim !== undefined; claim = await queue.claimSubmitted()) {
        if (this.#closing) break;
        this.#runner.resume(claim);
      }
      for (;;) {
        const claim = await queue.claimAnswered();
        if (claim === undefined) return;
        await this.#runner.run(claim, undefined);
      }
    } catch (error) {
      // The dispatchers claim these jobs too, in the order of their lines.
      emit({ event: 'app.error', what: 'take up what was submitted or answered', error });
    }
  }

  async #isOverfull(line: ProviderName, lane: Lane): Promise<boolean> {
    const jobs = (await this.#options.reader.waitingIn(line)).ahead[lane];
    return jobs > 0 && expectedWaitMs(jobs, this.#options.pool.snapshot(line)) > this.#options.maxWaitMs;
  }

  #foundUnreadable(id: JobId, error: unknown): void {
    const { emit } = this.#options;
    emit({ event: 'app.error', what: `read job ${id}`, error });
    emit({ event: 'job.dead-lettered', jobId: id, processes: 0 });
    this.#dropEnded(id);
  }

  #dropEnded(id: JobId): void {
    this.#live.forget(id);
    this.#rewriter?.cancel(id);
    this.noteEnded(id);
  }

  #look(line: ProviderName | undefined, why: 'waits' | 'stopped'): void {
    for (const one of line === undefined ? this.#lines.keys() : [line]) this.#lines.get(one)?.poke(why);
  }

  #progressed(id: JobId): void {
    for (const listener of this.#progressListeners) listener(id);
  }
}
