import { type Emit } from '../domain/events.ts';
import {
  type OnCheckpoint,
  type Job,
  type Chains,
  type Progress,
  type Outcome,
  payloadOf,
  type ResultPayload,
} from '../domain/job.ts';
import { type JobKind, kindTraits } from '../domain/kinds.ts';
import type { Downloaded, MediaFile, MediaSource, ResultDownloader } from '../domain/media.ts';
import { backoffMs, type Random } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KnownAnswer, Park } from '../domain/job-engine.ts';
import type { ModelLookup, ReplySource } from '../domain/provider.ts';
import { requestChain } from './request/chain-models.ts';
import { codeFor, decide, type RetryRules } from './retry-policy.ts';

export type StoreTools = FetchTools & {
  readonly chains: Chains;
  readonly models: ModelLookup;
  readonly rules: RetryRules;
  readonly onCheckpoint?: OnCheckpoint | undefined;
};

/** A provider's answer, and the job's progress at that time. */
export type Answer = {
  readonly model: string;
  readonly source: ReplySource;
  readonly progress: Progress;
};

type AnswerFacts = Omit<Answer, 'source'>;

/** How a job continues after its provider has answered. */
export type ResultEnding =
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly calls: number; readonly after?: ResultRefusal }
  /** `after`: the failure of the result, if there was one. */
  | { readonly kind: 'parked'; readonly park: Park; readonly after?: ResultRefusal };

/** A result that could not be used, and the call that it came from. */
export type ResultRefusal = { readonly failure: AttemptFailure; readonly model: string; readonly call: number };

/** Downloads the result and returns how the job continues. Throws the signal's reason. */
export async function fetchAndStore(
  job: Job,
  answer: Answer,
  signal: AbortSignal,
  tools: StoreTools,
): Promise<ResultEnding> {
  const { source } = answer;
  if (source.kind === 'text') return ended(answer, textPayload(source.text, source.isCut));
  return fetchFiles(job, answer, source.kind === 'files' ? source.sources : [source], signal, tools);
}

/** Continues from a stored answer: uses the files on disk and downloads the missing ones. */
export async function fetchKnownResult(
  job: Job,
  { model, url, further = [], titles = [], text, isCut }: KnownAnswer,
  signal: AbortSignal,
  tools: StoreTools,
): Promise<ResultEnding> {
  const answer = { model, progress: job.progress };
  if (text !== undefined) return ended(answer, textPayload(text, isCut));
  const urls = [url ?? null, ...further];
  const kept: MediaFile[] = [];
  for (const part of urls.keys()) {
    const file = await tools.resultStore.find(job.kind, job.id, part);
    if (file === undefined) break;
    kept.push({ ...file, ...titled(titles[part]) });
  }
  const missing = urls
    .map((one, part) => (one === null ? undefined : { kind: 'url' as const, url: one, ...titled(titles[part]) }))
    .slice(kept.length)
    .filter((one) => one !== undefined);
  if (missing.length === urls.length - kept.length) return fetchFiles(job, answer, missing, signal, tools, kept);
  // The answer held the file itself, and the process ended before the file was written.
  const now = { line: job.line, readyAtMs: tools.clock.now(), reason: 'backing-off' } as const;
  return { kind: 'parked', park: { ...now, progress: job.progress } };
}

/** Downloads all files; one failed download fails the whole result. */
async function fetchFiles(
  job: Job,
  answer: AnswerFacts,
  sources: readonly MediaSource[],
  signal: AbortSignal,
  tools: StoreTools,
  kept: readonly MediaFile[] = [],
): Promise<ResultEnding> {
  const { onCheckpoint } = tools;
  const files = [...kept];
  if (sources.length > 0) onCheckpoint?.('downloading', job.id);
  for (const source of sources) {
    const fetched = await fetchResult(job, source, signal, tools, files.length);
    if (!fetched.ok) return afterFailure(job, answer, fetched, tools);
    files.push(fetched.file);
  }
  if (sources.length > 0) onCheckpoint?.('file-kept', job.id);
  const [first, ...others] = files;
  if (first === undefined) throw new Error(`Cannot bring the result of job ${job.id}: the answer names no file`);
  return ended(answer, payloadOf([first, ...others]));
}

function titled(title: string | null | undefined): { readonly title?: string } {
  return title === undefined || title === null ? {} : { title };
}

function titlesOf(sources: readonly MediaSource[]): Pick<KnownAnswer, 'titles'> {
  const titles = sources.map(({ title = null }) => title);
  return titles.every((title) => title === null) ? {} : { titles };
}

/** What a result at an address holds in memory at most while it is fetched. */
const fetchedBytes = 1_000_000;

/** What an answer holds in memory until its result is on the disk; without a source, one that is at an address. */
export function bytesInMemory(source?: ReplySource): number {
  switch (source?.kind) {
    case 'text':
      return 0;
    case 'bytes':
      return source.bytes.byteLength;
    case 'files':
      return source.sources.reduce((sum, one) => sum + bytesInMemory(one), 0);
    case 'url':
    case undefined:
      return fetchedBytes;
  }
}

/** The part of an answer that is stored, so that the job is not generated again after a restart. */
export function knownAnswer(model: string, source: ReplySource): KnownAnswer {
  switch (source.kind) {
    case 'url':
      return { model, url: source.url, ...titlesOf([source]) };
    case 'bytes':
      return { model, ...titlesOf([source]) };
    case 'text':
      return { model, text: source.text, ...(source.isCut === true ? { isCut: true } : {}) };
    case 'files': {
      const [first = null, ...further] = source.sources.map((one) => (one.kind === 'url' ? one.url : null));
      return {
        model,
        ...(first === null ? {} : { url: first }),
        ...(further.length === 0 ? {} : { further }),
        ...titlesOf(source.sources),
      };
    }
  }
}

/** A result that is not available yet is fetched again for this long before the job is generated again. */
const patienceMs = 60_000;

export type FetchTools = {
  readonly resultStore: ResultDownloader;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
};

/**
 * Downloads one file of a result. Retries a retryable URL for up to a minute, and a full disk until the job's deadline.
 * Throws the signal's reason.
 */
export async function fetchResult(
  job: Job,
  source: MediaSource,
  signal: AbortSignal,
  { resultStore, clock, random, emit, deadlineMs }: FetchTools,
  part = 0,
): Promise<Downloaded> {
  const startedMonotonicMs = clock.monotonicMs();
  const leftMs = (job.claimedAtMs ?? clock.now()) + deadlineMs[job.kind] - clock.now();
  for (let fetches = 1; ; fetches += 1) {
    const downloaded = await fetchOnce();
    if (downloaded.ok) return downloaded;
    const waitMs = backoffMs(fetches, { baseMs: 2_000, capMs: 20_000 }, random);
    const isDiskFull = downloaded.diskFull === true;
    const isWaitedFor = clock.monotonicMs() - startedMonotonicMs + waitMs <= (isDiskFull ? leftMs : patienceMs);
    if (!isWaitedFor || !(isDiskFull || (downloaded.retryable && source.kind === 'url'))) return downloaded;
    // The result store emits disk errors itself.
    if (!isDiskFull) emit({ event: 'result.refetch', jobId: job.id, detail: downloaded.failure.detail });
    await clock.sleep(waitMs, signal);
  }

  async function fetchOnce(): Promise<Downloaded> {
    using deadline = clock.deadline(kindTraits[job.kind].downloadMs, signal);
    return await resultStore.download(source, job.kind, job.id, deadline, part);
  }
}

function textPayload(text: string, isCut: true | undefined): ResultPayload {
  return { kind: 'text', text, ...(isCut === true ? { isCut } : {}) };
}

function ended({ model, progress }: AnswerFacts, payload: ResultPayload): ResultEnding {
  return { kind: 'ended', outcome: { kind: 'result', payload, model }, calls: progress.calls };
}

function afterFailure(
  job: Job,
  { progress, model }: AnswerFacts,
  { failure }: Extract<Downloaded, { ok: false }>,
  { chains, models, rules, random, clock }: StoreTools,
): ResultEnding {
  const after = { failure, model, call: progress.calls };
  const attempts = progress.attempts + 1;
  const decision = decide(failure, attempts, rules, random);
  if (decision.kind === 'back-off') {
    const readyAtMs = clock.now() + decision.ms;
    const park = { line: job.line, readyAtMs, reason: 'backing-off', progress: { ...progress, attempts } } as const;
    return { kind: 'parked', park, after };
  }
  const next = progress.candidate + 1;
  const candidate = requestChain(job, chains, models)[next];
  if (decision.kind === 'give-up' || candidate === undefined) {
    return { kind: 'ended', outcome: { kind: 'failed', code: codeFor(failure.reason) }, calls: progress.calls, after };
  }
  const goesOn = { line: candidate.provider, readyAtMs: clock.now(), reason: 'next-candidate' } as const;
  return {
    kind: 'parked',
    park: { ...goesOn, progress: { ...progress, candidate: next, attempts: 0 } },
    after,
  };
}

/** How much may be held in memory at once by work that runs side by side; the rest waits, in order. */
export class ByteBudget {
  readonly #budgetBytes: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  readonly #whenIdle: (() => void)[] = [];
  #takenBytes = 0;
  #running = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs the work once its bytes fit; more than the whole budget runs alone. */
  async run<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      await new Promise<void>((resolve) => this.#waiting.push({ bytes, start: resolve }));
    } else this.#take(bytes);
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#takenBytes -= bytes;
      this.#startWaiting();
      if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #startWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.start();
    }
  }

  #fits(bytes: number): boolean {
    return this.#running === 0 || this.#takenBytes + bytes <= this.#budgetBytes;
  }

  #take(bytes: number): void {
    this.#running += 1;
    this.#takenBytes += bytes;
  }
}
