import type { ModelLookup } from '../domain/provider.ts';
import type { Emit } from '../domain/events.ts';
import type { KeyId, ProviderName } from '../domain/ids.ts';
import { type Candidate, type Job, candidateName } from '../domain/job.ts';
import type { SeatAnswer } from '../domain/key-leases.ts';
import { type Clock, atMost } from '../kit/clock.ts';
import type { ModelCooldowns } from './circuit-breaker/model-cooldowns.ts';
import type { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { type JobMemory, keysRefusing, plainOutages, type ChainProgress, type TurnEnding } from './job-progress.ts';
import type { AttemptPool } from './next-call.ts';
import { codeFor, type JobFailureCode } from './retry-policy.ts';

/** What a key's free probe says: undefined when it could not be asked. */
type ProbeVerdict = 'accepted' | 'refused' | undefined;

/** Asks the free probes of these keys. When all keys are refused alike, the provider's breaker is open before it returns. */
export type ProbeKeys = (ids: readonly KeyId[]) => Promise<ReadonlyMap<KeyId, ProbeVerdict>>;

/** A request that was refused so often is at fault, unless a free probe says otherwise. */
const maxRefusals = 3;
/** A request that two keys cannot work with is at fault. */
const maxMalformed = 2;
/** The free probes are waited for at most this long. */
const maxProbeWaitMs = 2_000;

/** What follows a doubtful refusal. */
export type Weighed =
  /** Another key of the same candidate shows whether the key is at fault. */
  | 'next-key'
  /** Two keys refuse it: the model or the request is at fault, which another model shows. */
  | 'next-candidate'
  /** The request is at fault. */
  | 'request'
  /** No key is accepted: the provider refuses this machine. */
  | 'provider';

type WeighTools = {
  readonly pool: Pick<AttemptPool, 'acquit'>;
  readonly breakers: ReadonlyMap<ProviderName, CircuitBreaker>;
  readonly probeKeys?: ProbeKeys | undefined;
  readonly clock: Clock;
};

/**
 * Judges the doubtful refusals of one request (docs/judgement.md): at most three calls. Before a second refusal counts
 * against the request, the free probes of its keys are asked: a refused probe clears the request.
 */
export async function weighRefusals(
  job: Job,
  { candidate, isAtLast }: { readonly candidate: Candidate; readonly isAtLast: boolean },
  memory: JobMemory,
  tools: WeighTools,
): Promise<Weighed> {
  if (memory.refusals.length < 2) return 'next-key';
  await dropRefusalsOfBadKeys(memory, tools);
  if (tools.breakers.get(candidate.provider)?.isOpen === true) return blameProvider(job, memory, tools);
  const isMalformed = memory.refusals.every(({ reason }) => reason === 'bad-request');
  if (memory.refusals.length >= (isMalformed ? maxMalformed : maxRefusals)) return 'request';
  if (keysRefusing(memory, candidate).size < 2) return 'next-key';
  return isAtLast ? 'request' : 'next-candidate';
}

/** As `weighRefusals`, when there is no other key to ask for this candidate. */
export async function weighWithoutOtherKey(
  job: Job,
  { candidate, isAtLast }: { readonly candidate: Candidate; readonly isAtLast: boolean },
  memory: JobMemory,
  tools: WeighTools,
): Promise<Weighed> {
  if (!isAtLast) return 'next-candidate';
  await dropRefusalsOfBadKeys(memory, tools);
  if (tools.breakers.get(candidate.provider)?.isOpen === true) return blameProvider(job, memory, tools);
  return memory.refusals.length > 0 ? 'request' : 'next-key';
}

/**
 * Counts the job's refusals against the models that refused it, when several keys were refused or the very key that served
 * it elsewhere. `served` is undefined when nothing served it. A model that is closed cools down, and no key is blamed for it.
 * Refusals from before its provider was found to refuse everybody say nothing about the model. Returns how the job ends when the model that refused it last is closed.
 */
export function noteClosedModels(
  job: Job,
  { refusals }: JobMemory,
  served: { readonly candidate: Candidate; readonly keyId: KeyId } | undefined,
  {
    modelCooldowns,
    pool,
    breakers,
  }: {
    readonly modelCooldowns: ModelCooldowns;
    readonly pool: Pick<AttemptPool, 'acquitModel'>;
    readonly breakers: ReadonlyMap<ProviderName, CircuitBreaker>;
  },
): JobFailureCode | undefined {
  let code: JobFailureCode | undefined;
  for (const [name, own] of Map.groupBy(refusals, ({ candidate }) => candidateName(candidate))) {
    const [first] = own;
    if (first === undefined || (served !== undefined && name === candidateName(served.candidate))) continue;
    const keys = new Set(own.map(({ keyId }) => keyId));
    if (served !== undefined && keys.size < 2 && !keys.has(served.keyId)) continue;
    code = undefined;
    const { candidate, reason, sentAtMonotonicMs = -Infinity } = first;
    if (breakers.get(candidate.provider)?.hasOpenedSince(sentAtMonotonicMs) === true) continue;
    if (!modelCooldowns.noteRefused(candidate, job, served !== undefined, sentAtMonotonicMs)) continue;
    pool.acquitModel(candidate.provider, candidate.model);
    code = reason === 'bad-request' ? 'model-unavailable' : codeFor(reason);
  }
  return code;
}

/** A key that its own free probe finds refused is at fault, so its refusal says nothing about the request. */
async function dropRefusalsOfBadKeys(memory: JobMemory, { probeKeys, clock }: WeighTools): Promise<void> {
  const ids = [...new Set(memory.refusals.map(({ keyId }) => keyId))];
  if (probeKeys === undefined || ids.length === 0) return;
  let verdicts: ReadonlyMap<KeyId, ProbeVerdict> = new Map();
  const asked = probeKeys(ids).then((found) => {
    verdicts = found;
  });
  await atMost(clock, maxProbeWaitMs, asked);
  memory.refusals = memory.refusals.filter(({ keyId }) => verdicts.get(keyId) !== 'refused');
}

function blameProvider({ id }: Job, memory: JobMemory, { pool }: WeighTools): Weighed {
  memory.refusals = [];
  memory.lastCode = 'provider-down';
  pool.acquit(id);
  return 'provider';
}

/** What one job has to have seen: plain outages, or others among them. */
const enough = { plain: { models: 2, calls: 4 }, mixed: { models: 3, calls: 6 } } as const;

/**
 * True when a single job has seen enough to know that the provider is down, as on a quiet bot nobody else tells: every
 * call failed, with several models and keys, and no call of the provider has succeeded since the first of them.
 */
export function isWitnessOfOutage(
  { outageCalls }: JobMemory,
  provider: ProviderName,
  breaker: CircuitBreaker,
  keysOfProvider: number,
): boolean {
  const calls = outageCalls.filter(({ candidate }) => candidate.provider === provider);
  const [first] = calls;
  if (first === undefined || breaker.hasSucceededSince(first.startedAtMonotonicMs)) return false;
  const models = new Set(calls.map(({ candidate }) => candidate.model)).size;
  const keys = new Set(calls.map(({ keyId }) => keyId)).size;
  const needed = calls.every(({ reason }) => plainOutages.has(reason)) ? enough.plain : enough.mixed;
  return models >= needed.models && calls.length >= needed.calls && keys >= Math.min(2, keysOfProvider);
}

/** What a call is taken to need before any was measured. */
const unknownCallMs = 20_000;

type WaitTools = {
  readonly pool: Pick<AttemptPool, 'expectedMs'>;
  readonly modelCooldowns: ModelCooldowns;
  readonly models: ModelLookup;
};

/**
 * Returns the next candidate when it would be done before the wait is over. `isOther` leaves out those that the wait
 * concerns as well.
 */
export function soonerElsewhere(
  progress: Pick<ChainProgress, 'next'>,
  waitMs: number,
  { kind }: Job,
  isOther: (candidate: Candidate) => boolean,
  { pool, modelCooldowns, models }: WaitTools,
): Candidate | undefined {
  const next = progress.next((later) => isOther(later) && !modelCooldowns.isCooling(later));
  if (next === undefined) return undefined;
  const nextMs = pool.expectedMs(next.provider, next.model, kind) ?? models(next).usualMs ?? unknownCallMs;
  return waitMs > nextMs ? next : undefined;
}

/** The wait before the next try when the only free key does not suit the job. */
const unsuitedWaitMs = 2_000;

type SeatFacts = {
  readonly job: Job;
  /** The seat with which the job was claimed was of no use to it. */
  readonly wasUnsuited: boolean;
  readonly expectedMs: number;
  /** Until the job's deadline. */
  readonly leftMs: number;
  readonly isDown: (candidate: Candidate) => boolean;
};

/** Handles a lease request without a seat: parks the job, or moves it to another candidate and returns nothing. */
export function withoutSeat(
  answer: Exclude<SeatAnswer, { kind: 'seat' }>,
  progress: ChainProgress,
  { job, wasUnsuited, expectedMs, leftMs, isDown }: SeatFacts,
  tools: WaitTools & { readonly clock: Clock },
): TurnEnding | undefined {
  const nowMs = tools.clock.now();
  switch (answer.kind) {
    case 'busy':
    case 'slow':
      // The dispatcher claims the job again with the first released seat.
      return progress.parked(job.line, nowMs + (wasUnsuited ? Math.min(leftMs, unsuitedWaitMs) : 0), 'keys-busy');
    case 'cooling': {
      const isOther = (later: Candidate) => later.provider !== job.line && !isDown(later);
      // It was only asked whether it goes on to another provider: it waits in line, and its deadline has not begun.
      const wasOnlyAsked = progress.progress().calls === 0 && !wasUnsuited && progress.next(isOther) === undefined;
      if (!wasOnlyAsked && answer.untilMs >= nowMs + leftMs - expectedMs) {
        progress.skipCandidate('busy', answer.untilMs);
        return undefined;
      }
      const elsewhere = soonerElsewhere(progress, answer.untilMs - nowMs, job, isOther, tools);
      if (elsewhere === undefined) {
        return progress.comeBack(answer.untilMs) ?? progress.parked(job.line, answer.untilMs, 'keys-cooling');
      }
      progress.leaveFor(elsewhere, answer.untilMs, 'keys-cooling');
      return undefined;
    }
    case 'benched':
      progress.skipCandidate(
        answer.reason === 'out-of-credit' ? 'out-of-credit' : 'keys-being-set-up',
        answer.probeAtMs,
      );
      return undefined;
    case 'no-keys':
      progress.skipCandidate('keys-being-set-up', undefined);
      return undefined;
  }
}

/** Counts and emits failures that no failure table contains, so that a maintainer can add them. */
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
