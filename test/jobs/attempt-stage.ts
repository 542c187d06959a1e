import type { AttemptTrail } from '../../src/domain/attempt-trail.ts';
import type { Candidate, Job, Progress } from '../../src/domain/job.ts';
import { perKind } from '../../src/domain/kinds.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { Lease } from '../../src/domain/key-leases.ts';
import type { Provider, ProviderReply } from '../../src/domain/provider.ts';
import { type AttemptTools, runAttempts } from '../../src/jobs/attempt-loop.ts';
import { createBreakers } from '../../src/jobs/circuit-breaker/breakers.ts';
import { ModelCooldowns } from '../../src/jobs/circuit-breaker/model-cooldowns.ts';
import { emptyMemory } from '../../src/jobs/job-progress.ts';
import { UnrecognizedFailures } from '../../src/jobs/judgement.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import { isTimeout } from '../../src/kit/clock.ts';
import { aJob, aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { modelTraits } from '../../src/providers/registry.ts';

export const done: ProviderReply = { ok: true, source: { kind: 'url', url: 'https://cdn.example/x.png' } };
export const failed = (failure: AttemptFailure): ProviderReply => ({ ok: false, failure });
export const refusedKey = failed({ blame: 'key', reason: 'rejected', detail: '' });
export const limited = (retryAfterMs: number) =>
  failed({ blame: 'key', reason: 'rate-limited', retryAfterMs, detail: '' });
export const down = failed({ blame: 'provider', reason: 'overloaded', detail: '' });
export const cut = failed({ blame: 'provider', reason: 'unreachable', detail: '' });
export const timedOut = failed({ blame: 'provider', reason: 'timed-out', detail: '' });
export const noModel = failed({ blame: 'model', reason: 'unknown-model', detail: '' });

export type StageOptions = {
  readonly keys?: number;
  readonly replies: readonly ProviderReply[];
  readonly chain?: readonly [Candidate, ...Candidate[]];
  /** Calls never answer by themselves. */
  readonly hang?: boolean;
  readonly delayMs?: number;
  readonly progress?: Progress;
};

const twoModels = [
  { provider: 'bytez', model: 'm1' },
  { provider: 'bytez', model: 'm2' },
] as const;

/** One job in front of the real pool, and a provider that answers by script, the last line for ever. */
export function anAttemptStage(options: StageOptions) {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const asked: string[] = [];
  const noted: AttemptTrail[] = [];
  const checkpoints: Progress[] = [];
  const replies = [...options.replies];
  const provider: Provider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async (request, secret, signal) => {
      asked.push(`${secret.reveal().at(-1)}:${request.model}`);
      if (options.hang === true) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        if (isTimeout(signal.reason)) return timedOut;
        signal.throwIfAborted();
      }
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      if (reply === undefined) throw new Error('No reply is scripted');
      return reply;
    },
  };
  const keys = Array.from({ length: options.keys ?? 3 }, (_, index) => aKey(index + 1));
  const emit = (event: AppEvent) => void events.push(event);
  const pool = new KeyPool({ keys, remembered: [], strategy: 'primary-first', clock, random: () => 0.5, emit });
  const chain = options.chain ?? twoModels;
  const chains = { ...perKind(() => [{ provider: 'bytez', model: 'v1' }]), image: chain } as const;
  const modelCooldowns = new ModelCooldowns(clock, emit);
  const breakers = createBreakers({ chains, pool, modelCooldowns, clock, random: () => 0.5, emit });
  let isOurs = true;
  const memory = emptyMemory();
  const tools: AttemptTools = {
    pool,
    models: modelTraits,
    providers: new Map([['bytez', provider]]),
    chains,
    rules: { maxAttempts: 3, delayMs: options.delayMs ?? 2_000 },
    timeoutMs: { ...perKind(() => 180_000), image: 90_000 },
    deadlineMs: { ...perKind(() => 1_800_000), image: 600_000 },
    clock,
    random: () => 1,
    modelCooldowns,
    breakers,
    unrecognized: new UnrecognizedFailures(emit),
    emit,
    memory,
    journal: {
      sent: async (trail) => {
        if (isOurs) noted.push(trail);
        return isOurs;
      },
      answered: async (trail) => {
        if (isOurs) noted.push(trail);
        return isOurs;
      },
      submitted: async (trail) => {
        if (isOurs) noted.push(trail);
        return isOurs;
      },
      ended: (trail) => void noted.push(trail),
      checkpoint: (progress) => void checkpoints.push(progress),
    },
    onAttempt: () => undefined,
    onFailure: () => undefined,
  };
  const job = aJob({
    ...(options.progress === undefined ? {} : { progress: options.progress }),
    acceptedAtMs: clock.now(),
    claimedAtMs: clock.now(),
  });
  const abort = new AbortController();
  const breaker = breakers.get('bytez');
  if (breaker === undefined) throw new Error('Cannot set the stage: bytez has no breaker');
  return {
    clock,
    events,
    asked,
    noted,
    checkpoints,
    pool,
    breaker,
    breakers,
    tools,
    memory,
    job,
    abort,
    /** Somebody else acts for the job from now on. */
    overtake: () => void (isOurs = false),
    run: (more: Partial<AttemptTools> = {}, of: Job = job, seat?: Lease) =>
      runAttempts(of, seat, abort.signal, { ...tools, ...more }),
    /** Calls of other jobs that were answered after so long. */
    answered: (times: number, ms: number) => {
      for (let call = 0; call < times; call += 1) {
        const answer = pool.lease('bytez');
        if (answer.kind !== 'seat') throw new Error(`Expected a seat, got "${answer.kind}"`);
        answer.lease.release({ kind: 'succeeded', ms, model: 'm1', job: 'image' });
        breaker.noteSuccess(answer.lease.keyId, ms);
      }
    },
  };
}
