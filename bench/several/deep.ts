import { join } from 'node:path';
import { moveDatabase } from '../../src/storage/move/move-database.ts';
import { postgresTarget } from '../../src/storage/move/postgres-end.ts';
import { sqliteSource } from '../../src/storage/move/sqlite-end.ts';
import { killableServer } from '../../test/support/postgres-server.ts';
import { fillQueue, queueSamples, type queueSteps, startQueueProcess } from '../deep-queue.ts';
import type { Figure, Progress } from '../figure.ts';
import { loadMemory } from '../memory-probe.ts';
import { median } from '../quantile.ts';
import { scratch } from '../scratch.ts';

const rounds = 3;

/** What a step costs with very many jobs waiting, the same jobs on both engines. */
export async function deepQueues(_setups: unknown, progress: Progress): Promise<readonly Figure[]> {
  const waiting = Number(process.env['SEVERAL_WAITING'] ?? 100_000);
  await using opened = new AsyncDisposableStack();
  const { dir } = opened.use(scratch());
  const server = opened.use(await killableServer());
  const path = join(dir, 'deep.db');
  progress(`filling a queue with ${waiting} jobs`);
  await fillQueue(path, waiting);
  progress('moving it to PostgreSQL');
  await move(path, server.url);
  const places = { SQLite: path, PostgreSQL: server.url.reveal() };
  const figures: Figure[] = [];
  for (const [name, place] of Object.entries(places)) {
    await using queue = startQueueProcess(place, waiting, dir);
    const taken: Partial<Record<(typeof queueSteps)[number], number[]>> = {};
    for (let round = 0; round <= rounds; round += 1) {
      const samples = queueSamples.parse(await queue.ask('round'));
      // The first round warms up.
      if (round > 0) for (const [step, all] of Object.entries(samples)) (taken[step as 'where'] ??= []).push(...all);
    }
    for (const [step, all] of Object.entries(taken)) {
      progress(`${name}: ${step} p50 ${median(all).toFixed(2)} ms`);
      figures.push({
        what: `${name}: ${step} with ${waiting} waiting, p50`,
        unit: 'ms',
        better: 'lower',
        app: median(all),
      });
    }
    const { afterGcMb } = await loadMemory(queue);
    progress(`${name}: ${afterGcMb.toFixed(0)} MB`);
    figures.push({ what: `${name}: memory of the process`, unit: 'MB', better: 'lower', app: afterGcMb });
  }
  return figures;
}

async function move(path: string, url: Awaited<ReturnType<typeof killableServer>>['url']): Promise<void> {
  const from = sqliteSource(path);
  if (from === undefined) throw new Error(`Cannot move "${path}": it holds no database`);
  using _from = from;
  await using to = await postgresTarget({ url });
  await moveDatabase({ from, to, onStep: () => undefined, signal: new AbortController().signal });
}
