import { setImmediate as turn } from 'node:timers/promises';
import { virtualClock } from '../../../src/kit/virtual-clock.ts';
import { sharedKeysConformance } from '../../conformance/shared-keys-conformance.ts';
import { MemorySharedKeys } from '../../support/memory-shared-keys.ts';

sharedKeysConformance('MemorySharedKeys', async () => {
  const clock = virtualClock(undefined, () => turn());
  const store = new MemorySharedKeys(clock);
  return {
    one: store.connect(),
    other: store.connect(),
    advance: (ms) => clock.advance(ms),
    heard: () => turn(),
    [Symbol.asyncDispose]: async () => undefined,
  };
});
