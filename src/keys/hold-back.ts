import type { Account } from './account.ts';
import type { Slow } from './choosing.ts';
import type { SeatRequest } from '../domain/key-leases.ts';
import type { Roster } from './roster.ts';
import { type Expectation, expectedMs, slowFromMs } from './scoring.ts';

/** Why the only free seats are not given away just like that: how many busy ones are that much faster. */
export function slowAnswer(
  roster: Roster,
  { model }: SeatRequest,
  expectation: Expectation,
  times: { readonly slowMs: number; readonly fastMs: number; readonly nowMs: number },
): Slow {
  const { slowMs, fastMs, nowMs } = times;
  const fast = new Set<Account>();
  for (const pooled of roster.keys) {
    if (!pooled.takes || pooled.openAt >= 0 || pooled.inFlight === 0 || !pooled.serves(model, nowMs)) continue;
    if (expectedMs(pooled, expectation) <= slowFromMs(fastMs)) fast.add(pooled.account);
  }
  const fastSeats = [...fast].reduce((sum, { width }) => sum + width, 0);
  return { kind: 'slow', slowMs, fastMs, fastSeats: Math.max(1, fastSeats) };
}
