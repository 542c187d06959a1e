import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Figure, Progress } from '../figure.ts';
import { median, quantile } from '../quantile.ts';
import { scratch } from '../scratch.ts';
import { type Contender, type Running, start, today } from './contenders.ts';
import { addFinishedJobs } from './finished-jobs.ts';
import type { Row } from './life.ts';
import { processorMs, residentMb, slowDisk, systemCalls } from './process-facts.ts';

const width = 64;
const warmUp = 300;

/** Collects one number of each contender a round; the median of the rounds counts. */
class Rows {
  readonly #rows = new Map<
    string,
    Pick<Row, 'what' | 'unit' | 'better'> & { readonly all: Map<Contender, number[]> }
  >();

  add(contender: Contender, what: string, unit: string, value: number, better: Figure['better'] = 'lower'): void {
    const row = this.#rows.get(what) ?? { what, unit, better, all: new Map<Contender, number[]>() };
    this.#rows.set(what, row);
    row.all.set(contender, [...(row.all.get(contender) ?? []), value]);
  }

  get medians(): readonly Row[] {
    return [...this.#rows.values()].map(({ all, ...row }) => ({
      ...row,
      values: new Map([...all].map(([contender, values]) => [contender, median(values)])),
    }));
  }
}

/** Measures one contender after the other; one that cannot be measured is named, and the others go on. */
async function each(
  contenders: readonly Contender[],
  progress: Progress,
  measure: (contender: Contender) => Promise<void>,
): Promise<void> {
  for (const contender of contenders) {
    try {
      await measure(contender);
    } catch (error) {
      progress(`${contender.name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function startAll(contenders: readonly Contender[], opened: AsyncDisposableStack): Promise<readonly Running[]> {
  const running: Running[] = [];
  for (const contender of contenders) running.push(opened.use(await start(contender)));
  for (const { world } of running) await world.live(warmUp, width);
  return running;
}

/** Processor time, lives a second and first answers, in turns. */
export async function cheapness(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  await using opened = new AsyncDisposableStack();
  const running = await startAll(contenders, opened);
  const rows = new Rows();
  const rounds = 3;
  for (let round = 1; round <= rounds; round += 1) {
    for (const { contender, world, pids } of running) {
      const lives = 640;
      const beforeMs = processorMs(pids);
      const wide = await world.live(lives, width);
      rows.add(contender, `processor time of a life, ${width} wide`, 'ms', (processorMs(pids) - beforeMs) / lives);
      rows.add(contender, `lives a second, ${width} wide`, 'a second', lives / wide.seconds, 'higher');
      rows.add(contender, `first answer, ${width} wide, p50`, 'ms', median(wide.answers));
      const alone = await world.live(60, 1);
      rows.add(contender, 'first answer, alone, p50', 'ms', median(alone.answers));
      rows.add(contender, 'first answer, alone, p99', 'ms', quantile(alone.answers, 0.99));
      rows.add(contender, 'a whole life, alone, p50', 'ms', median(alone.ends));
    }
    progress(`round ${round} of ${rounds}`);
  }
  return rows.medians;
}

const counted = z.object({ statements: z.number(), commits: z.number() });
const counter = pathToFileURL(join(import.meta.dirname, '..', 'processes/sql-count.js')).href;

/** Commits, statements and system calls of a life. */
export async function counts(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  using folder = scratch();
  const rows = new Rows();
  await each(contenders, progress, async (contender) => {
    const isSql = contender.needsRedis !== true;
    await using running = await start(contender, { nodeOptions: isSql ? ['--import', counter] : [] });
    const { world, process, pids } = running;
    await world.live(warmUp, width);
    for (const [how, lives, wide] of [
      ['alone', 40, 1],
      [`${width} wide`, 640, width],
    ] as const) {
      if (isSql) {
        const before = counted.parse(await process.ask('sql'));
        await world.live(lives, wide);
        const after = counted.parse(await process.ask('sql'));
        rows.add(contender, `commits of a life, ${how}`, 'commits', (after.commits - before.commits) / lives);
        rows.add(
          contender,
          `statements of a life, ${how}`,
          'statements',
          (after.statements - before.statements) / lives,
        );
      }
      const calls = await systemCalls(pids, folder.dir, () => world.live(lives, wide));
      if (calls === undefined) progress('system calls are left out: there is no strace');
      else rows.add(contender, `system calls of a life, ${how}`, 'calls', calls / lives);
    }
  });
  return rows.medians;
}

/** First answers and lives a second on a disk whose fsync takes 8 ms more. */
export async function slowDiskLives(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  using folder = scratch();
  const env = slowDisk(folder.dir, 8);
  if (env === undefined) {
    progress('left out: the slow disk is a library that gcc compiles, and there is no gcc');
    return [];
  }
  const rows = new Rows();
  await each(contenders, progress, async (contender) => {
    await using running = await start(contender, { env });
    const { world } = running;
    await world.live(width, width);
    const alone = await world.live(30, 1);
    rows.add(contender, 'slow disk: first answer, alone, p50', 'ms', median(alone.answers));
    rows.add(contender, 'slow disk: a whole life, alone, p50', 'ms', median(alone.ends));
    const wide = await world.live(400, width);
    rows.add(contender, `slow disk: first answer, ${width} wide, p50`, 'ms', median(wide.answers));
    rows.add(contender, `slow disk: lives a second, ${width} wide`, 'a second', 400 / wide.seconds, 'higher');
  });
  return rows.medians;
}

/** Wider than any flood: a message between processes cannot carry Infinity. */
const atOnce = 1e9;

/** A thousand people at once are answered, while no provider is. */
export async function acceptance(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  const rows = new Rows();
  const people = 1_000;
  for (let round = 0; round < 3; round += 1) {
    await each(contenders, progress, async (contender) => {
      await using running = await start(contender);
      const { world, pids } = running;
      await world.live(warmUp, width);
      await world.slow({ isHeld: true });
      const beforeMs = processorMs(pids);
      const { seconds } = await world.flood(people, atOnce);
      rows.add(contender, `answered, ${people} people at once`, 'a second', people / seconds, 'higher');
      rows.add(contender, 'processor time of an accepted request', 'ms', (processorMs(pids) - beforeMs) / people);
    });
  }
  return rows.medians;
}

/** Lives a second while fetches, then uploads, take 1.5 s each. */
export async function slowTransfers(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  const rows = new Rows();
  await each(contenders, progress, async (contender) => {
    await using running = await start(contender);
    const { world } = running;
    await world.live(warmUp, width);
    for (const [what, how] of [
      ['results fetched in 1.5 s each', { fetchMs: 1_500 }],
      ['uploads of 1.5 s each', { uploadMs: 1_500 }],
    ] as const) {
      await world.slow(how);
      const { seconds } = await world.live(320, 160);
      rows.add(contender, `${what}, 160 wide`, 'a second', 320 / seconds, 'higher');
    }
  });
  return rows.medians;
}

/** From the start of the process to its first request for updates; then with a million finished jobs. */
export async function starts(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  const rows = new Rows();
  for (let round = 0; round < 6; round += 1) {
    await each(contenders, progress, async (contender) => {
      await using running = await start(contender);
      // The first start fills the cache of compiled code.
      if (round === 0) return;
      rows.add(contender, 'start to the first poll', 'ms', running.startMs);
      rows.add(contender, 'processor time until then', 'ms', processorMs([running.process.pid]));
      if (contender.isDarkroom === true) rows.add(contender, 'darkroom --help', 'ms', helpMs(contender));
    });
  }
  const jobs = Number(process.env['LIFE_JOBS'] ?? 1_000_000);
  const builds = contenders.filter(({ isDarkroom }) => isDarkroom === true);
  await each(builds, progress, async (contender) => {
    using folder = scratch();
    const dataDir = join(folder.dir, 'data');
    {
      await using first = await start(contender, { dataDir });
      await first.world.live(10, 1);
    }
    progress(`${contender.name}: ${jobs} finished jobs`);
    addFinishedJobs(dataDir, jobs);
    for (let round = 0; round < 3; round += 1) {
      await using running = await start(contender, { dataDir });
      rows.add(contender, `start to the first poll, ${jobs} finished jobs`, 'ms', running.startMs);
      if (round < 2) continue;
      const { world, pids } = running;
      await world.live(warmUp, width);
      const beforeMs = processorMs(pids);
      await world.live(1_000, width);
      rows.add(
        contender,
        `processor time of a life, ${jobs} finished jobs`,
        'ms',
        (processorMs(pids) - beforeMs) / 1_000,
      );
    }
  });
  return rows.medians;
}

/** From the start of `darkroom --help` to its end. */
function helpMs({ args: [program = ''] }: Contender): number {
  const startedMs = performance.now();
  spawnSync(process.execPath, [program, '--help'], { env: { PATH: process.env['PATH'] }, stdio: 'ignore' });
  return performance.now() - startedMs;
}

/** Resident memory at rest, and at the peak of 2,000 requests a second for ten seconds. */
export async function memories(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  const rows = new Rows();
  await each(contenders, progress, async (contender) => {
    await using running = await start(contender);
    const { world, process, pids } = running;
    await Promise.race([rest(8_000), process.died]);
    rows.add(contender, 'memory at rest', 'MB', residentMb(pids).now);
    await world.slow({ isHeld: true });
    await world.flood(20_000, 2_000);
    rows.add(contender, 'memory at the peak of a flood', 'MB', residentMb(pids).peak);
  });
  return rows.medians;
}

/** The most memory of 20,000 lives, and what is left of it ten seconds later, beside the rest before. */
export async function manyLives(contenders: readonly Contender[], progress: Progress): Promise<readonly Row[]> {
  const rows = new Rows();
  await each(contenders, progress, async (contender) => {
    progress(`${contender.name}: 20,000 lives${contender === today ? '' : ', as the other'}`);
    await using running = await start(contender);
    const { world, process, pids } = running;
    await Promise.race([rest(8_000), process.died]);
    const atRestMb = residentMb(pids).now;
    await world.live(20_000, width);
    rows.add(contender, 'memory at the peak of 20,000 lives', 'MB', residentMb(pids).peak);
    await rest(10_000);
    rows.add(contender, 'memory ten seconds later, beside that at rest', 'times', residentMb(pids).now / atRestMb);
  });
  return rows.medians;
}
