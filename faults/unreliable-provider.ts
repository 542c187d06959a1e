import { answerTo, accepted, served } from '../simulator/world-answers.ts';
import type { Deed } from '../simulator/scenario.ts';
import type { Clock } from '../src/kit/clock.ts';
import type { Random } from '../src/kit/backoff.ts';
import type { HttpClient } from '../src/providers/http/http-exchange.ts';

/** Of a hundred calls, how many meet what. */
const shares: readonly (readonly [number, Exclude<Deed, 'slow'>])[] = [
  [8, 'failed-run'],
  [4, 'unavailable'],
  [4, 'cut'],
  [4, 'rate-limited'],
  [3, 'error-in-200'],
  [2, 'truncated'],
  [2, 'refused'],
  [1, 'hang'],
  [0.5, 'rejected'],
];

const callMs = 3_000;
const refusalMs = 50;
const rateLimitMs = 5_000;

export type UnreliableProvider = HttpClient & {
  calls: number;
  /** While it is down every call fails. */
  isDown: boolean;
};

/** A provider on any clock, a share of whose calls fails in each of the usual ways. */
export function unreliableProvider(clock: Clock, random: Random): UnreliableProvider {
  const pick = () => {
    let left = 100 * random();
    return shares.find(([share]) => (left -= share) < 0)?.[1];
  };
  const provider: UnreliableProvider = {
    calls: 0,
    isDown: false,
    call: async ({ method, signal }) => {
      if (method === 'GET') {
        await clock.sleep(refusalMs, signal);
        return provider.isDown ? answerTo('unavailable', undefined) : accepted;
      }
      provider.calls += 1;
      const deed = provider.isDown ? 'unavailable' : pick();
      if (deed === 'hang') return hang(clock, signal);
      await clock.sleep(deed === undefined ? callMs * (0.5 + random()) : refusalMs, signal);
      return deed === undefined ? served : answerTo(deed, rateLimitMs);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return provider;
}

async function hang(clock: Clock, signal: AbortSignal): Promise<{ readonly kind: 'timed-out' }> {
  try {
    await clock.sleep(86_400_000, signal);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
  }
  return { kind: 'timed-out' };
}
