import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { BytezFault } from '../sandbox/bytez/bytez-fault.ts';
import { seededRandom } from '../sandbox/seeded-random.ts';
import type { TelegramFault } from '../sandbox/telegram/faults.ts';
import { atMost, type Check, none, type PartOptions, type PartReport, same, info } from './check.ts';
import { openSandboxedBot, type SandboxedBot } from './sandboxed-bot.ts';
import { type Point, slopeOf } from './slope.ts';
import { SteadyLoad } from './steady-load.ts';
import type { Vitals } from './vitals.ts';

export type SoakSize = {
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly loadMs: number;
  readonly restMs: number;
  /** Absent where there are too few jobs for a significant slope. */
  readonly maxMbPerThousand?: number;
};

export const fullSoak: SoakSize = {
  perSecond: 15,
  warmUpMs: 25_000,
  loadMs: 95_000,
  restMs: 6_000,
  maxMbPerThousand: 0.5,
};
export const shortSoak: SoakSize = { perSecond: 15, warmUpMs: 1_000, loadMs: 2_000, restMs: 1_500 };

const sampleEveryMs = 4_000;
/** Objects that are created at first use and live as long as the process. */
const lazyObjects = 3;
const maxSettleMs = 30_000;
const maxRestMs = 20_000;

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

/** A steady load with few faults: memory does not grow, and afterwards the bot's process is as before. */
export async function soak(size: SoakSize, { seed, progress }: PartOptions): Promise<PartReport> {
  await using bot = await openSandboxedBot({
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
  bot.start();
  const load = new SteadyLoad(bot.telegram, size.perSecond);
  await load.askFor(size.warmUpMs);
  await settled(bot, load.asked);
  closeIdleConnections(bot);
  await pause(size.restMs);
  const before = await bot.vitals();
  progress(`warm after ${load.asked} requests: ${vitalsWords(before)}`);

  const points: Point[] = [];
  const loadEndsMs = performance.now() + size.loadMs;
  const asking = load.askFor(size.loadMs);
  while (performance.now() < loadEndsMs) {
    await pause(Math.min(sampleEveryMs, loadEndsMs - performance.now()));
    points.push({ x: deliveredJobs(bot) / 1_000, y: (await bot.vitals()).heapMb });
  }
  await asking;
  const left = await settled(bot, load.asked);
  closeIdleConnections(bot);
  const after = await atRest(bot, before);
  progress(`at rest after ${load.asked} requests: ${vitalsWords(after)}`);
  const code = await bot.stop();
  return {
    checks: [
      info('requests', `${load.asked}, ${size.perSecond} a second`),
      none('requests without an ending', left),
      ...(size.maxMbPerThousand === undefined
        ? []
        : [atMost('heap for each 1,000 jobs', slopeOf(points), size.maxMbPerThousand, ' MB')]),
      info('heap at rest, before and after', `${before.heapMb.toFixed(1)} MB, ${after.heapMb.toFixed(1)} MB`),
      info(
        'memory of the process, before and after',
        `${before.residentMb.toFixed(0)} MB, ${after.residentMb.toFixed(0)} MB`,
      ),
      ...sameAsBefore(before, after),
      none('rows of running jobs', count(bot, `SELECT count(*) AS n FROM jobs WHERE state = 'running'`)),
      none('updates not handled', count(bot, `SELECT count(*) AS n FROM inbox WHERE state <> 'handled'`)),
      none('files that are not results', foreignFiles(bot)),
      none('unexpected errors', readFileSync(bot.logFile, 'utf8').split('"event":"app.error"').length - 1),
      same('exit code at the end', code ?? -1, 0),
    ],
  };
}

function sameAsBefore(before: Vitals, after: Vitals): readonly Check[] {
  return [
    atMost('timers at rest', after.timers, before.timers + lazyObjects),
    atMost('abort signals alive at rest', after.signals, before.signals + lazyObjects),
    atMost('active handles and requests at rest', after.resources, before.resources),
    atMost('file descriptors at rest', after.descriptors, before.descriptors),
  ];
}

/** Ends idle keep-alive connections, whose number depends on the load. */
function closeIdleConnections({ telegram }: SandboxedBot): void {
  telegram.setOffline(true);
  telegram.setOffline(false);
}

/** Polls until every resource is as before, or the time is over. */
async function atRest(bot: SandboxedBot, before: Vitals): Promise<Vitals> {
  const untilMs = performance.now() + maxRestMs;
  for (;;) {
    await pause(500);
    const vitals = await bot.vitals();
    if (sameAsBefore(before, vitals).every(({ holds }) => holds) || performance.now() > untilMs) return vitals;
  }
}

/** Waits until every request is delivered; returns how many are not. */
async function settled(bot: SandboxedBot, asked: number): Promise<number> {
  const untilMs = performance.now() + maxSettleMs;
  for (;;) {
    const left = asked - deliveredJobs(bot);
    if (left <= 0 || performance.now() > untilMs) return left;
    await pause(100);
  }
}

function deliveredJobs(bot: SandboxedBot): number {
  return count(bot, `SELECT count(*) AS n FROM jobs WHERE state = 'told'`);
}

function count({ dataDir }: SandboxedBot, sql: string): number {
  try {
    using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
    return Number(database.prepare(sql).get()?.['n'] ?? 0);
  } catch {
    // Not created yet.
    return 0;
  }
}

function foreignFiles({ dataDir }: SandboxedBot): number {
  return readdirSync(join(dataDir, 'results')).filter((name) => !/^job-.+\.png$/.test(name)).length;
}

function vitalsWords({ heapMb, timers, signals, resources, descriptors }: Vitals): string {
  return `${heapMb.toFixed(1)} MB, ${timers} timers, ${signals} signals, ${resources} handles, ${descriptors} descriptors`;
}
