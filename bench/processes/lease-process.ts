import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as rest } from 'node:timers/promises';
import { keyId } from '../../src/domain/ids.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import { Sharing } from '../../src/keys/shared/sharing.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import { tell } from '../../src/storage/postgres/listening.ts';
import { openPostgres } from '../../src/storage/postgres/open-postgres.ts';
import { createSharedKeys } from '../../src/storage/stores/shared-keys.ts';

// The key pool of one process among several, which leases seats and gives them back.

const [url = '', accounts = '', seats = ''] = process.argv.slice(2);
const callMs = 40;

const { database, listening, beats } = await openPostgres({ url: new Secret(url), version: 'bench' });
const news = { tell, on: listening.on.bind(listening) };
const sharing = new Sharing({
  shared: createSharedKeys(database, news, beats),
  clock: systemClock,
  newId: () => randomUUID(),
});
const pool = new KeyPool({
  keys: Array.from({ length: Number(accounts) }, (_, index) => ({
    id: keyId(String(index + 1).padStart(12, '0')),
    hint: '…',
    place: index + 1,
    weight: 1,
    provider: 'bytez' as const,
    name: `bytez #${index + 1}`,
    secret: new Secret(`bench-key-${index + 1}`),
    seats: Number(seats),
  })),
  remembered: [],
  strategy: 'health-based',
  maxSeats: () => Number(seats),
  clock: systemClock,
  random: Math.random,
  emit: () => undefined,
  sharing,
});
await sharing.start();

type Wish = { readonly leases: number; readonly perSecond?: number; readonly atOnce?: number };

async function lease(heldMs: number): Promise<number | undefined> {
  const startedMs = performance.now();
  const answer = await pool.acquire('bytez', { evenSlow: true });
  const tookMs = performance.now() - startedMs;
  if (answer.kind !== 'seat') return undefined;
  if (heldMs > 0) await rest(heldMs);
  answer.lease.release({ kind: 'succeeded', ms: callMs });
  return tookMs;
}

/** In even steps, each for a short call; or as many one after the other as there is time for. */
async function work({ leases, perSecond, atOnce = 1 }: Wish) {
  const startedMs = performance.now();
  const taken: (number | undefined)[] = [];
  if (perSecond === undefined) {
    const worker = async () => {
      while (taken.length < leases) taken.push(await lease(0));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  } else {
    const under: Promise<unknown>[] = [];
    for (let begun = 0; begun < leases; begun += 1) {
      const waitMs = startedMs + ((begun + Math.random()) * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await rest(waitMs);
      under.push(lease(callMs).then((one) => taken.push(one)));
    }
    await Promise.all(under);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  return {
    seconds,
    samples: taken.filter((one) => one !== undefined),
    refused: taken.filter((one) => one === undefined).length,
  };
}

process.on('message', (wish) => {
  void work(wish as Wish).then((worked) => process.send?.(worked));
});
process.send?.('ready');
