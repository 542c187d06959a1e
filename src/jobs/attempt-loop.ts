import type { AttemptTrail } from '../domain/attempt-trail.ts';
import { type AttemptFailure, isDoubtful } from '../domain/failure.ts';
import type { KeyId } from '../domain/ids.ts';
import type { Candidate, Chains, Job } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import type { KnownOperation } from '../domain/job-engine.ts';
import type { Lease } from '../domain/key-leases.ts';
import { everyMechanism, type Mechanisms } from '../domain/mechanisms.ts';
import type { Random } from '../kit/backoff.ts';
import {
  type JobMemory,
  keysRefusing,
  noteOutage,
  refusalCode,
  ChainProgress,
  type TurnEnding,
} from './job-progress.ts';
import { type CallJournal } from './running-jobs.ts';
import type { Budgets } from './budgets.ts';
import { callProvider, type CallTools } from './call-provider.ts';
import type { ModelCooldowns } from './circuit-breaker/model-cooldowns.ts';
import { type AttemptPool, type KeyRequest, attemptTimeoutMs, leaseHealthyKey, leaseKey, suits } from './next-call.ts';
import {
  type ProbeKeys,
  type Weighed,
  isWitnessOfOutage,
  noteClosedModels,
  soonerElsewhere,
  weighRefusals,
  weighWithoutOtherKey,
  withoutSeat,
} from './judgement.ts';
import type { RequestMaterial } from './request/generation-request.ts';
import { requestChain, servedCandidate } from './request/chain-models.ts';
import { hasEnded } from './circuit-breaker/model-cooldowns.ts';
import { resumeOperation } from './resume-operation.ts';
import { decide, maxInSlotWaitMs } from './retry-policy.ts';

/** The loop's dependencies, shared by all jobs. */
export type LoopTools = CallTools & {
  readonly pool: AttemptPool;
  readonly chains: Chains;
  /** The configured timeout of one call. */
  readonly timeoutMs: Readonly<Record<JobKind, number>>;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  readonly random: Random;
  readonly modelCooldowns: ModelCooldowns;
  /** Loads what a job is made from besides its words; undefined for one that is made from words alone. */
  readonly loadMaterial?: ((job: Job) => Promise<RequestMaterial> | undefined) | undefined;
  /** What may be spent; no limits when absent. */
  readonly budgets?: Pick<Budgets, 'isSpent' | 'nextDayMs'>;
  /** Asks the free probes of keys; absent where there are none. */
  readonly probeKeys?: ProbeKeys | undefined;
  readonly mechanisms?: Mechanisms;
};

const noKeys: ReadonlySet<KeyId> = new Set();

export type AttemptTools = LoopTools & {
  readonly memory: JobMemory;
  readonly journal: CallJournal;
  /** An operation that an earlier turn submitted and that has not ended. */
  readonly operation?: KnownOperation | undefined;
  readonly onAttempt: (attempt: number) => void;
  readonly onFailure: (failure: AttemptFailure, nextAttempt: number) => void;
};

/**
 * Runs one turn of a job: tries candidate after candidate and key after key until there is an answer, a failure that no
 * retry can fix, or a wait too long for a slot. `seat` is the lease with which the job was claimed. It never waits for
 * the pool. Throws the signal's reason when the job was cancelled or the app stops.
 *
 * Only one job at a time calls a provider that is down (see CircuitBreaker): the others move to the next candidate whose
 * provider is up, or park until the next probe. A wait that does not fit the deadline, or is longer than the next
 * candidate would take, means the next candidate; the job comes back when no other one served it.
 */
export async function runAttempts(
  job: Job,
  seat: Lease | undefined,
  signal: AbortSignal,
  tools: AttemptTools,
): Promise<TurnEnding> {
  const { clock, pool, memory, journal, breakers, mechanisms = everyMechanism } = tools;
  const nowMs = clock.now();
  const served = (candidate: Candidate, next?: Candidate) => servedCandidate(candidate, nowMs, tools, next);
  const written = requestChain(job, tools.chains, tools.models);
  const chain = written.map((candidate, at) => served(candidate, written[at + 1]));
  const progress = new ChainProgress(job, chain, memory);
  const deadlineMonotonicMs = clock.monotonicMs() + (job.claimedAtMs ?? nowMs) + tools.deadlineMs[job.kind] - nowMs;
  const isDown = ({ provider }: Candidate) => breakers.get(provider)?.isOpen === true;
  // The last candidate never rests: asking it costs less than giving up.
  const isSkipped = (candidate: Candidate) => !progress.isAtLast && isOutOfUse(candidate);
  const isOutOfUse = (candidate: Candidate) =>
    tools.modelCooldowns.isCooling(candidate) ||
    hasEnded(tools.models(candidate), nowMs) ||
    (tools.modelCooldowns.rests(candidate.provider) &&
      progress.next((later) => !tools.modelCooldowns.rests(later.provider)) !== undefined);
  let held = seat;
  // Most jobs have none and wait for nothing.
  const loading = tools.loadMaterial?.(job);
  const material = loading === undefined ? undefined : await loading;
  let foundProviderDown = false;

  try {
    if (tools.operation !== undefined) {
      held?.release({ kind: 'unused' });
      held = undefined;
      const ending = await resumeOperation(job, tools.operation, progress, deadlineMonotonicMs, signal, tools);
      if (ending?.kind === 'answered') tools.modelCooldowns.noteServed(ending.candidate);
      if (ending !== undefined) return ending;
    }
    if (memory.lost !== undefined && isPaidTwice(job, memory.lost, tools)) return progress.failed('stopped');
    for (;;) {
      signal.throwIfAborted();
      const { candidate } = progress;
      const leftMs = deadlineMonotonicMs - clock.monotonicMs();
      if (leftMs <= 0 || progress.hasCalledEnough) return progress.failed();
      if (candidate === undefined) {
        const ending = atEndOfChain(leftMs);
        if (ending !== undefined) return ending;
        continue;
      }
      if (isSkipped(candidate)) {
        progress.nextCandidate();
        continue;
      }
      if (tools.budgets?.isSpent(candidate.provider, job.origin.userId) === true) {
        progress.skipCandidate('out-of-credit', tools.budgets.nextDayMs());
        continue;
      }
      const breaker = breakers.get(candidate.provider);
      const mustWait = breaker !== undefined && breaker.isOpen && !breaker.mayProbe;
      if (mustWait && progress.skipTo((later) => !isDown(later))) continue;
      if (candidate.provider !== job.line) return progress.parked(candidate.provider, clock.now(), 'next-candidate');
      if (mustWait) {
        // The provider has been down for longer than the job's whole deadline: fail now instead of waiting that long.
        if (breaker.openForMs >= tools.deadlineMs[job.kind]) return progress.failed(memory.lastCode ?? 'provider-down');
        if (foundProviderDown) progress.rotate(candidate.provider);
        return progress.parked(job.line, clock.now() + Math.min(leftMs, breaker.probeInMs), 'provider-silent');
      }
      // An attempt that cannot end before the job's deadline is not started.
      const expectedMs = pool.expectedMs(candidate.provider, candidate.model, job.kind) ?? 0;
      if (expectedMs > leftMs) {
        progress.nextCandidate();
        continue;
      }

      const failedWith = mechanisms.avoidFailedKeys ? memory.failedWith : noKeys;
      const refusedBy = keysRefusing(memory, candidate);
      const keyRequest: KeyRequest = { job, candidate, failedWith, refusedBy, benched: memory.benched, leftMs };
      const wasUnsuited = held !== undefined && !suits(held, keyRequest);
      const answer = await leaseKey(keyRequest, held, pool);
      held = answer.kind === 'seat' ? answer.lease : undefined;
      signal.throwIfAborted();
      if (answer.kind !== 'seat') {
        const hasNoOther = answer.kind === 'benched' || answer.kind === 'no-keys';
        const ending =
          hasNoOther && refusedBy.size > 0
            ? follow(await weighWithoutOtherKey(job, { candidate, isAtLast: progress.isAtLast }, memory, tools))
            : withoutSeat(answer, progress, { job, wasUnsuited, expectedMs, leftMs, isDown }, tools);
        if (ending !== undefined) return ending;
        continue;
      }

      const isProbe = breaker?.isOpen === true && (await breaker.beginProbe());
      // While the lease was acquired, the breaker opened or another job started the probe.
      if (breaker?.isOpen === true && !isProbe) continue;
      if (progress.isFirstCall) breaker?.noteFirst();
      tools.onAttempt(progress.attempts + 1);
      const { lease } = answer;
      const call = {
        job,
        candidate,
        lease,
        number: progress.call(),
        progress: progress.progress(),
        deadlineMonotonicMs,
        attempt: progress.attempts + 1,
        timeoutMs: timeoutFor(job, candidate, leftMs, tools),
        waitedMs: Math.max(0, clock.now() - (memory.lastCallEndedMs ?? job.acceptedAtMs)),
        isProbe,
        ...(material === undefined ? {} : { material }),
      };
      held = undefined;
      const startedAtMonotonicMs = clock.monotonicMs();
      const reply = await callProvider(call, journal, signal, tools);
      memory.lastCallEndedMs = clock.now();
      if (reply.ok) {
        const { source, trail } = reply;
        tools.modelCooldowns.noteServed(candidate);
        if (memory.refusals.length > 0) {
          noteClosedModels(job, memory, { candidate, keyId: lease.keyId }, tools);
          // Keys that refused what another one served are at fault.
          pool.served(job.id, candidate.model);
        }
        return { kind: 'answered', source, candidate, progress: progress.progress(), trail };
      }

      const { failure, providerDown, heard } = reply;
      // The person has read the beginning: another model would begin again with other words.
      if (heard !== undefined) {
        const source = { kind: 'text', text: heard, isCut: true } as const;
        return { kind: 'answered', source, candidate, progress: progress.progress(), trail: reply.trail };
      }
      foundProviderDown = providerDown;
      progress.consumeAttempt(failure, lease.keyId, providerDown, startedAtMonotonicMs);
      tools.onFailure(failure, progress.attempts + 1);
      journal.checkpoint(progress.progress());
      noteOutage(memory, { keyId: lease.keyId, candidate, reason: failure.reason, startedAtMonotonicMs });
      if (isDoubtful(failure)) {
        const ending = follow(await weighRefusals(job, { candidate, isAtLast: progress.isAtLast }, memory, tools));
        if (ending !== undefined) return ending;
        continue;
      }
      const decision = decide(failure, progress.attempts, tools.rules, tools.random);
      if (decision.kind === 'give-up') return progress.failed(decision.code);
      if (decision.kind === 'next-candidate') {
        if (decision.coolModel && mechanisms.unknownModelCooldown) {
          tools.modelCooldowns.noteUnknown(candidate, failure.sureness === undefined || failure.sureness === 'sure');
        }
        const instead = served(
          candidate,
          progress.next(() => true),
        );
        progress.nextCandidate(instead === candidate ? undefined : instead);
      }
      // When the provider or the model is down, the next iteration decides how to continue.
      const isKnownDown = providerDown || isSkipped(candidate);
      if (decision.kind === 'back-off' && !isKnownDown && (breaker === undefined || breaker.mayRetry())) {
        // After a second key has failed the job, the keys are unlikely to be the cause.
        const mayBeTheKey = decision.perhapsTheKey && progress.attempts === 1;
        if (mayBeTheKey && mechanisms.secondKey) held = await leaseHealthyKey(keyRequest, pool, breaker);
        if (held === undefined) {
          const waitLeftMs = deadlineMonotonicMs - clock.monotonicMs() - expectedMs;
          const isUp = (later: Candidate) => !isDown(later);
          const elsewhere = decision.isStated ? soonerElsewhere(progress, decision.ms, job, isUp, tools) : undefined;
          if (decision.ms > waitLeftMs) progress.nextCandidate();
          else if (elsewhere !== undefined) progress.leaveFor(elsewhere, clock.now() + decision.ms, 'backing-off');
          else if (decision.ms > maxInSlotWaitMs) {
            const readyAtMs = clock.now() + decision.ms;
            return progress.comeBack(readyAtMs) ?? progress.parked(job.line, readyAtMs, 'backing-off');
          } else await clock.sleep(decision.ms, signal);
        }
      }
    }
  } finally {
    held?.release({ kind: 'unused' });
  }

  /** Acts on what the doubtful refusals say; undefined when the job goes on. */
  function follow(weighed: Weighed): TurnEnding | undefined {
    if (weighed === 'next-candidate') progress.nextCandidate();
    if (weighed !== 'request') return undefined;
    pool.acquit(job.id);
    for (const breaker of breakers.values()) breaker.retractRefusals(job.id);
    return progress.failed(noteClosedModels(job, memory, undefined, tools) ?? refusalCode(memory.refusals));
  }

  /** No candidate served the job: it comes back to one that asked it to wait, or waits for a provider that is down. */
  function atEndOfChain(leftMs: number): TurnEnding | undefined {
    const waiting = progress.comeBack(clock.now() + leftMs);
    if (waiting !== undefined) return waiting;
    if (memory.refusals.length > 0) return follow('request');
    const breaker = breakers.get(job.line);
    if (breaker === undefined || !isWitnessOfOutage(memory, job.line, breaker, pool.snapshot(job.line).total))
      return progress.failed();
    breaker.open();
    if (!breaker.isOpen) return progress.failed();
    progress.restart();
    return undefined;
  }
}

/** True when the lost call may have begun a run that goes on and is paid: it cannot be found again, so none is begun beside it. */
function isPaidTwice(job: Job, lost: AttemptTrail, { providers, emit }: AttemptTools): boolean {
  const { candidate, keyId, keyName, attempt, of } = lost;
  const provider = providers.get(candidate.provider);
  if (provider === undefined || !('start' in provider) || provider.repeats?.(job.kind) === true) return false;
  emit({ event: 'attempt.lost', jobId: job.id, attempt, of, keyId, keyName, model: candidate.model });
  return true;
}

function timeoutFor(job: Job, { provider, model }: Candidate, leftMs: number, tools: AttemptTools): number {
  return attemptTimeoutMs({
    capMs: tools.timeoutMs[job.kind],
    leftMs,
    latency: tools.mechanisms?.learnedDeadline === false ? undefined : tools.pool.latency(provider, model, job.kind),
    hasTimedOut: tools.memory.hasTimedOut,
  });
}
