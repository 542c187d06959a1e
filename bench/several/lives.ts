import type { Figure, Progress } from '../figure.ts';
import { median } from '../quantile.ts';
import { each, type Setup } from './setups.ts';

const width = 64;
const warmUp = 96;
const lives = 128;
const rounds = 3;

/** Lives a second with 64 under way, and what a life costs the processor. */
export async function livesASecond(setups: readonly Setup[], progress: Progress): Promise<readonly Figure[]> {
  const found: Figure[] = [];
  await each(setups, progress, async ({ name }, live) => {
    await live.world.live(warmUp, width);
    const taken: { readonly rate: number; readonly bots: number; readonly store: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const before = live.processor();
      const { seconds } = await live.world.live(lives, width);
      const after = live.processor();
      const cost = (of: 'bots' | 'store') => (after[of] - before[of]) / lives;
      taken.push({ rate: lives / seconds, bots: cost('bots'), store: cost('store') });
    }
    const rate = median(taken.map((one) => one.rate));
    const [bots, store] = [median(taken.map((one) => one.bots)), median(taken.map((one) => one.store))];
    progress(`${name}: ${rate.toFixed(0)} a second, ${bots.toFixed(2)} + ${store.toFixed(2)} ms of processor a life`);
    found.push({ what: `${name}: lives a second, ${width} wide`, unit: 'a second', better: 'higher', app: rate });
    found.push({ what: `${name}: processor time of a life, bots`, unit: 'ms', better: 'lower', app: bots });
    found.push({ what: `${name}: processor time of a life, store`, unit: 'ms', better: 'lower', app: store });
  });
  return found;
}
