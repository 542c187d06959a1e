import { performance } from 'node:perf_hooks';
import { median, quantile } from './quantile.ts';

const warmUpTurns = 3_000;
const blocks = 20;
const turnsABlock = 1_500;

export type Contender = { readonly name: string; readonly call: () => Promise<void> };

export type Latency = {
  readonly name: string;
  /** Beyond the first contender's, in microseconds. */
  readonly addedP50Us: number;
  readonly addedP99Us: number;
  readonly p50Us: number;
};

/**
 * Calls all contenders in turn, in a new random order each turn, so that a slow moment of the machine slows them
 * alike. What a call puts off for later happens between two calls. The p50 is the median of the blocks' differences, the
 * p99 the difference over all samples.
 */
export async function addedLatency(contenders: readonly Contender[], turns = turnsABlock): Promise<readonly Latency[]> {
  const taken = contenders.map(() => [] as number[]);
  const addedP50s = contenders.map(() => [] as number[]);
  const playTurns = async (count: number, note: (index: number, us: number) => void) => {
    for (let turn = 0; turn < count; turn += 1) {
      for (const [index, { call }] of shuffled([...contenders.entries()])) {
        const startedMs = performance.now();
        await call();
        note(index, (performance.now() - startedMs) * 1_000);
        await turnOfEventLoop();
      }
    }
  };
  await playTurns(Math.min(warmUpTurns, turns * 2), () => undefined);
  for (let block = 0; block < blocks; block += 1) {
    const inBlock = contenders.map(() => [] as number[]);
    await playTurns(turns, (index, us) => inBlock[index]?.push(us));
    const base = median(inBlock[0] ?? []);
    for (const [index, samples] of inBlock.entries()) {
      addedP50s[index]?.push(median(samples) - base);
      taken[index]?.push(...samples);
    }
  }
  const baseP99 = quantile(taken[0] ?? [], 0.99);
  return contenders.map(({ name }, index) => ({
    name,
    addedP50Us: median(addedP50s[index] ?? []),
    addedP99Us: quantile(taken[index] ?? [], 0.99) - baseP99,
    p50Us: median(taken[index] ?? []),
  }));
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function turnOfEventLoop(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
