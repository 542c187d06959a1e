import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import { isOut } from '../rules/key-state.ts';
import type { KeyRegistry } from './key-registry.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Call, ProviderKeys } from './provider-keys.ts';
import type { KeyStateMachine } from './transitions.ts';

/** An older refusal says nothing about the key now. */
const maxAgeMs = 3_600_000;

/**
 * Refusals whose cause may be the key or the request. One request's word changes nothing. A second request that the key
 * refuses takes it out of use, never the last key that accepts calls. The request itself decides sooner: it was served
 * with another key, so the key is at fault; or it is refused with every key, so no key is, and what its refusals did is
 * taken back.
 */
export class DoubtfulRefusals {
  readonly #stateMachine: KeyStateMachine;
  readonly #emit: Emit;

  constructor(stateMachine: KeyStateMachine, emit: Emit) {
    this.#emit = emit;
    this.#stateMachine = stateMachine;
  }

  /** Records the refusal. Returns whether the state of the key changed. */
  refused({ pooled, providerKeys }: Call, jobId: JobId, model: string, atMonotonicMs: number): boolean {
    const { accusations, state } = pooled;
    for (const [other, { atMonotonicMs: sinceMs }] of accusations) {
      if (sinceMs < atMonotonicMs - maxAgeMs) accusations.delete(other);
    }
    accusations.set(jobId, { model, atMonotonicMs });
    const wasRefused = state.kind === 'half-open' && state.after === 'rejected';
    if (isOut(state) || (!wasRefused && (accusations.size < 2 || providerKeys.acceptingCount < 2))) return false;
    pooled.isBenchedInDoubt = true;
    return this.#stateMachine.apply(providerKeys, pooled, { kind: 'bench', reason: 'rejected', isSecond: true });
  }

  /** The request was at fault: its refusals count against no key any more. */
  acquit(jobId: JobId, registry: KeyRegistry): void {
    for (const providerKeys of registry.all()) {
      for (const pooled of providerKeys.keys) {
        if (pooled.accusations.delete(jobId)) this.#takeBack(providerKeys, pooled);
      }
    }
  }

  /** The provider was at fault: no refusal since counts against any of its keys. */
  acquitAll(providerKeys: ProviderKeys): void {
    for (const pooled of providerKeys.keys) {
      pooled.accusations.clear();
      this.#takeBack(providerKeys, pooled);
    }
  }

  /** The request was served by this model with another key: the keys that had refused it for the same model are at fault. */
  convict(jobId: JobId, model: string, registry: KeyRegistry): void {
    for (const providerKeys of registry.all()) {
      for (const pooled of providerKeys.keys) {
        if (pooled.accusations.get(jobId)?.model !== model || !pooled.acceptsCalls) continue;
        pooled.accusations.delete(jobId);
        this.#stateMachine.apply(providerKeys, pooled, { kind: 'bench', reason: 'rejected' });
      }
    }
  }

  #takeBack(providerKeys: ProviderKeys, pooled: PooledKey): void {
    if (!pooled.isBenchedInDoubt || pooled.accusations.size > 1) return;
    pooled.isBenchedInDoubt = false;
    const { ramp } = pooled;
    if (!this.#stateMachine.apply(providerKeys, pooled, { kind: 'acquitted' })) return;
    pooled.ramp = Math.max(ramp, pooled.ramp);
    providerKeys.refresh(pooled.account);
    const { provider } = providerKeys;
    this.#emit({ event: 'keys.cleared', provider, keyNames: [pooled.key.name] });
    this.#stateMachine.announce(provider);
  }
}
