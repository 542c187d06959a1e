import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import type { JobEngine } from '../src/domain/job-engine.ts';
import { systemClock } from '../src/kit/clock.ts';
import { openDatabase } from '../src/storage/sqlite/database.ts';
import { createJobEngine } from '../src/storage/stores/jobs/job-engine.ts';
import { anyNumberWaiting, benchRequest, line, usualRunning } from './bench-jobs.ts';
import type { BenchmarkReport, Progress } from './figure.ts';
import { median } from './quantile.ts';
import { scratch } from './scratch.ts';

const rounds = 15;
const jobsARound = 100;
const rowsARound = 500;
/** accept, claim, settle, claim of the telling, told. */
const commitsAJob = 5;

/** How many jobs a second go from accepted to told, each of the five steps durable before the next. */
export async function jobsPerSecond(progress: Progress): Promise<BenchmarkReport> {
  using folder = scratch();
  using database = openDatabase({ path: join(folder.dir, 'engine.db') });
  using plain = new DatabaseSync(join(folder.dir, 'plain.db'));
  plain.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE jobs (id INTEGER PRIMARY KEY, body TEXT)',
  );
  const engine = createJobEngine({ database, clock: systemClock, running: usualRunning });
  const insert = plain.prepare('INSERT INTO jobs (body) VALUES (?)');
  const [jobs, rows]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const jobRate = await perSecond(jobsARound, (index) => wholeLife(engine, 1 + round * jobsARound + index));
    const rowRate = await perSecond(rowsARound, (index) => {
      insert.run(JSON.stringify(benchRequest(index, index)));
    });
    // The first round warms up.
    if (round > 0) jobs.push(jobRate);
    if (round > 0) rows.push(rowRate);
    if (round % 5 === 0 && round > 0) progress(`round ${round} of ${rounds}: ${jobRate.toFixed(0)} jobs/s`);
  }
  const name = 'bare node:sqlite rows';
  const value = median(rows);
  return {
    figures: [
      {
        what: 'jobs accepted, run and told, all durable',
        unit: 'a second',
        better: 'higher',
        app: median(jobs),
        rival: { name, value },
      },
      {
        what: 'durable commits of those jobs',
        unit: 'a second',
        better: 'higher',
        app: median(jobs) * commitsAJob,
        rival: { name, value },
      },
    ],
  };
}

async function perSecond(times: number, work: (index: number) => Promise<void> | void): Promise<number> {
  const startedMs = performance.now();
  for (let index = 0; index < times; index += 1) await work(index);
  return (times * 1_000) / (performance.now() - startedMs);
}

async function wholeLife(engine: JobEngine, number: number): Promise<void> {
  await engine.queue.accept(benchRequest(number, number), anyNumberWaiting);
  const claim = await engine.queue.claim(line);
  if (claim === undefined) throw new Error(`Cannot claim job ${number}: nothing may start`);
  const file = { path: `results/${number}.png`, kind: 'image', mime: 'image/png', bytes: 120_000 } as const;
  const settled = await engine.queue.settle(claim.lease, {
    kind: 'result',
    payload: { kind: 'file', file },
    model: 'bench/model',
  });
  const emitting = await engine.delivery.claim(claim.job.id);
  const told = emitting !== undefined && (await engine.delivery.done(emitting.lease));
  if (!settled || !told) throw new Error(`Cannot finish job ${number}: its lease was refused`);
}
