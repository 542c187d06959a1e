import type { AppEvent } from '../domain/events.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KeyLeases } from '../domain/key-leases.ts';
import type { Job } from '../domain/job.ts';
import type { KnownOperation } from '../domain/job-engine.ts';
import type { Random } from '../kit/backoff.ts';
import type { JobMemory, ChainProgress, TurnEnding } from './job-progress.ts';
import { type CallJournal, isCancelled } from './running-jobs.ts';
import { type CallTools, concludeCall } from './call-provider.ts';
import { cancelOperation, followOperation } from './follow-operation.ts';
import { decide } from './retry-policy.ts';

export type ResumeTools = CallTools & {
  readonly pool: Pick<KeyLeases, 'resume'>;
  readonly random: Random;
  readonly memory: JobMemory;
  readonly journal: CallJournal;
  readonly onAttempt: (attempt: number) => void;
  readonly onFailure: (failure: AttemptFailure, nextAttempt: number) => void;
};

/**
 * Continues an operation that an earlier turn submitted: polls it at once, with the key that submitted it, and submits
 * nothing. Returns undefined when the operation failed and another call may follow at once.
 */
export async function resumeOperation(
  job: Job,
  { trail, operation }: KnownOperation,
  progress: ChainProgress,
  deadlineMonotonicMs: number,
  signal: AbortSignal,
  tools: ResumeTools,
): Promise<TurnEnding | undefined> {
  const { pool, providers, memory, journal, clock, emit } = tools;
  const { candidate, attempt, keyId } = trail;
  const provider = providers.get(candidate.provider);
  const lease = await pool.resume(keyId);
  if (lease === undefined || provider === undefined || !('start' in provider)) {
    lease?.release({ kind: 'unused' });
    journal.ended({ ...trail, ending: { kind: 'failed', ...outOfReach, sureness: 'sure', ms: 0 } });
    return afterFailure(outOfReach, keyId, false);
  }
  tools.onAttempt(attempt);
  emit(resumed(job, trail));
  let reply;
  try {
    reply = await followOperation({ operation, provider, lease, deadlineMonotonicMs, firstInMs: 0 }, signal, tools);
  } catch (error) {
    lease.release({ kind: 'unused' });
    if (isCancelled(signal)) journal.ended({ ...trail, ending: { kind: 'broken-off', ms: sinceStart() } });
    throw error;
  }
  const ms = sinceStart();
  const ended = concludeCall({ job, lease, sent: trail, isProbe: false, ms }, reply, journal, tools);
  memory.lastCallEndedMs = clock.now();
  if (!ended.ok) return afterFailure(ended.failure, keyId, ended.providerDown);
  return { kind: 'answered', source: ended.source, candidate, progress: progress.progress(), trail: ended.trail };

  /** Wall-clock time, because the monotonic clock of the process that submitted it is gone. */
  function sinceStart(): number {
    return Math.max(0, Math.round(clock.now() - trail.startedAtMs));
  }

  function afterFailure(failure: AttemptFailure, key: typeof keyId, providerDown: boolean): TurnEnding | undefined {
    progress.consumeAttempt(failure, key, providerDown, clock.monotonicMs());
    tools.onFailure(failure, progress.attempts + 1);
    journal.checkpoint(progress.progress());
    const decision = decide(failure, progress.attempts, tools.rules, tools.random);
    switch (decision.kind) {
      case 'give-up':
        return progress.failed(decision.code);
      case 'back-off':
        if (clock.monotonicMs() + decision.ms >= deadlineMonotonicMs) {
          progress.nextCandidate();
          return undefined;
        }
        return progress.parked(job.line, clock.now() + decision.ms, 'backing-off');
      case 'next-candidate':
        progress.nextCandidate();
        return undefined;
      case 'next-key':
        return undefined;
    }
  }
}

/** Cancels the operation of a job that was cancelled while it waited. */
export async function cancelKnown(
  { trail, operation }: KnownOperation,
  tools: Pick<ResumeTools, 'pool' | 'providers' | 'clock' | 'emit'>,
): Promise<void> {
  const provider = tools.providers.get(trail.candidate.provider);
  const lease = await tools.pool.resume(trail.keyId);
  if (lease === undefined) return;
  if (provider !== undefined && 'start' in provider) await cancelOperation({ provider, operation, lease }, tools);
  lease.release({ kind: 'unused' });
}

const outOfReach = {
  blame: 'provider',
  reason: 'result-unavailable',
  detail: 'the key that submitted it, or its provider, is no longer configured',
} as const satisfies AttemptFailure;

function resumed({ id }: Job, { attempt, of, keyId, keyName, candidate }: KnownOperation['trail']): AppEvent {
  return { event: 'attempt.resumed', jobId: id, attempt, of, keyId, keyName, model: candidate.model };
}
