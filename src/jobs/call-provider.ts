import type { AttemptTrail, AttemptEnding } from '../domain/attempt-trail.ts';
import type { JobLease, KnownAnswer, JobQueue } from '../domain/job-engine.ts';
import type { Progress, Candidate, Job } from '../domain/job.ts';
import type { Clock } from '../kit/clock.ts';
import { type Emit, type AppEvent, type OnCheckpoint, ignoreCheckpoints } from '../domain/events.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { ModelLookup, Operation, Provider, ProviderReply, Submitted } from '../domain/provider.ts';
import type { Lease } from '../domain/key-leases.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { CallDeadline, StopTimeoutError } from './call-deadline.ts';
import { cancelOperation, type Followed, followOperation } from './follow-operation.ts';
import { isCancelled, JobStopped } from './running-jobs.ts';
import { generationRequest } from './request/request-options.ts';
import { pollDelayMs } from './operation-polling.ts';
import { isProviderFault, type RetryRules } from './retry-policy.ts';

/** Where the calls of one running job are kept. */
export type CallJournal = {
  /** Resolves when the call, and everything noted before it, is durable; false when the job is no longer ours. */
  sent(trail: AttemptTrail): Promise<boolean>;
  /** As `sent`, for what a call was answered. */
  answered(trail: AttemptTrail, progress: Progress, answer: KnownAnswer): Promise<boolean>;
  /** As `sent`, for what a provider has taken on. */
  submitted(trail: AttemptTrail, progress: Progress, operation: Operation): Promise<boolean>;
  /** Keeps how a call ended; nobody waits for it but the next `sent`. */
  ended(trail: AttemptTrail): void;
  /** Keeps what was used up; nobody waits for it but the next `sent`. */
  checkpoint(progress: Progress): void;
};

/** Notes in the engine. What is noted in one turn of the event loop shares one commit with what follows in that turn. */
export function createCallJournal(queue: JobQueue, lease: JobLease): CallJournal {
  let unsettled: Promise<unknown> | undefined;
  const add = (note: Promise<unknown>) => {
    unsettled = unsettled === undefined ? note : Promise.all([unsettled, note]);
    // Whoever acts for the job next waits for it and hears why it was not kept.
    unsettled.catch(() => undefined);
  };
  const withEarlier = async (kept: Promise<boolean>) => {
    const earlier = unsettled;
    unsettled = undefined;
    const [isKept] = await Promise.all([kept, earlier]);
    return isKept;
  };
  return {
    sent: (trail) => withEarlier(queue.recordCall(lease, trail)),
    answered: (trail, progress, answer) => withEarlier(queue.recordAnswer(lease, trail, progress, answer)),
    submitted: (trail, progress, operation) => withEarlier(queue.recordOperation(lease, trail, progress, operation)),
    ended: (trail) => add(queue.recordCall(lease, trail)),
    checkpoint: (progress) => add(queue.checkpoint(lease, progress)),
  };
}

/** Counts and tells the failures that are in no table, so that whoever keeps the table can make it grow. */
export class UnrecognizedFailures {
  readonly #emit: Emit;
  readonly #counts = new Map<ProviderName, number>();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  note(provider: ProviderName, detail: string): void {
    const count = (this.#counts.get(provider) ?? 0) + 1;
    this.#counts.set(provider, count);
    this.#emit({ event: 'failure.unrecognized', provider, detail, count });
  }
}

export type CallTools = {
  readonly providers: ReadonlyMap<ProviderName, Provider>;
  /** What each model takes. */
  readonly models: ModelLookup;
  readonly breakers: ReadonlyMap<ProviderName, CircuitBreaker>;
  readonly unrecognized: UnrecognizedFailures;
  readonly rules: RetryRules;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Hears how far each job is. */
  readonly onCheckpoint?: OnCheckpoint;
};

/** One call that is about to go out. */
export type Call = {
  readonly job: Job;
  readonly candidate: Candidate;
  readonly lease: Lease;
  /** Counts the job's calls from 1. */
  readonly number: number;
  readonly attempt: number;
  readonly timeoutMs: number;
  /** When the job's own deadline passes, in the clock's uptime. */
  readonly deadlineMonotonicMs: number;
  readonly waitedMs: number;
  /** What the job has used up, this call included. */
  readonly progress: Progress;
  /** The one call that asks for everybody whether a silent provider is back. */
  readonly isProbe: boolean;
};

export type CallReply = ProviderReply & {
  readonly trail: AttemptTrail;
  /** It failed by the fault of a provider that is silent, as this or an earlier call has shown: nobody pays for it. */
  readonly providerDown: boolean;
};

/**
 * One call to one provider with one key: kept and told before and after, its seat given back with what it says of the
 * key. Throws the signal's reason when the job was cancelled or the house closes; everything else is an answer.
 */
export async function callProvider(
  call: Call,
  journal: CallJournal,
  signal: AbortSignal,
  tools: CallTools,
): Promise<CallReply> {
  const { clock, emit, onCheckpoint = ignoreCheckpoints } = tools;
  const { job, candidate, lease, isProbe } = call;
  const breaker = tools.breakers.get(candidate.provider);
  const sent = sentTrail(call, tools);
  let startedMs: number | undefined;
  let submitted: AttemptTrail | undefined;
  let isProbing = isProbe;
  let reply: ProviderReply;
  try {
    if (!(await journal.sent(sent))) throw new JobStopped('overtaken');
    onCheckpoint('call-noted', job.id);
    signal.throwIfAborted();
    emit(started(job, sent));
    startedMs = clock.monotonicMs();
    const asked = ask(call, signal, tools);
    onCheckpoint('calling', job.id);
    const answer = await asked;
    if ('operation' in answer) {
      const ms = Math.round(clock.monotonicMs() - startedMs);
      submitted = { ...sent, ending: { kind: 'submitted', ms } };
      const followed = await takeOn(call, answer, submitted, journal, tools);
      // Others may ask the provider again: it answers.
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
    // What is submitted goes on without us, unless its person does not want it any more.
    const isOver = submitted === undefined || isCancelled(signal);
    if (signal.aborted && isOver) journal.ended({ ...sent, ending: brokenOff(startedMs, clock) });
    throw error;
  }
  const ms = Math.round(clock.monotonicMs() - startedMs);
  const ended = { job, lease, sent, isProbe: isProbing, ms };
  return concludeCall(ended, reply, journal, tools);
}

/** A call that is over. */
export type EndedCall = {
  readonly job: Job;
  readonly lease: Lease;
  readonly sent: AttemptTrail;
  readonly isProbe: boolean;
  /** From the first word to the last. */
  readonly ms: number;
};

/** Gives the seat back with what the call says of the key and its provider, tells of it, and keeps how it failed. */
export function concludeCall(
  { job, lease, sent, isProbe, ms }: EndedCall,
  reply: ProviderReply,
  journal: CallJournal,
  tools: CallTools,
): CallReply {
  const { emit } = tools;
  const { provider, model } = sent.candidate;
  const breaker = tools.breakers.get(provider);
  if (reply.ok) {
    lease.release({ kind: 'succeeded', ms, model, job: job.kind });
    breaker?.noteSuccess(lease.keyId, ms);
    if (isProbe) breaker?.endProbe(false);
    emit(succeeded(job, sent, ms));
    const { source, usage } = reply;
    const ending = usage === undefined ? { kind: 'answered' as const, ms } : { kind: 'answered' as const, ms, usage };
    return { ok: true, source, trail: { ...sent, ending }, providerDown: false };
  }
  const { failure } = reply;
  const isFault = isProviderFault(failure);
  lease.release({ kind: 'failed', failure, ms, model, job: job.kind });
  if (isFault) breaker?.noteFault({ keyId: lease.keyId, model, jobId: job.id });
  const providerDown = isFault && breaker?.isOpen === true;
  if (isProbe) breaker?.endProbe(isFault);
  emit(failed(job, sent, failure, ms));
  if (failure.reason === 'unrecognized') tools.unrecognized.note(provider, failure.detail);
  const trail = { ...sent, ending: endingOf(failure, ms) };
  journal.ended(trail);
  return { ...reply, trail, providerDown };
}

/** Keeps what the provider has taken on: from now on nobody submits it again, and only this call's key asks about it. */
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
    // The job was cancelled, or is somebody else's now, who knows nothing of this run.
    await cancelOperation(followed, { clock, emit });
    throw new JobStopped('overtaken');
  }
  emit(wasSubmitted(job, submitted));
  return followed;
}

async function ask(call: Call, signal: AbortSignal, tools: CallTools): Promise<ProviderReply | Submitted> {
  const { job, candidate, lease, timeoutMs } = call;
  // Every call passes by here: `using` would cost it more than the deadline does.
  const deadline = new CallDeadline(timeoutMs, signal, tools.clock);
  try {
    const provider = tools.providers.get(candidate.provider);
    if (provider === undefined) throw new Error(`Cannot call "${candidate.provider}": it has no adapter`);
    const request = generationRequest(job, candidate, tools.models);
    const answer: Promise<ProviderReply | Submitted> =
      'start' in provider
        ? provider.start(request, lease.secret, deadline.signal)
        : provider.generate(request, lease.secret, deadline.signal);
    return await deadline.answerOf(answer);
  } catch (error) {
    const wasStopped = deadline.signal.aborted;
    // A bug in an adapter costs the job an attempt, not the house its life nor the key its name.
    if (!wasStopped || error instanceof StopTimeoutError) {
      tools.emit({ event: 'app.error', what: `the adapter of ${candidate.provider}`, error });
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

// Each call tells of its start and its end: written out, such an event costs a tenth of what spreading shared facts does.

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
