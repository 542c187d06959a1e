import type { Chains } from '../domain/candidate.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KnownAnswer } from '../domain/job-lease.ts';
import type { Park } from '../domain/job-queue.ts';
import { type Reach, reachNothing } from '../domain/life-point.ts';
import type { Job, Progress } from '../domain/job.ts';
import type { ModelLookup } from '../domain/model-traits.ts';
import type { MediaSource } from '../domain/media.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Kept } from '../domain/result-keeper.ts';
import { fetchResult, type FetchTools } from './fetch-result.ts';
import { candidatesFor } from './model-options.ts';
import { codeFor, decide, type RetryRules } from './retry-rules.ts';

export type BringTools = FetchTools & {
  readonly chains: Chains;
  readonly models: ModelLookup;
  readonly rules: RetryRules;
  readonly reach?: Reach;
};

/** What a provider said that the result is, and what the job had used up by then. */
export type Answer = {
  readonly model: string;
  readonly source: MediaSource;
  readonly progress: Progress;
};

/** What becomes of a job whose provider has answered. */
export type ResultEnding =
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly calls: number }
  /** `after`: what went wrong with the result, where something did. */
  | { readonly kind: 'parked'; readonly park: Park; readonly after?: AttemptFailure };

/** Brings the result to disk, and says what follows when it cannot be had. Throws the signal's reason. */
export async function bringResult(
  job: Job,
  answer: Answer,
  signal: AbortSignal,
  tools: BringTools,
): Promise<ResultEnding> {
  const { reach = reachNothing } = tools;
  reach('downloading', job.id);
  const kept = await fetchResult(job, answer.source, signal, tools);
  if (!kept.ok) return afterFailure(job, answer, kept, tools);
  reach('file-kept', job.id);
  const outcome = { kind: 'result', file: kept.file, model: answer.model } as const;
  return { kind: 'ended', outcome, calls: answer.progress.calls };
}

/** Goes on from an answer that an earlier turn was given: what is on the disk is used, what is not is fetched. */
export async function bringKnownResult(
  job: Job,
  { model, url }: KnownAnswer,
  signal: AbortSignal,
  tools: BringTools,
): Promise<ResultEnding> {
  const { progress } = job;
  const file = await tools.keeper.find(job.kind, job.id);
  if (file !== undefined) return { kind: 'ended', outcome: { kind: 'result', file, model }, calls: progress.calls };
  if (url !== undefined) return bringResult(job, { model, source: { kind: 'url', url }, progress }, signal, tools);
  // The answer was the file itself, and it went with the process before it was written.
  const now = { line: job.line, readyAtMs: tools.clock.now(), reason: 'backing-off' } as const;
  return { kind: 'parked', park: { ...now, progress } };
}

function afterFailure(
  job: Job,
  { progress }: Answer,
  { failure }: Extract<Kept, { ok: false }>,
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
