import type { Clock } from './clock.ts';

/** A clock whose `now` goes on evenly when somebody sets the machine's clock, until it is told by how much. */
export type SteadyClock = Clock & { shift(byMs: number): void };

export function steadyClock(clock: Clock): SteadyClock {
  let aheadMs = clock.now() - clock.uptimeMs();
  return {
    now: () => Math.round(clock.uptimeMs() + aheadMs),
    uptimeMs: () => clock.uptimeMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    deadline: (ms, parent) => clock.deadline(ms, parent),
    schedule: (ms, task) => clock.schedule(ms, task),
    shift: (byMs) => {
      aheadMs += byMs;
    },
  };
}
