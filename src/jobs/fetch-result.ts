import { type Emit, type OnCheckpoint, ignoreCheckpoints } from '../domain/events.ts';
import {
  type Job,
  type JobKind,
  type Chains,
  type Progress,
  type Outcome,
  payloadOf,
  type ResultPayload,
  kindTraits,
} from '../domain/job.ts';
import type { MediaSource, MediaFile } from '../domain/media.ts';
import type { Downloaded, ResultDownloader } from '../domain/result-store.ts';
import { backoffMs, type Random } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KnownAnswer, Park } from '../domain/job-engine.ts';
import type { ModelLookup, ReplySource } from '../domain/provider.ts';
import { candidatesFor } from './request/request-options.ts';
import { codeFor, decide, type RetryRules } from './retry-policy.ts';

/** A result that is not there yet is looked for this long, without a new generation. */
const patienceMs = 60_000;

export type FetchTools = {
  readonly resultStore: ResultDownloader;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
};

/**
 * Brings one file of a result to disk; fetches again for up to a minute what may still appear, and as long as the job lives what
 * this machine's disk refuses. Throws the signal's reason.
 */
export async function fetchResult(
  job: Job,
  source: MediaSource,
  signal: AbortSignal,
  { resultStore, clock, random, emit, deadlineMs }: FetchTools,
  part = 0,
): Promise<Downloaded> {
  const beganMonotonicMs = clock.monotonicMs();
  const leftMs = (job.claimedAtMs ?? clock.now()) + deadlineMs[job.kind] - clock.now();
  for (let fetches = 1; ; fetches += 1) {
    const kept = await fetchOnce();
    if (kept.ok) return kept;
    const waitMs = backoffMs(fetches, { baseMs: 2_000, capMs: 20_000 }, random);
    const isWaitedFor =
      clock.monotonicMs() - beganMonotonicMs + waitMs <= (kept.diskFull === true ? leftMs : patienceMs);
    if (!isWaitedFor || !(kept.diskFull === true || (kept.again && source.kind === 'url'))) return kept;
    // The disk tells of its trouble by itself.
    if (kept.diskFull !== true) emit({ event: 'result.refetch', jobId: job.id, detail: kept.failure.detail });
    await clock.sleep(waitMs, signal);
  }

  async function fetchOnce(): Promise<Downloaded> {
    using deadline = clock.deadline(kindTraits[job.kind].downloadMs, signal);
    return await resultStore.keep(source, job.kind, job.id, deadline, part);
  }
}

export type BringTools = FetchTools & {
  readonly chains: Chains;
  readonly models: ModelLookup;
  readonly rules: RetryRules;
  readonly onCheckpoint?: OnCheckpoint;
};

/** What a provider said that the result is, and what the job had used up by then. */
export type Answer = {
  readonly model: string;
  readonly source: ReplySource;
  readonly progress: Progress;
};

type AnswerFacts = Omit<Answer, 'source'>;

/** What becomes of a job whose provider has answered. */
export type ResultEnding =
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly calls: number }
  /** `after`: what went wrong with the result, where something did. */
  | { readonly kind: 'parked'; readonly park: Park; readonly after?: AttemptFailure };

/** What has to be remembered of an answer so that nobody asks for it again. */
export function knownAnswer(model: string, source: ReplySource): KnownAnswer {
  switch (source.kind) {
    case 'url':
      return { model, url: source.url };
    case 'bytes':
      return { model };
    case 'text':
      return { model, text: source.text };
    case 'files': {
      const [first = null, ...further] = source.sources.map((one) => (one.kind === 'url' ? one.url : null));
      return { model, ...(first === null ? {} : { url: first }), ...(further.length === 0 ? {} : { further }) };
    }
  }
}

/** Brings the result to disk, and says what follows when it cannot be had. Throws the signal's reason. */
export async function fetchAndStore(
  job: Job,
  answer: Answer,
  signal: AbortSignal,
  tools: BringTools,
): Promise<ResultEnding> {
  const { source } = answer;
  if (source.kind === 'text') return ended(answer, source);
  return bringFiles(job, answer, source.kind === 'files' ? source.sources : [source], signal, tools);
}

/** Goes on from an answer that an earlier turn was given: what is on the disk is used, what is not is fetched. */
export async function bringKnownResult(
  job: Job,
  { model, url, further = [], text }: KnownAnswer,
  signal: AbortSignal,
  tools: BringTools,
): Promise<ResultEnding> {
  const answer = { model, progress: job.progress };
  if (text !== undefined) return ended(answer, { kind: 'text', text });
  const urls = [url ?? null, ...further];
  const kept: MediaFile[] = [];
  for (const part of urls.keys()) {
    const file = await tools.resultStore.find(job.kind, job.id, part);
    if (file === undefined) break;
    kept.push(file);
  }
  const missing = urls.slice(kept.length).flatMap((one) => (one === null ? [] : [{ kind: 'url' as const, url: one }]));
  if (missing.length === urls.length - kept.length) return bringFiles(job, answer, missing, signal, tools, kept);
  // The answer was the file itself, and it went with the process before it was written.
  const now = { line: job.line, readyAtMs: tools.clock.now(), reason: 'backing-off' } as const;
  return { kind: 'parked', park: { ...now, progress: job.progress } };
}

/** All the files or none: a result that is not whole is no result. */
async function bringFiles(
  job: Job,
  answer: AnswerFacts,
  sources: readonly MediaSource[],
  signal: AbortSignal,
  tools: BringTools,
  kept: readonly MediaFile[] = [],
): Promise<ResultEnding> {
  const { onCheckpoint = ignoreCheckpoints } = tools;
  const files = [...kept];
  if (sources.length > 0) onCheckpoint('downloading', job.id);
  for (const source of sources) {
    const fetched = await fetchResult(job, source, signal, tools, files.length);
    if (!fetched.ok) return afterFailure(job, answer, fetched, tools);
    files.push(fetched.file);
  }
  if (sources.length > 0) onCheckpoint('file-kept', job.id);
  const [first, ...others] = files;
  if (first === undefined) throw new Error(`Cannot bring the result of job ${job.id}: the answer names no file`);
  return ended(answer, payloadOf([first, ...others]));
}

function ended({ model, progress }: AnswerFacts, payload: ResultPayload): ResultEnding {
  return { kind: 'ended', outcome: { kind: 'result', payload, model }, calls: progress.calls };
}

function afterFailure(
  job: Job,
  { progress }: AnswerFacts,
  { failure }: Extract<Downloaded, { ok: false }>,
  { chains, models, rules, random, clock }: BringTools,
): ResultEnding {
  const attempts = progress.attempts + 1;
  const decision = decide(failure, attempts, rules, random);
  if (decision.kind === 'back-off') {
    const readyAtMs = clock.now() + decision.ms;
    const park = { line: job.line, readyAtMs, reason: 'backing-off', progress: { ...progress, attempts } } as const;
    return { kind: 'parked', park, after: failure };
  }
  const next = progress.candidate + 1;
  const candidate = candidatesFor(chains[job.kind], job.options, models)[next];
  if (decision.kind === 'give-up' || candidate === undefined) {
    return { kind: 'ended', outcome: { kind: 'failed', code: codeFor(failure.reason) }, calls: progress.calls };
  }
  const goesOn = { line: candidate.provider, readyAtMs: clock.now(), reason: 'next-candidate' } as const;
  return {
    kind: 'parked',
    park: { ...goesOn, progress: { ...progress, candidate: next, attempts: 0 } },
    after: failure,
  };
}
