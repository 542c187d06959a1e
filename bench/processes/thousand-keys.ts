import { flushCompileCache } from 'node:module';
import { freeMemoryWhenQuiet } from '../../src/cli/memory/free-memory.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openCallPaths } from '../call-paths.ts';

const callsEach = 3;
const atOnce = 16;

const [dir = '', url = '', keys = ''] = process.argv.slice(2);

async function callWithAll(): Promise<void> {
  const giving = freeMemoryWhenQuiet(systemClock);
  const stage = await openCallPaths({ dir, url, keys: Number(keys), seatsPerKey: 1, atOnce });
  let left = Number(keys) * callsEach;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await stage.pooled();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  // What is open stays so until this process is ended.
  setInterval(() => [stage, giving], 1_000_000);
}

const called = callWithAll();
// The memory probe lets a process end that has nothing else to do.
process.channel?.ref();
process.on('message', (question) => {
  if (question !== 'heap') return;
  void called.then(() => {
    // The next process of this benchmark finds it, as the next start of the app would.
    flushCompileCache();
    globalThis.gc?.();
    process.send?.({ heapBytes: process.memoryUsage().heapUsed });
  });
});
