import { join } from 'node:path';
import { z } from 'zod';
import { killableServer } from '../../test/support/postgres-server.ts';
import type { Figure, Progress } from '../figure.ts';
import { startNode } from '../node-process.ts';
import { median, quantile } from '../quantile.ts';
import { scratch } from '../scratch.ts';

const processes = 4;
const [accounts, seats] = [8, 4];
const quiet = { leases: 200, perSecond: 10 };
const full = { leases: 300, atOnce: 4 };
const goalMs = 20;

const done = z.object({ seconds: z.number(), samples: z.array(z.number()), refused: z.number() });

/** How long four processes wait for a seat of the keys that they share, and how many seats a second they take at most. */
export async function leases(_setups: unknown, progress: Progress): Promise<readonly Figure[]> {
  await using opened = new AsyncDisposableStack();
  const { dir } = opened.use(scratch());
  const server = opened.use(await killableServer());
  const file = join(import.meta.dirname, '..', 'processes/lease-process.ts');
  const args = [file, server.url.reveal(), String(accounts), String(seats)];
  const all = Array.from({ length: processes }, () => opened.use(startNode({ args, cwd: dir })));
  await Promise.all(all.map((one) => one.heard()));
  const lease = async (wish: object) => {
    const each = await Promise.all(all.map(async (one) => done.parse(await one.ask(wish))));
    const samples = each.flatMap((one) => one.samples);
    const refused = each.reduce((sum, one) => sum + one.refused, 0);
    return { samples, refused, perSecond: samples.length / Math.max(...each.map(({ seconds }) => seconds)) };
  };
  await lease({ leases: 50, perSecond: 20 });
  const calm = await lease(quiet);
  const saturated = await lease(full);
  const rate = processes * quiet.perSecond;
  const [p50, p99] = [median(calm.samples), quantile(calm.samples, 0.99)];
  progress(`${rate} leases a second: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms, ${calm.refused} refused`);
  progress(`as many as there is time for: ${saturated.perSecond.toFixed(0)} a second, ${saturated.refused} refused`);
  const many = `${processes} processes, ${rate} leases a second`;
  const rival = { name: 'the goal', value: goalMs };
  return [
    { what: `${many}: acquire, p50`, unit: 'ms', better: 'lower', app: p50 },
    { what: `${many}: acquire, p99`, unit: 'ms', better: 'lower', app: p99, rival },
    {
      what: `${processes} processes, ${full.atOnce} at once each: leases`,
      unit: 'a second',
      better: 'higher',
      app: saturated.perSecond,
    },
  ];
}
