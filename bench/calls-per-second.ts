import { performance } from 'node:perf_hooks';
import { median } from './quantile.ts';

const rounds = 7;
const callsARound = 6_000;

export type Rate = {
  readonly perSecond: number;
  /** Of this process, all its threads, in microseconds. */
  readonly processorUsACall: number;
};

/** How many calls a second go through, `atOnce` of them under way; both ways take turns, the first round warms up. */
export async function callsPerSecond(ways: readonly (() => Promise<void>)[], atOnce: number): Promise<readonly Rate[]> {
  const rates = ways.map(() => [] as Rate[]);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, call] of ways.entries()) {
      const rate = await rateOf(call, atOnce);
      if (round > 0) rates[index]?.push(rate);
    }
  }
  return rates.map((all) => ({
    perSecond: median(all.map(({ perSecond }) => perSecond)),
    processorUsACall: median(all.map(({ processorUsACall }) => processorUsACall)),
  }));
}

async function rateOf(call: () => Promise<void>, atOnce: number): Promise<Rate> {
  let left = callsARound;
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  const startedMs = performance.now();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: atOnce }, work));
  const { user, system } = process.cpuUsage(before);
  const tookMs = performance.now() - startedMs;
  return { perSecond: (callsARound * 1_000) / tookMs, processorUsACall: (user + system) / callsARound };
}
