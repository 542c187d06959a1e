import type { AttemptTrail, AttemptEnding } from '../domain/attempt-trail.ts';
import type { Progress, Candidate, Job, OnCheckpoint } from '../domain/job.ts';
import { type Clock, CallDeadline, StopTimeoutError } from '../kit/clock.ts';
import { type Emit, type AppEvent } from '../domain/events.ts';
import type { ProviderName } from '../domain/ids.ts';
import { type AttemptFailure, isDoubtful } from '../domain/failure.ts';
import { costOf } from '../domain/costs.ts';
import type { ModelLookup, OnText, Provider, ProviderReply, Submitted } from '../domain/provider.ts';
import type { Lease } from '../domain/key-leases.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { type CallJournal, isCancelled, JobStopped } from './running-jobs.ts';
import type { Spent } from './budgets.ts';
import type { UnrecognizedFailures } from './judgement.ts';
import type { Fault } from './circuit-breaker/breaker-counters.ts';
import { cancelOperation, type Followed, followOperation, type FollowTools, pollDelayMs } from './follow-operation.ts';
import { type RequestMaterial, generationRequest } from './request/generation-request.ts';
import { isProviderFault, type RetryRules } from './retry-policy.ts';

export type CallTools = {
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  /** The traits of each model. */
  readonly models: ModelLookup;
  readonly breakers: ReadonlyMap<ProviderName, CircuitBreaker>;
  readonly unrecognized: UnrecognizedFailures;
  readonly rules: RetryRules;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly onCheckpoint?: OnCheckpoint | undefined;
  readonly onQueue?: FollowTools['onQueue'];
  /** Hears the text of an answer while it is written. */
  readonly onText?: OnText;
  /** Hears what each answered call cost, as far as that is known. */
  readonly onCost?: (cost: Spent) => void;
};

/** One call that is about to be sent. */
export type Call = {
  readonly job: Job;
  readonly candidate: Candidate;
  readonly lease: Lease;
  /** Counts the job's calls from 1. */
  readonly number: number;
  readonly attempt: number;
  readonly timeoutMs: number;
  /** The job's deadline, on the monotonic clock. */
  readonly deadlineMonotonicMs: number;
  readonly waitedMs: number;
  /** The job's progress, this call included. */
  readonly progress: Progress;
  /** What the request is made from besides its words. */
  readonly material?: RequestMaterial;
  /** True for the half-open probe of a provider that is down. */
  readonly isProbe: boolean;
};

export type CallReply = ProviderReply & {
  readonly trail: AttemptTrail;
  /** True for a fault of a provider whose breaker is open now: the call costs no attempt. */
  readonly providerDown: boolean;
  /** What a failed call had written until then, where that is more than nothing. */
  readonly heard?: string;
};

/**
 * Makes one call to one provider with one key: records and emits it before and after, and releases the lease with the
 * verdict on the key. Throws the signal's reason when the job was cancelled or the app stops, and a JobStopped when a
 * newer lease fences the job; every other failure is part of the reply.
 */
export async function callProvider(
  call: Call,
  journal: CallJournal,
  signal: AbortSignal,
  tools: CallTools,
): Promise<CallReply> {
  const { clock, emit, onCheckpoint } = tools;
  const { job, candidate, lease, isProbe } = call;
  const breaker = tools.breakers.get(candidate.provider);
  const sent = sentTrail(call, tools);
  let startedMs: number | undefined;
  let submitted: AttemptTrail | undefined;
  let isProbing = isProbe;
  let heard = '';
  const onText: OnText = (soFar) => {
    heard = soFar;
    tools.onText?.(soFar);
  };
  let reply: ProviderReply;
  try {
    if (!(await journal.sent(sent))) throw new JobStopped('fenced');
    onCheckpoint?.('call-noted', job.id);
    signal.throwIfAborted();
    emit(started(job, sent));
    startedMs = clock.monotonicMs();
    const asked = ask(call, signal, tools, onText);
    onCheckpoint?.('calling', job.id);
    const answer = await asked;
    if ('operation' in answer) {
      const ms = Math.round(clock.monotonicMs() - startedMs);
      submitted = { ...sent, ending: { kind: 'submitted', ms } };
      const followed = await takeOn(call, answer, submitted, journal, tools);
      onCheckpoint?.('submitted', job.id);
      // An accepted submission shows that the provider is up, so the probe ends here and not with the operation.
      if (isProbing) breaker?.noteSuccess(lease.keyId, ms);
      if (isProbing) breaker?.endProbe(false);
      isProbing = false;
      reply = await followOperation(followed, signal, tools);
    } else {
      reply = answer;
    }
  } catch (error) {
    lease.release({ kind: 'unused' });
    if (isProbing) breaker?.endProbe(false);
    // A submitted operation continues at the provider, unless its person has cancelled the job.
    const isOver = submitted === undefined || isCancelled(signal);
    if (signal.aborted && isOver) journal.ended({ ...sent, ending: brokenOff(startedMs, clock) });
    throw error;
  }
  const ms = Math.round(clock.monotonicMs() - startedMs);
  const ended = { job, lease, sent, isProbe: isProbing, ms };
  const concluded = concludeCall(ended, reply, journal, tools);
  return concluded.ok || heard.trim() === '' ? concluded : { ...concluded, heard };
}

type EndedCall = {
  readonly job: Job;
  readonly lease: Lease;
  readonly sent: AttemptTrail;
  readonly isProbe: boolean;
  /** From sending to the end of the reply. */
  readonly ms: number;
};

/** Releases the lease with the verdict on the key, updates the breaker, emits the outcome and records a failure. */
export function concludeCall(
  { job, lease, sent, isProbe, ms }: EndedCall,
  reply: ProviderReply,
  journal: CallJournal,
  tools: CallTools,
): CallReply {
  const { emit } = tools;
  const { provider, model } = sent.candidate;
  const breaker = tools.breakers.get(provider);
  const { seats, window } = reply;
  const told = { ...(seats === undefined ? {} : { seats }), ...(window === undefined ? {} : { window }) };
  const queued = reply.wasQueued === true ? ({ wasQueued: true } as const) : undefined;
  if (reply.ok) {
    lease.release({ kind: 'succeeded', ms, model, job: job.kind, ...told, ...queued });
    breaker?.noteSuccess(lease.keyId, ms);
    if (isProbe) breaker?.endProbe(false);
    emit(succeeded(job, sent, ms));
    const { source, usage } = reply;
    const { price } = tools.models(sent.candidate);
    const usd = usage === undefined && price === undefined ? undefined : costOf(usage, price);
    const ending = {
      kind: 'answered' as const,
      ms,
      ...(usage === undefined ? undefined : { usage }),
      ...(usd === undefined ? undefined : { usd }),
    };
    if (usd !== undefined) tools.onCost?.({ provider, userId: job.origin.userId, usd });
    return { ok: true, source, trail: { ...sent, ending }, providerDown: false };
  }
  const fault = { keyId: lease.keyId, model, jobId: job.id };
  // Before the key is judged: what the provider does to everybody is no key's fault.
  const failure = judged(reply.failure, fault, breaker);
  const isFault = isProviderFault(failure);
  lease.release({ kind: 'failed', failure, ms, model, job: job.kind, jobId: job.id, ...told });
  if (isFault) breaker?.noteFault(fault);
  const providerDown = isFault && breaker?.isOpen === true;
  if (isProbe) breaker?.endProbe(isFault);
  emit(failed(job, sent, failure, ms));
  if (failure.reason === 'unrecognized') tools.unrecognized.note(provider, failure.detail);
  const trail = { ...sent, ending: endingOf(failure, ms) };
  journal.ended(trail);
  return { ok: false, failure, trail, providerDown };
}

/** Returns the failure as it is seen beside those of other jobs: a provider that refuses everybody refuses this machine. */
function judged(failure: AttemptFailure, fault: Fault, breaker: CircuitBreaker | undefined): AttemptFailure {
  const isSureBlock = failure.reason === 'blocks-this-machine' && !isDoubtful(failure);
  const isRefusal = isSureBlock || (isDoubtful(failure) && failure.reason !== 'bad-request');
  if (!isRefusal) return failure;
  breaker?.noteRefusal(fault, isSureBlock);
  if (isSureBlock || breaker?.isOpen !== true) return failure;
  return { blame: 'provider', reason: 'blocks-this-machine', detail: failure.detail };
}

/** Records the accepted operation: it is never submitted again, and only this call's key polls it. */
async function takeOn(
  { job, candidate, lease, deadlineMonotonicMs, progress }: Call,
  { operation, askAgainInMs }: Submitted,
  submitted: AttemptTrail,
  journal: CallJournal,
  tools: CallTools,
): Promise<Followed> {
  const { clock, emit } = tools;
  const provider = tools.providers.get(candidate.provider);
  if (provider === undefined || !('start' in provider)) {
    throw new Error(`Cannot follow a run of "${candidate.provider}": it has no adapter for that`);
  }
  const followed = { operation, provider, lease, deadlineMonotonicMs, firstInMs: pollDelayMs(0, askAgainInMs) };
  if (!(await journal.submitted(submitted, progress, operation))) {
    // The job was cancelled, or a newer lease owns it and does not know this operation.
    await cancelOperation(followed, { clock, emit });
    throw new JobStopped('fenced');
  }
  emit(wasSubmitted(job, submitted));
  return followed;
}

async function ask(
  call: Call,
  signal: AbortSignal,
  tools: CallTools,
  onText: OnText,
): Promise<ProviderReply | Submitted> {
  const { job, candidate, lease, timeoutMs } = call;
  // Hot path: `using` costs more than the deadline itself.
  const deadline = new CallDeadline(timeoutMs, signal, tools.clock);
  try {
    const provider = tools.providers.get(candidate.provider);
    if (provider === undefined) throw new Error(`Cannot call "${candidate.provider}": it has no adapter`);
    const request = generationRequest(job, candidate, tools.models, call.material);
    const answer: Promise<ProviderReply | Submitted> =
      'start' in provider
        ? provider.start(request, lease.secret, deadline.signal, onText)
        : provider.generate(request, lease.secret, deadline.signal, onText);
    return await deadline.answerOf(answer);
  } catch (error) {
    const wasStopped = deadline.signal.aborted;
    // A bug in an adapter costs the job an attempt; it neither stops the process nor counts against the key.
    if (!wasStopped || error instanceof StopTimeoutError) {
      tools.emit({ event: 'app.error', what: `call the adapter of ${candidate.provider}`, error });
    }
    signal.throwIfAborted();
    lease.release({ kind: 'unused' });
    const reason = wasStopped ? 'timed-out' : 'failed-run';
    return { ok: false, failure: { blame: 'provider', reason, detail: 'the adapter failed' } };
  } finally {
    deadline[Symbol.dispose]();
  }
}

function brokenOff(startedMs: number | undefined, clock: Clock): AttemptEnding {
  return startedMs === undefined
    ? { kind: 'not-sent' }
    : { kind: 'broken-off', ms: Math.round(clock.monotonicMs() - startedMs) };
}

function endingOf({ reason, sureness = 'sure', detail }: AttemptFailure, ms: number): AttemptEnding {
  return { kind: 'failed', reason, sureness, detail, ms };
}

function sentTrail({ candidate, lease, number, attempt, waitedMs }: Call, { rules, clock }: CallTools): AttemptTrail {
  const { keyId, keyName, choice } = lease;
  return {
    call: number,
    candidate,
    attempt,
    of: rules.maxAttempts,
    keyId,
    keyName,
    choice,
    waitedMs,
    startedAtMs: clock.now(),
    ending: { kind: 'sent' },
  };
}

// Hot path: events with their fields written out cost a tenth of events built by spreading shared fields.

function started({ id }: Job, { attempt, of, keyId, keyName, candidate, choice, waitedMs }: AttemptTrail): AppEvent {
  return { event: 'attempt.started', jobId: id, attempt, of, keyId, keyName, model: candidate.model, choice, waitedMs };
}

function wasSubmitted({ id }: Job, { attempt, of, keyId, keyName, candidate }: AttemptTrail): AppEvent {
  return { event: 'attempt.submitted', jobId: id, attempt, of, keyId, keyName, model: candidate.model };
}

function succeeded({ id }: Job, { attempt, of, keyId, keyName, candidate }: AttemptTrail, ms: number): AppEvent {
  return { event: 'attempt.succeeded', jobId: id, attempt, of, keyId, keyName, model: candidate.model, ms };
}

function failed({ id }: Job, trail: AttemptTrail, failure: AttemptFailure, ms: number): AppEvent {
  const { attempt, of, keyId, keyName, candidate } = trail;
  return { event: 'attempt.failed', jobId: id, attempt, of, keyId, keyName, model: candidate.model, failure, ms };
}
