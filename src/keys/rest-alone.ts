import type { AttemptFailure } from '../domain/failure.ts';
import type { KeyVerdict } from '../domain/key-state.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Random } from '../kit/random.ts';
import { stateAt } from './key-life.ts';
import type { PooledKey } from './pooled-key.ts';
import { failuresAlone } from './track-record.ts';

const rest = { baseMs: 10_000, capMs: 120_000 };

/**
 * Notes a failure that is the provider's fault as long as every key meets it; answers a rest when this key meets it
 * where its siblings do not. Benched keys are no siblings: they say nothing of the provider.
 */
export function restAlone(
  pooled: PooledKey,
  siblings: readonly PooledKey[],
  { blame, reason }: AttemptFailure,
  model: string,
  { nowMs, random }: { readonly nowMs: number; readonly random: Random },
): KeyVerdict | undefined {
  if (blame !== 'provider' || reason === 'timed-out') return undefined;
  pooled.trackRecord.noteFault(model, nowMs);
  const working = siblings.flatMap(({ state, trackRecord }) => {
    const { kind } = stateAt(state, nowMs);
    return kind === 'ready' || kind === 'cooling' ? [{ trackRecord, isReady: kind === 'ready' }] : [];
  });
  const count = failuresAlone(pooled.trackRecord, model, working);
  if (count === 0) return undefined;
  return { kind: 'cool', reason: 'fails-alone', forMs: backoffMs(count - 1, rest, random) };
}
