// Preloaded into the bot: answers the question 'vitals' with what its process holds.
import { readdirSync } from 'node:fs';
import { alive, usedHeapBytes } from '../heap.ts';
import type { Vitals } from '../vitals.ts';

const anyTimer = setTimeout(() => undefined, 0);
clearTimeout(anyTimer);
const Timer = anyTimer.constructor as unknown as { readonly prototype: object };

function vitals(): Vitals {
  const heapMb = usedHeapBytes() / 1e6;
  return {
    heapMb,
    residentMb: process.memoryUsage.rss() / 1e6,
    timers: alive(Timer),
    signals: alive(AbortSignal),
    resources: process.getActiveResourcesInfo().length,
    descriptors: readdirSync('/dev/fd').length,
  };
}

process.on('message', (question) => {
  if (question === 'vitals') process.send?.(vitals());
});
process.channel?.unref();
