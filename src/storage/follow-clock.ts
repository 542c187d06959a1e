import type { Tell } from '../domain/events.ts';
import type { SteadyClock } from '../kit/steady-clock.ts';
import type { Database } from './connection.ts';
import { shiftTimes } from './shift-times.ts';

const followAgainMs = 5_000;

/** Moves the house's time along with the machine's, and every time that is kept with it; tries until it can. */
export function followClock(database: Database, clock: SteadyClock, tell: Tell, byMs: number): void {
  try {
    shiftTimes(database, byMs);
    clock.shift(byMs);
  } catch (error) {
    tell({ event: 'house.trouble', what: 'follow the clock of this machine', error });
    clock.schedule(followAgainMs, () => followClock(database, clock, tell, byMs));
  }
}
