import { performance } from 'node:perf_hooks';
import type { Lease } from '../src/domain/key-leases.ts';
import { everyMechanism } from '../src/domain/mechanisms.ts';
import { line } from './bench-jobs.ts';
import { benchSecrets, openBenchCore } from './open-bench-core.ts';
import { median } from './quantile.ts';

const batches = 60;
const decisionsABatch = 2_000;
/** As many calls are under way all the time. */
const inFlight = 8;
const seatsPerKey = 4;
const wish = { model: 'bench-model', job: 'image' } as const;

/** Microseconds to choose a key, hand out its seat and take it back with a verdict, with the write-behind store listening. */
export async function decisionTimeUs(keys: number, mechanisms = everyMechanism): Promise<number> {
  const secrets = benchSecrets(keys);
  await using core = await openBenchCore({ secrets, seatsPerKey, providers: () => new Map(), mechanisms });
  const borrowed: Lease[] = [];
  const borrow = () => {
    const answer = core.pool.lease(line, wish);
    if (answer.kind !== 'seat') throw new Error(`Cannot measure: the pool is ${answer.kind}`);
    borrowed.push(answer.lease);
  };
  for (let call = 0; call < inFlight; call += 1) borrow();
  const tookUs: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const startedMs = performance.now();
    for (let decision = 0; decision < decisionsABatch; decision += 1) {
      borrowed.shift()?.release({ kind: 'succeeded', ms: 40 + (decision % 20), ...wish });
      borrow();
    }
    tookUs.push(((performance.now() - startedMs) * 1_000) / decisionsABatch);
    // Maintenance between calls is not part of a decision.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  // The first third warms up.
  return median(tookUs.slice(batches / 3));
}
