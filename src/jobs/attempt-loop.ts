import type { Candidate, Chains, Job, JobKind } from '../domain/job.ts';
import { everyMechanism, type Mechanisms } from '../domain/mechanisms.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import type { Lease, SeatAnswer } from '../domain/key-leases.ts';
import type { Random } from '../kit/backoff.ts';
import type { CallNotes } from './call-journal.ts';
import { callOnce, type CallTools } from './call-provider.ts';
import { JobCourse, type TurnEnding, type JobMemory } from './job-progress.ts';
import { candidatesFor } from './request/model-options.ts';
import type { ModelRest } from './circuit-breaker/breakers.ts';
import { decide, longestInsideWaitMs } from './retry-policy.ts';
import { type AttemptPool, healthySeat, seatFor, type SeatWish } from './lease-key.ts';

/** So many calls have to be measured before their slowest say how long to wait for one. */
const enoughSamples = 20;

export type TimeoutFacts = {
  /** The longest that one call may take. */
  readonly capMs: number;
  /** What is left of the job's deadline. */
  readonly leftMs: number;
  readonly latency: { readonly samples: number; readonly p99Ms: number } | undefined;
  /** The job has timed out before: its model may be starting cold, and gets all the time there is. */
  readonly hasTimedOut: boolean;
};

/** How long one call may take: three times what all but the slowest take, a quarter of the cap at least. */
export function attemptTimeoutMs({ capMs, leftMs, latency, hasTimedOut }: TimeoutFacts): number {
  const isKnown = latency !== undefined && latency.samples >= enoughSamples && !hasTimedOut;
  const patienceMs = isKnown ? Math.max(capMs / 4, 3 * latency.p99Ms) : capMs;
  return Math.min(capMs, patienceMs, leftMs);
}

/** What the loop works with, the same for every job. */
export type LoopTools = CallTools & {
  readonly pool: AttemptPool;
  readonly chains: Chains;
  /** The longest that one call may take. */
  readonly timeoutMs: Readonly<Record<JobKind, number>>;
  readonly deadlineMs: Readonly<Record<JobKind, number>>;
  readonly random: Random;
  readonly resting: ModelRest;
  /** All of them, when absent. */
  readonly mechanisms?: Mechanisms;
};

const noKeys: ReadonlySet<KeyId> = new Set();

export type AttemptTools = LoopTools & {
  readonly memory: JobMemory;
  readonly notes: CallNotes;
  readonly onAttempt: (attempt: number) => void;
  readonly onFailure: (failure: AttemptFailure, nextAttempt: number) => void;
};

/** A key that serves only other models was free: look again after this long. */
const otherModelsWaitMs = 2_000;

/**
 * One turn of a job: calls candidate after candidate and key after key until there is an answer, a failure that no
 * further try mends, or a wait too long for a slot. `seat` is the seat with which the job was claimed; nothing is
 * waited for on the pool. Throws the signal's reason when the job was cancelled or the house closes.
 *
 * A silent provider (see Breaker) is asked by one job at a time: the others go on to the next candidate that is not
 * silent, or park until the next probe.
 */
export async function runAttempts(
  job: Job,
  seat: Lease | undefined,
  signal: AbortSignal,
  tools: AttemptTools,
): Promise<TurnEnding> {
  const { clock, pool, memory, notes, breakers, mechanisms = everyMechanism } = tools;
  const course = new JobCourse(job, candidatesFor(tools.chains[job.kind], job.options, tools.models), memory);
  const nowMs = clock.now();
  const deadlineUpMs = clock.uptimeMs() + (job.claimedAtMs ?? nowMs) + tools.deadlineMs[job.kind] - nowMs;
  const isSilent = ({ provider }: Candidate) => breakers.get(provider)?.isOpen === true;
  const isPassedOver = (candidate: Candidate) => tools.resting.isResting(candidate) && !course.isAtLast;
  let inHand = seat;
  let hasMetSilence = false;

  try {
    for (;;) {
      signal.throwIfAborted();
      const { candidate } = course;
      const leftMs = deadlineUpMs - clock.uptimeMs();
      if (candidate === undefined || leftMs <= 0 || course.hasCalledEnough) return course.failed();
      if (isPassedOver(candidate)) {
        course.goOn();
        continue;
      }
      const breaker = breakers.get(candidate.provider);
      const mustWait = breaker !== undefined && breaker.isOpen && !breaker.mayProbe;
      if (mustWait && course.goOnTo((later) => !isSilent(later))) continue;
      if (candidate.provider !== job.line) return course.parked(candidate.provider, clock.now(), 'next-candidate');
      if (mustWait) {
        // Silent for longer than this job would wait for it: who comes now is told so instead of waiting as long again.
        if (breaker.openForMs >= tools.deadlineMs[job.kind]) return course.failed(memory.lastCode ?? 'provider-down');
        if (hasMetSilence) course.goRound(candidate.provider);
        return course.parked(job.line, clock.now() + breaker.probeInMs, 'provider-silent');
      }
      // An attempt that cannot end inside the job's deadline is not begun.
      const expectedMs = pool.expectedMs(candidate.provider, candidate.model, job.kind) ?? 0;
      if (expectedMs > leftMs) {
        course.goOn();
        continue;
      }

      const failedWith = mechanisms.avoidFailedKeys ? memory.failedWith : noKeys;
      const wish: SeatWish = { job, candidate, failedWith, leftMs };
      const wasInVain = inHand?.serves(candidate.model) === false;
      const answer = await seatFor(wish, inHand, pool);
      inHand = answer.kind === 'seat' ? answer.lease : undefined;
      signal.throwIfAborted();
      if (answer.kind !== 'seat') {
        const ending = withoutSeat(answer, course, job.line, wasInVain, clock.now() + leftMs - expectedMs, tools);
        if (ending !== undefined) return ending;
        continue;
      }

      const isProbe = breaker?.beginProbe() ?? false;
      // It fell silent, or another job took the probe, while the seat was asked for.
      if (breaker?.isOpen === true && !isProbe) continue;
      if (course.isFirstCall) breaker?.noteFirst();
      tools.onAttempt(course.attempts + 1);
      const { lease } = answer;
      const call = {
        job,
        candidate,
        lease,
        number: course.call(),
        attempt: course.attempts + 1,
        timeoutMs: timeoutFor(job, candidate, leftMs, tools),
        waitedMs: Math.max(0, clock.now() - (memory.lastCallEndedMs ?? job.acceptedAtMs)),
        isProbe,
      };
      inHand = undefined;
      const reply = await callOnce(call, notes, signal, tools);
      memory.lastCallEndedMs = clock.now();
      if (reply.ok) {
        const { source, trail } = reply;
        return { kind: 'answered', source, candidate, progress: course.progress(), trail };
      }

      const { failure, metSilence } = reply;
      hasMetSilence = metSilence;
      course.spend(failure, lease.keyId, metSilence);
      tools.onFailure(failure, course.attempts + 1);
      notes.checkpoint(course.progress());
      const decision = decide(failure, course.attempts, tools.rules, tools.random);
      if (decision.kind === 'give-up') return course.failed(decision.code);
      if (decision.kind === 'next-candidate') {
        if (decision.restModel && mechanisms.unknownModelCooldown) tools.resting.noteUnknown(candidate);
        course.goOn();
      }
      // Whoever finds the provider or the model silent is told above how to go on.
      const isSilence = metSilence || isPassedOver(candidate);
      if (decision.kind === 'back-off' && !isSilence && (breaker === undefined || breaker.mayRetry())) {
        // A second key that fails the job speaks against the keys being the trouble.
        const mayBeTheKey = decision.perhapsTheKey && course.attempts === 1;
        if (mayBeTheKey && mechanisms.secondKey) inHand = await healthySeat(wish, pool, breaker);
        if (inHand === undefined) {
          if (decision.ms > longestInsideWaitMs) {
            return course.parked(job.line, clock.now() + decision.ms, 'backing-off');
          }
          await clock.sleep(decision.ms, signal);
        }
      }
    }
  } finally {
    inHand?.release({ kind: 'unused' });
  }
}

/** Parks the job, or sends it on to its next candidate and answers nothing. */
function withoutSeat(
  answer: Exclude<SeatAnswer, { kind: 'seat' }>,
  course: JobCourse,
  line: ProviderName,
  wasInVain: boolean,
  latestStartMs: number,
  { clock }: LoopTools,
): TurnEnding | undefined {
  switch (answer.kind) {
    case 'busy':
    case 'slow':
      // The line hands the job out again with the first seat that comes back.
      return course.parked(line, clock.now() + (wasInVain ? otherModelsWaitMs : 0), 'keys-busy');
    case 'cooling':
      if (answer.untilMs < latestStartMs) return course.parked(line, answer.untilMs, 'keys-cooling');
      course.giveUp('busy', answer.untilMs);
      return undefined;
    case 'benched':
      course.giveUp(answer.reason === 'out-of-credit' ? 'out-of-credit' : 'keys-being-set-up', answer.probeAtMs);
      return undefined;
    case 'no-keys':
      course.giveUp('keys-being-set-up', undefined);
      return undefined;
  }
}

function timeoutFor(job: Job, { provider, model }: Candidate, leftMs: number, tools: AttemptTools): number {
  return attemptTimeoutMs({
    capMs: tools.timeoutMs[job.kind],
    leftMs,
    latency: tools.mechanisms?.learnedDeadline === false ? undefined : tools.pool.latency(provider, model, job.kind),
    hasTimedOut: tools.memory.hasTimedOut,
  });
}
