import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '../src/kit/clock.ts';
import { startBytezSandbox } from '../sandbox/bytez/bytez-sandbox.ts';
import type { BenchmarkReport, Progress } from './figure.ts';
import { type Asked, type FloodTelegram, startFloodTelegram } from './flood-telegram.ts';
import { probed } from './memory-probe.ts';
import { type NodeProcess, startNode } from './node-process.ts';
import { quantile } from './quantile.ts';
import { scratch } from './scratch.ts';

const perSecond = 2_000;
const seconds = 10;
const tickMs = 10;
const maxTotalMs = 180_000;
const botId = 100_000_004;
const token = `${botId}:token-of-the-benchmarks-opens-nothing`;
const key = 'bench-key-one';
const root = join(import.meta.dirname, '..');
const memory = z.object({ peakRssBytes: z.number() });

type Flooded = {
  readonly takenASecond: number;
  readonly answeredASecond: number;
  readonly firstSecondP50Ms: number;
  readonly latestMs: number;
  readonly peakMb: number;
};

/** Two thousand people a second ask for a picture, for ten seconds: what is taken, what is answered, and at what cost. */
export async function flood(progress: Progress): Promise<BenchmarkReport> {
  const app = await floodApp(progress);
  const bare = await floodBare(progress);
  const rival = (value: number) => ({ name: 'bare grammY bot', value });
  const figure = (what: string, unit: string, better: 'lower' | 'higher', read: (one: Flooded) => number) => ({
    what,
    unit,
    better,
    app: read(app),
    rival: rival(read(bare)),
  });
  const flooding = `${perSecond} a second for ${seconds} s`;
  return {
    figures: [
      figure(`taken for good, ${flooding}`, 'a second', 'higher', (one) => one.takenASecond),
      figure('answered meanwhile and after', 'a second', 'higher', (one) => one.answeredASecond),
      figure('answer to who asked in the first second, p50', 'ms', 'lower', (one) => one.firstSecondP50Ms),
      figure('longest wait for an answer', 'ms', 'lower', (one) => one.latestMs),
      figure('memory at its peak', 'MB', 'lower', (one) => one.peakMb),
    ],
  };
}

async function floodApp(progress: Progress): Promise<Flooded> {
  await using opened = new AsyncDisposableStack();
  const { dir } = opened.use(scratch());
  const telegram = opened.use(await startFloodTelegram(botId));
  const bytez = opened.use(await startBytezSandbox({ clock: systemClock, accounts: [{ name: key, key }] }));
  bytez.hold();
  const process = opened.use(
    startNode({
      args: [...probed, join(root, 'bin/darkroom.js'), 'start'],
      cwd: dir,
      env: {
        TELEGRAM_BOT_TOKEN: token,
        TELEGRAM_API_ROOT: telegram.url,
        BYTEZ_API_KEY: key,
        BYTEZ_BASE_URL: bytez.baseUrl,
        DATA_DIR: join(dir, 'data'),
        HTTP_PORT: '0',
        DRAIN_S: '0',
        MAX_WAIT_S: '2592000',
      },
    }),
  );
  return await measured('darkroom', telegram, process, progress);
}

async function floodBare(progress: Progress): Promise<Flooded> {
  await using opened = new AsyncDisposableStack();
  const { dir } = opened.use(scratch());
  const telegram = opened.use(await startFloodTelegram(botId));
  const process = opened.use(
    startNode({
      args: [...probed, join(import.meta.dirname, 'processes/bare-bot.js')],
      cwd: dir,
      env: { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: telegram.url },
    }),
  );
  return await measured('bare bot', telegram, process, progress);
}

async function measured(
  name: string,
  telegram: FloodTelegram,
  process: NodeProcess,
  progress: Progress,
): Promise<Flooded> {
  // Up and warm: somebody alone has been answered.
  telegram.say(1, '/generate a red fox');
  await until(() => telegram.answered === 1, process);
  const beganMs = performance.now();
  const people = perSecond * seconds;
  const said = sendAll(telegram, people, beganMs);
  await until(() => telegram.answered === people + 1 && telegram.held === 0, process);
  await said;
  const all = [...telegram.asked.values()].slice(1);
  const { peakRssBytes } = memory.parse(await process.ask('memory'));
  const result: Flooded = {
    takenASecond: rateOf(all, beganMs, ({ takenMs }) => takenMs),
    answeredASecond: rateOf(all, beganMs, ({ answeredMs }) => answeredMs),
    firstSecondP50Ms: quantile(all.slice(0, perSecond).map(waitOf), 0.5),
    latestMs: Math.max(...all.map(waitOf)),
    peakMb: peakRssBytes / 1e6,
  };
  progress(`${name}: ${Math.round(result.answeredASecond)} a second, ${Math.round(result.peakMb)} MB at most`);
  return result;
}

/** As many as are due by now, tick by tick. */
async function sendAll(telegram: FloodTelegram, people: number, beganMs: number): Promise<void> {
  for (let said = 0; said < people;) {
    const due = Math.min(people, Math.ceil(((performance.now() - beganMs) * perSecond) / 1_000));
    for (; said < due; said += 1) telegram.say(1_000 + said, '/generate a red fox in the snow');
    await sleep(tickMs);
  }
}

async function until(holds: () => boolean, process: NodeProcess): Promise<void> {
  const untilMs = performance.now() + maxTotalMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`Cannot measure: not everybody was answered in ${maxTotalMs} ms`);
    await Promise.race([sleep(tickMs), process.died]);
  }
}

function waitOf({ askedMs, answeredMs = Infinity }: Asked): number {
  return answeredMs - askedMs;
}

function rateOf(all: readonly Asked[], beganMs: number, read: (one: Asked) => number | undefined): number {
  const last = Math.max(...all.map((one) => read(one) ?? Infinity));
  return (all.length * 1_000) / (last - beganMs);
}
