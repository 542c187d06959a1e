import { join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../src/kit/clock.ts';
import { openDatabase } from '../src/storage/sqlite/database.ts';
import { createJobEngine } from '../src/storage/stores/jobs/job-engine.ts';
import { anyNumberWaiting, benchRequest, usualRunning } from './bench-jobs.ts';
import type { BenchmarkReport, Progress } from './figure.ts';
import { loadMemory, probed } from './memory-probe.ts';
import { startNode } from './node-process.ts';
import { median } from './quantile.ts';
import { scratch } from './scratch.ts';

const depths = { deep: 100_000, shallow: 100 };
const jobsAPerson = 5;
const rounds = 10;
export const queueSteps = ['accept', 'claim and park', 'where', 'cancel'] as const;
export const queueSamples = z.record(z.enum(queueSteps), z.array(z.number()));

/** What a step costs, and what the process holds, with very many and with few jobs waiting: flat is a ratio near 1. */
export async function deepQueue(progress: Progress): Promise<BenchmarkReport> {
  using folder = scratch();
  const paths = { deep: join(folder.dir, 'deep.db'), shallow: join(folder.dir, 'shallow.db') };
  progress(`filling a queue with ${depths.deep} jobs`);
  await fillQueue(paths.deep, depths.deep);
  await fillQueue(paths.shallow, depths.shallow);
  await using deep = startQueueProcess(paths.deep, depths.deep, folder.dir);
  await using shallow = startQueueProcess(paths.shallow, depths.shallow, folder.dir);
  const taken = { deep: emptySamples(), shallow: emptySamples() };
  for (let round = 0; round <= rounds; round += 1) {
    const ofDeep = queueSamples.parse(await deep.ask('round'));
    const ofShallow = queueSamples.parse(await shallow.ask('round'));
    // The first round warms up.
    if (round === 0) continue;
    for (const step of queueSteps) taken.deep[step].push(...ofDeep[step]);
    for (const step of queueSteps) taken.shallow[step].push(...ofShallow[step]);
    if (round % 5 === 0) progress(`round ${round} of ${rounds}`);
  }
  const rival = (value: number) => ({ name: `the bot with ${depths.shallow} waiting`, value });
  const held = { deep: await loadMemory(deep), shallow: await loadMemory(shallow) };
  return {
    figures: [
      ...queueSteps.map((step) => ({
        what: `${step} with ${depths.deep} waiting, p50`,
        unit: 'ms',
        better: 'lower' as const,
        app: median(taken.deep[step]),
        rival: rival(median(taken.shallow[step])),
      })),
      {
        what: `memory of a process with ${depths.deep} waiting`,
        unit: 'MB',
        better: 'lower',
        app: held.deep.afterGcMb,
        rival: rival(held.shallow.afterGcMb),
      },
    ],
  };
}

function emptySamples(): Record<(typeof queueSteps)[number], number[]> {
  return { accept: [], 'claim and park': [], where: [], cancel: [] };
}

/** Nothing is measured here, so nothing has to survive a power cut. */
export async function fillQueue(path: string, jobs: number): Promise<void> {
  using database = openDatabase({ path });
  database.script('PRAGMA synchronous = OFF');
  const engine = createJobEngine({ database, clock: systemClock, running: usualRunning });
  const people = jobs / jobsAPerson;
  for (let number = 1; number <= jobs; number += 1) {
    await engine.queue.accept(benchRequest(number, 1 + (number % people)), anyNumberWaiting);
  }
}

/** `place`: the path of a file or the address of a server. */
export function startQueueProcess(place: string, waiting: number, cwd: string) {
  const file = join(import.meta.dirname, 'processes/queue-process.ts');
  return startNode({ args: [...probed, file, place, String(waiting)], cwd });
}
