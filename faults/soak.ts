import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { BytezFault } from '../sandbox/bytez/bytez-fault.ts';
import { seededRandom } from '../sandbox/seeded-random.ts';
import type { TelegramFault } from '../sandbox/telegram/faults.ts';
import { atMost, type Check, none, type PartOptions, type PartReport, same, told } from './check.ts';
import { openScene, type Scene } from './scene.ts';
import { type Point, slopeOf } from './slope.ts';
import { SteadyLoad } from './steady-load.ts';
import type { Vitals } from './vitals.ts';

export type SoakSize = {
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly loadMs: number;
  readonly restMs: number;
  /** Absent where there are too few jobs to tell a slope from chance. */
  readonly mostMbPerThousand?: number;
};

export const fullSoak: SoakSize = {
  perSecond: 15,
  warmUpMs: 25_000,
  loadMs: 95_000,
  restMs: 6_000,
  mostMbPerThousand: 0.5,
};
export const shortSoak: SoakSize = { perSecond: 15, warmUpMs: 1_000, loadMs: 2_000, restMs: 1_500 };

const sampleEveryMs = 4_000;
/** What is made once, when it is needed for the first time, and then lives as long as the process. */
const madeOnce = 3;
const settlePatienceMs = 30_000;
const restPatienceMs = 20_000;

const providerFaults: readonly BytezFault[] = [
  { do: { kind: 'status', status: 500 }, when: { share: 0.08 } },
  { do: { kind: 'cut' }, when: { share: 0.03 } },
  { do: { kind: 'rate-limited', retryAfterS: 0.5 }, when: { share: 0.02 } },
  { do: { kind: 'gone-media', times: 1 }, when: { share: 0.03 } },
];

const telegramFaults: readonly TelegramFault[] = [
  { method: /^(?:send|edit)/, share: 0.01, do: { kind: '429', retryAfterS: 1 } },
  { method: /^(?:send|edit)/, share: 0.01, do: { kind: '5xx', status: 502 } },
];

/** Steady asking in mild weather: memory does not grow, and afterwards the bot's process is as it was before. */
export async function soak(size: SoakSize, { seed, progress }: PartOptions): Promise<PartReport> {
  await using scene = await openScene({
    keys: 4,
    seatsPerKey: 4,
    providerFaults,
    telegramFaults,
    latencyMs: 100,
    random: seededRandom(seed),
    inMemory: true,
    isProbed: true,
    env: { RETRY_DELAY_S: '0.1', IMAGE_TIMEOUT_S: '5', FREE_IMAGES_PER_DAY: '-1' },
  });
  scene.start();
  const load = new SteadyLoad(scene.telegram, size.perSecond);
  await load.askFor(size.warmUpMs);
  await settled(scene, load.asked);
  hangUp(scene);
  await pause(size.restMs);
  const before = await scene.vitals();
  progress(`warm after ${load.asked} requests: ${spoken(before)}`);

  const points: Point[] = [];
  const loadEndsMs = performance.now() + size.loadMs;
  const asking = load.askFor(size.loadMs);
  while (performance.now() < loadEndsMs) {
    await pause(Math.min(sampleEveryMs, loadEndsMs - performance.now()));
    points.push({ x: toldJobs(scene) / 1_000, y: (await scene.vitals()).heapMb });
  }
  await asking;
  const left = await settled(scene, load.asked);
  hangUp(scene);
  const after = await atRest(scene, before);
  progress(`at rest after ${load.asked} requests: ${spoken(after)}`);
  const code = await scene.stop();
  return {
    checks: [
      told('requests', `${load.asked}, ${size.perSecond} a second`),
      none('requests without an ending', left),
      ...(size.mostMbPerThousand === undefined
        ? []
        : [atMost('heap for each 1,000 jobs', slopeOf(points), size.mostMbPerThousand, ' MB')]),
      told('heap at rest, before and after', `${before.heapMb.toFixed(1)} MB, ${after.heapMb.toFixed(1)} MB`),
      told(
        'memory of the process, before and after',
        `${before.residentMb.toFixed(0)} MB, ${after.residentMb.toFixed(0)} MB`,
      ),
      ...backWhereItWas(before, after),
      none('rows of running jobs', count(scene, `SELECT count(*) AS n FROM jobs WHERE state = 'running'`)),
      none('updates not handled', count(scene, `SELECT count(*) AS n FROM inbox WHERE state <> 'handled'`)),
      none('files that are no result', strangeFiles(scene)),
      none(
        'troubles that no rule foresees',
        readFileSync(scene.logFile, 'utf8').split('"event":"app.error"').length - 1,
      ),
      same('exit code at the end', code ?? -1, 0),
    ],
  };
}

function backWhereItWas(before: Vitals, after: Vitals): readonly Check[] {
  return [
    atMost('timers at rest', after.timers, before.timers + madeOnce),
    atMost('abort signals alive at rest', after.signals, before.signals + madeOnce),
    atMost('active handles and requests at rest', after.resources, before.resources),
    atMost('file descriptors at rest', after.descriptors, before.descriptors),
  ];
}

/** Ends the connections that are only kept for the next call: how many there are says how much went on at once, no more. */
function hangUp({ telegram }: Scene): void {
  telegram.setOffline(true);
  telegram.setOffline(false);
}

/** Asks until everything is back where it was, or patience is over. */
async function atRest(scene: Scene, before: Vitals): Promise<Vitals> {
  const untilMs = performance.now() + restPatienceMs;
  for (;;) {
    await pause(500);
    const vitals = await scene.vitals();
    if (backWhereItWas(before, vitals).every(({ holds }) => holds) || performance.now() > untilMs) return vitals;
  }
}

/** Waits until everybody was told how each request ended; answers how many were not. */
async function settled(scene: Scene, asked: number): Promise<number> {
  const untilMs = performance.now() + settlePatienceMs;
  for (;;) {
    const left = asked - toldJobs(scene);
    if (left <= 0 || performance.now() > untilMs) return left;
    await pause(100);
  }
}

function toldJobs(scene: Scene): number {
  return count(scene, `SELECT count(*) AS n FROM jobs WHERE state = 'told'`);
}

function count({ dataDir }: Scene, sql: string): number {
  try {
    using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
    return Number(database.prepare(sql).get()?.['n'] ?? 0);
  } catch {
    // Not made yet.
    return 0;
  }
}

function strangeFiles({ dataDir }: Scene): number {
  return readdirSync(join(dataDir, 'results')).filter((name) => !/^job-.+\.png$/.test(name)).length;
}

function spoken({ heapMb, timers, signals, resources, descriptors }: Vitals): string {
  return `${heapMb.toFixed(1)} MB, ${timers} timers, ${signals} signals, ${resources} handles, ${descriptors} descriptors`;
}
