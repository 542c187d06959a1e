import type { Emit } from '../domain/events.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { Lease } from '../domain/key-leases.ts';
import type { Operation, AsynchronousProvider, ProviderQueue, ProviderReply, StatusReply } from '../domain/provider.ts';
import { type Clock, CallDeadline } from '../kit/clock.ts';
import { isCancelled } from './running-jobs.ts';

const firstMs = 2_000;
const [minFirstMs, maxFirstMs] = [1_000, 5_000];
const defaultMs = 10_000;
const maxMs = 60_000;
const growth = 1.5;

/**
 * The wait before the next status request, in milliseconds, after `looks` requests. The first wait is 1 to 5 s; later
 * ones grow towards the interval that the provider asks for, at most a minute.
 */
export function pollDelayMs(looks: number, askedMs?: number): number {
  const first = Math.min(Math.max(askedMs ?? firstMs, minFirstMs), maxFirstMs);
  const target = Math.min(Math.max(askedMs ?? defaultMs, first), maxMs);
  return Math.min(target, first * growth ** looks);
}

/** The timeout of one status request; it does not affect the operation. */
const lookMs = 30_000;
const cancelMs = 10_000;

/** An operation that runs at a provider, and the lease of the key that submitted it. */
export type Followed = {
  readonly operation: Operation;
  readonly provider: AsynchronousProvider;
  readonly lease: Lease;
  /** The job's deadline, on the monotonic clock. */
  readonly deadlineMonotonicMs: number;
  /** The wait before the first status request. */
  readonly firstInMs: number;
};

export type FollowTools = {
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called after each status request to a provider that tells where the operation stands in its queue. */
  readonly onQueue?: ((queue: ProviderQueue) => void) | undefined;
};

/**
 * Polls an operation until it ends, always with the key that submitted it. A failed status request never fails the
 * operation. At the job's deadline it polls one last time and then cancels the operation; it also cancels when the
 * person cancels the job. Throws the signal's reason.
 */
export async function followOperation(
  followed: Followed,
  signal: AbortSignal,
  tools: FollowTools,
): Promise<ProviderReply> {
  const { lease, deadlineMonotonicMs } = followed;
  const { clock } = tools;
  let waitMs = followed.firstInMs;
  let wasQueued = false;
  try {
    for (let looks = 0; ; looks += 1) {
      const leftMs = Math.max(0, deadlineMonotonicMs - clock.monotonicMs());
      if (waitMs > 0) await clock.sleep(Math.min(waitMs, leftMs), signal);
      const status = await look(followed, signal, tools);
      if (status.kind === 'ended') return wasQueued ? { ...status.reply, wasQueued } : status.reply;
      if (status.kind === 'running') tellQueue(status, tools);
      wasQueued ||= status.kind === 'running' && status.isQueued === true;
      if (clock.monotonicMs() >= deadlineMonotonicMs) break;
      await lease.renew();
      waitMs = pollDelayMs(looks, askedMs(status));
    }
  } catch (error) {
    if (isCancelled(signal)) await cancelOperation(followed, tools);
    throw error;
  }
  await cancelOperation(followed, tools);
  return { ok: false, failure: { blame: 'provider', reason: 'timed-out', detail: 'not finished before the deadline' } };
}

function tellQueue({ ahead, inMs }: ProviderQueue, { onQueue }: FollowTools): void {
  if (ahead === undefined && inMs === undefined) return;
  onQueue?.({ ...(ahead === undefined ? {} : { ahead }), ...(inMs === undefined ? {} : { inMs }) });
}

/** Cancels the operation at the provider if the provider supports that; gives up after 10 s. */
export async function cancelOperation(
  { provider, operation, lease }: Pick<Followed, 'provider' | 'operation' | 'lease'>,
  { clock, emit }: FollowTools,
): Promise<void> {
  if (provider.cancel === undefined) return;
  using deadline = new CallDeadline(cancelMs, new AbortController().signal, clock);
  try {
    await deadline.answerOf(provider.cancel(operation, lease.secret, deadline.signal));
  } catch (error) {
    if (!deadline.signal.aborted) emit({ event: 'app.error', what: `cancel a run of ${provider.name}`, error });
  }
}

async function look(
  { operation, provider, lease }: Followed,
  signal: AbortSignal,
  { clock, emit }: FollowTools,
): Promise<StatusReply> {
  using deadline = new CallDeadline(lookMs, signal, clock);
  try {
    return await deadline.answerOf(provider.status(operation, lease.secret, deadline.signal));
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.signal.aborted) emit({ event: 'app.error', what: `call the adapter of ${provider.name}`, error });
    return { kind: 'unclear', failure: noAnswer };
  }
}

const noAnswer: AttemptFailure = { blame: 'provider', reason: 'timed-out', detail: 'the look brought no answer' };

function askedMs(status: Exclude<StatusReply, { kind: 'ended' }>): number | undefined {
  if (status.kind === 'running') return status.askAgainInMs;
  return 'retryAfterMs' in status.failure ? status.failure.retryAfterMs : undefined;
}
