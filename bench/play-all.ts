import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Play, Played } from './ablation-worker.ts';

const maxWorkers = 4;

/** Plays every row in worker threads, as many at once as there are cores; in the order in which they were given. */
export async function playAll(
  plays: readonly Play[],
  onPlayed: (done: number, of: number) => void,
): Promise<readonly Played[]> {
  const results: Played[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    const worker = new Worker(new URL('./ablation-worker.ts', import.meta.url));
    try {
      for (;;) {
        const at = next;
        const play = plays[at];
        if (play === undefined) return;
        next += 1;
        results[at] = await played(worker, play);
        done += 1;
        onPlayed(done, plays.length);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxWorkers, availableParallelism()) }, work));
  return results;
}

function played(worker: Worker, play: Play): Promise<Played> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (one: Played) => {
      worker.off('error', reject);
      resolve(one);
    });
    worker.postMessage(play, []);
  });
}
