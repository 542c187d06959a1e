import type { Figure, Progress } from '../figure.ts';
import { median, quantile } from '../quantile.ts';
import { each, type Setup } from './setups.ts';

const warmUp = 64;
const width = 16;
const people = 120;

/** How long people wait for the first answer and until the provider is called, far below what the machine carries. */
export async function accepting(setups: readonly Setup[], progress: Progress): Promise<readonly Figure[]> {
  const perSecond = Number(process.env['SEVERAL_RATE'] ?? 8);
  const found: Figure[] = [];
  await each(setups, progress, async ({ name }, { world }) => {
    await world.live(warmUp, width);
    const { answers, starts } = await world.steady(people, perSecond);
    for (const [what, samples] of [
      ['the first answer', answers],
      ['the call at the provider', starts],
    ] as const) {
      const [p50, p99] = [median(samples), quantile(samples, 0.99)];
      progress(`${name}: until ${what} p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`);
      const row = { unit: 'ms', better: 'lower' } as const;
      found.push({ ...row, what: `${name}: until ${what}, ${perSecond} people a second, p50`, app: p50 });
      found.push({ ...row, what: `${name}: until ${what}, ${perSecond} people a second, p99`, app: p99 });
    }
  });
  return found;
}
