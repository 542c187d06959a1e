import type { Clock } from '../kit/clock.ts';

/** Answers, each time it is asked, by how much the machine's clock was set since it was asked before. */
export function clockJumps(clock: Clock): () => number {
  let aheadMs = clock.now() - clock.uptimeMs();
  return () => {
    const beforeMs = aheadMs;
    aheadMs = clock.now() - clock.uptimeMs();
    return aheadMs - beforeMs;
  };
}
