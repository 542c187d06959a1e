import type { JobId } from '../../domain/ids.ts';
import type { KeyState } from '../../domain/key-state.ts';
import type { KeyRegistry } from './key-registry.ts';
import type { Accusation, PooledKey } from './pooled-key.ts';
import type { Call, ProviderKeys } from './provider-keys.ts';
import type { KeyStateMachine } from './transitions.ts';

/** An older refusal says nothing about the key now. */
const maxAgeMs = 3_600_000;
/** This many requests that were served elsewhere show that the key is at fault, its free probe notwithstanding. */
const enoughServed = 2;

/** True when an earlier refusal took the key out of use and no call of it has succeeded since: one more is the second. */
function wasRejected(state: KeyState): boolean {
  if (state.kind === 'half-open') return state.after === 'rejected';
  return (state.kind === 'benched' || state.kind === 'probing') && state.reason === 'rejected';
}

/**
 * Refusals whose cause may be the key or the request. The word of a request counts only once the request has been
 * served: by the same model with another key, which shows that the key is at fault; or by another model, which leaves
 * it open whether the key or the model is, until a second request. A request that is refused with every key says
 * nothing about any. Until then the key stays in use, after its siblings.
 */
export class DoubtfulRefusals {
  readonly #stateMachine: KeyStateMachine;

  constructor(stateMachine: KeyStateMachine) {
    this.#stateMachine = stateMachine;
  }

  refused({ pooled, providerKeys }: Call, jobId: JobId, model: string, atMonotonicMs: number): void {
    const { accusations } = pooled;
    for (const [other, { atMonotonicMs: sinceMs }] of accusations) {
      if (sinceMs < atMonotonicMs - maxAgeMs) accusations.delete(other);
    }
    accusations.set(jobId, { model, atMonotonicMs, isServed: false });
    if (pooled.inPool) providerKeys.setInDoubt(pooled, true);
  }

  /** The key has served a request: what others said of it is void. */
  succeeded({ pooled, providerKeys }: Call): void {
    pooled.accusations.clear();
    providerKeys.setInDoubt(pooled, false);
  }

  /** The request has ended without a result: its refusals count against no key. */
  acquit(jobId: JobId, registry: KeyRegistry): void {
    for (const providerKeys of registry.all()) {
      for (const pooled of providerKeys.keys) {
        if (pooled.accusations.get(jobId)?.isServed === false) this.#explain(providerKeys, pooled, jobId, undefined);
      }
    }
  }

  /** The provider was at fault: no refusal so far counts against any of its keys. */
  acquitAll(providerKeys: ProviderKeys): void {
    for (const pooled of providerKeys.keys) {
      pooled.accusations.clear();
      providerKeys.setInDoubt(pooled, false);
    }
  }

  /** The model was at fault: none of its refusals so far counts against a key. */
  acquitModel(providerKeys: ProviderKeys, model: string): void {
    for (const pooled of providerKeys.keys) {
      for (const [jobId, accusation] of pooled.accusations) {
        if (accusation.model === model) this.#explain(providerKeys, pooled, jobId, undefined);
      }
    }
  }

  /** The request was served by this model, with another key than those that had refused it. */
  served(jobId: JobId, model: string, registry: KeyRegistry): void {
    for (const providerKeys of registry.all()) {
      for (const pooled of providerKeys.keys) {
        const accusation = pooled.accusations.get(jobId);
        if (accusation !== undefined) this.#judge(providerKeys, pooled, jobId, accusation.model === model);
      }
    }
  }

  #judge(providerKeys: ProviderKeys, pooled: PooledKey, jobId: JobId, isSameModel: boolean): void {
    const accusation = pooled.accusations.get(jobId);
    const isOpen = !isSameModel && accusation !== undefined;
    this.#explain(providerKeys, pooled, jobId, isOpen ? { ...accusation, isServed: true } : undefined);
    const open = [...pooled.accusations.values()].filter(({ isServed }) => isServed).length;
    const served = open + (isSameModel ? 1 : 0);
    const others = providerKeys.acceptingCount - (pooled.acceptsCalls ? 1 : 0);
    const isRepeated = others > 0 && (served >= enoughServed || wasRejected(pooled.state));
    if (!isSameModel && !isRepeated) return;
    const second = isRepeated ? { isSecond: true as const } : undefined;
    this.#stateMachine.apply(providerKeys, pooled, { kind: 'bench', reason: 'rejected', ...second });
  }

  /** The request says no more, or something else, of the key, which is in use again when no other request is open. */
  #explain(providerKeys: ProviderKeys, pooled: PooledKey, jobId: JobId, now: Accusation | undefined): void {
    const { accusations } = pooled;
    if (now === undefined) accusations.delete(jobId);
    else accusations.set(jobId, now);
    if ([...accusations.values()].some(({ isServed }) => !isServed)) return;
    providerKeys.setInDoubt(pooled, false);
    this.#stateMachine.announce(providerKeys.provider);
  }
}
