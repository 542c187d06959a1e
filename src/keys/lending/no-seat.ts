import type { ProviderName } from '../../domain/ids.ts';
import type { Lending, SeatAnswer } from '../../domain/key-leases.ts';
import type { Clock } from '../../kit/clock.ts';

export type NoSeatFacts = {
  /** How long a call of the provider usually takes, where that is known. */
  readonly usualMs: (provider: ProviderName) => number | undefined;
  readonly clock: Pick<Clock, 'now'>;
};

/** A seat for which nothing is known of the calls that hold it. */
const unknownWaitMs = 5_000;

/** Why there is no seat, by the answer for each that was wanted: what ends soonest counts. */
export function noSeatIn(
  wanted: readonly { readonly provider: ProviderName }[],
  answers: readonly SeatAnswer[],
  { clock, usualMs }: NoSeatFacts,
): Lending {
  const nowMs = clock.now();
  const refusals = answers.map((answer, index): Extract<Lending, { kind: 'none' }> => {
    switch (answer.kind) {
      case 'cooling':
        return { kind: 'none', why: 'cooling', retryAfterMs: Math.max(0, answer.untilMs - nowMs) };
      case 'benched': {
        const wait = answer.probeAtMs === undefined ? {} : { retryAfterMs: Math.max(0, answer.probeAtMs - nowMs) };
        return { kind: 'none', why: answer.reason, ...wait };
      }
      case 'no-keys':
        return { kind: 'none', why: 'no-keys' };
      case 'seat':
      case 'busy':
      case 'slow': {
        const provider = wanted[index]?.provider ?? '';
        return { kind: 'none', why: 'busy', retryAfterMs: usualMs(provider) ?? unknownWaitMs };
      }
    }
  });
  const soonest = refusals.toSorted((a, b) => (a.retryAfterMs ?? Infinity) - (b.retryAfterMs ?? Infinity))[0];
  return soonest ?? { kind: 'none', why: 'no-keys' };
}

/** The refusal as it is after a wait that was in vain. */
export function afterWait(refusal: Lending, waitedMs: number): Lending {
  if (refusal.kind !== 'none' || refusal.retryAfterMs === undefined || refusal.why === 'busy') return refusal;
  return { ...refusal, retryAfterMs: Math.max(0, refusal.retryAfterMs - waitedMs) };
}
