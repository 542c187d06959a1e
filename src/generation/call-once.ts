import type { Candidate } from '../domain/candidate.ts';
import type { Tell } from '../domain/events.ts';
import type { Job, JobKind } from '../domain/job.ts';
import type { GenerationRequest, Provider, ProviderReply } from '../domain/provider.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { Lease } from '../keys/lease.ts';
import type { Clock } from '../kit/clock.ts';
import type { Breaker } from './breaker.ts';
import { sizeFor } from './model-options.ts';
import type { RetryRules } from './retry-rules.ts';

export type CallTools = {
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  readonly breakers: ReadonlyMap<ProviderName, Breaker>;
  readonly rules: RetryRules;
  /** The longest that one call may take. */
  readonly timeoutMs: Readonly<Record<JobKind, number>>;
  readonly clock: Clock;
  readonly tell: Tell;
};

/**
 * One call to one provider with one key: told before and after, its seat given back with what it says of the key. Throws
 * the signal's reason when the job was cancelled or the house closes; everything else is an answer.
 */
export async function callOnce(
  job: Job,
  candidate: Candidate,
  lease: Lease,
  attempt: number,
  leftMs: number,
  signal: AbortSignal,
  tools: CallTools,
): Promise<ProviderReply> {
  const { clock, tell } = tools;
  const { keyId, keyName } = lease;
  const { model } = candidate;
  const facts = { jobId: job.id, attempt, of: tools.rules.maxAttempts, keyId, keyName, model };
  const provider = tools.providers.get(candidate.provider);
  tell({ event: 'attempt.started', ...facts });
  const startedMs = clock.now();
  let reply: ProviderReply;
  try {
    if (provider === undefined) throw new Error(`Cannot call "${candidate.provider}": it has no adapter`);
    const deadline = clock.deadline(Math.min(tools.timeoutMs[job.kind], leftMs), signal);
    reply = await provider.generate(requestFor(job, candidate), lease.secret, deadline);
  } catch (error) {
    lease.release({ kind: 'unused' });
    signal.throwIfAborted();
    // A bug in an adapter costs the job an attempt, not the house its life.
    reply = {
      ok: false,
      failure: { blame: 'provider', reason: 'failed-run', detail: `adapter threw: ${String(error)}` },
    };
  }
  const ms = clock.now() - startedMs;
  if (reply.ok) {
    tools.breakers.get(candidate.provider)?.noteSuccess(keyId);
    lease.release({ kind: 'succeeded', ms, model });
    tell({ event: 'attempt.succeeded', ...facts, ms });
  } else {
    if (reply.failure.blame === 'provider') tools.breakers.get(candidate.provider)?.noteFault(keyId);
    lease.release({ kind: 'failed', failure: reply.failure, ms, model });
    tell({ event: 'attempt.failed', ...facts, failure: reply.failure, ms });
  }
  return reply;
}

function requestFor({ kind, prompt, options = {} }: Job, candidate: Candidate): GenerationRequest {
  const { aspect, seed, negative } = options;
  const size = aspect === undefined ? undefined : sizeFor(candidate, aspect);
  return {
    kind,
    model: candidate.model,
    prompt,
    ...(size === undefined ? {} : { size }),
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative }),
  };
}
