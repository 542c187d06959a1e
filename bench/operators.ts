import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';
import { type Interval, medianWithin } from './interval.ts';
import { bundleToday, type Running, start, today } from './life/contenders.ts';
import { loadMemory, loadProcessorMs, type Memory, probed } from './memory-probe.ts';
import { median } from './quantile.ts';
import { adminToken, newRhythm, openReader, type ScrapeRhythm, watch } from './watching.ts';

const width = 64;
const warmUp = 800;
const livesATurn = 200;
/** Even: who is first in one block is second in the next. */
const blocks = 12;
const readings = 300;
const restMs = 12_000;
const memoryRounds = 3;

/**
 * What watching costs: the dashboard open at its overview and Prometheus scraping, beside the same bot with nobody looking.
 * `OPERATORS_PARTS=lives,readings,memory` measures only those parts.
 */
export async function operators(progress: Progress): Promise<BenchmarkReport> {
  if (process.platform !== 'linux')
    return { figures: [], skipped: 'processor time is read from /proc, which is Linux' };
  process.setMaxListeners(50);
  bundleToday();
  const wanted = process.env['OPERATORS_PARTS']?.split(',');
  const figures: Figure[] = [];
  for (const [part, measure] of Object.entries({ lives: costOfLives, readings: costOfReadings, memory: costAtRest })) {
    if (wanted?.includes(part) === false) continue;
    progress(part);
    figures.push(...(await measure(progress)));
  }
  return { figures };
}

type Bot = { readonly running: Running; readonly port: number; readonly rhythm: ScrapeRhythm };
type Turn = { readonly ms: number; readonly rate: number };

async function openBot(opened: AsyncDisposableStack, hasToken = true): Promise<Bot> {
  const port = await freePort();
  const env: Readonly<Record<string, string>> = hasToken ? { ADMIN_TOKEN: adminToken } : {};
  const running = opened.use(await start(today, { nodeOptions: probed, env: { ...env, HTTP_PORT: String(port) } }));
  return { running, port, rhythm: newRhythm() };
}

/**
 * Two bots live at once and take short turns of so many lives; in each block each of them is watched in one turn and not in
 * the other, so that neither the machine nor the luck of a process speaks for one side. A block gives one difference.
 */
async function costOfLives(progress: Progress): Promise<readonly Figure[]> {
  await using opened = new AsyncDisposableStack();
  const pair = [await openBot(opened), await openBot(opened)] as const;
  for (const { running, port, rhythm } of pair) {
    await running.world.live(warmUp, width);
    await using _ = await watch(port, rhythm);
    await running.world.live(livesATurn, width);
  }
  const all: { readonly watched: Turn; readonly alone: Turn }[] = [];
  const costs: { readonly ms: number; readonly rate: number }[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const ofBlock: typeof all = [];
    for (const bot of block % 4 < 2 ? pair : pair.toReversed()) {
      const first = block % 2 === 0 ? await turnOf(bot, 'watched') : undefined;
      const alone = await turnOf(bot, 'alone');
      ofBlock.push({ watched: first ?? (await turnOf(bot, 'watched')), alone });
    }
    all.push(...ofBlock);
    const share = (of: keyof Turn) =>
      Math.expm1(ofBlock.reduce((sum, { watched, alone }) => sum + Math.log(watched[of] / alone[of]), 0) / 2) * 100;
    costs.push({ ms: share('ms'), rate: -share('rate') });
  }
  const figures: Figure[] = [];
  for (const [of, what] of [
    ['ms', 'watching costs of the processor time of a life'],
    ['rate', 'watching costs of the lives a second'],
  ] as const) {
    const cost = medianWithin(costs.map((one) => one[of]));
    progress(`${what}: ${inWords(cost)}`);
    for (const [name, value] of [
      ['median', cost.median],
      ['95 % interval from', cost.low],
      ['95 % interval to', cost.high],
    ] as const)
      figures.push({ what: `${what}, ${name}`, unit: '%', better: 'lower', app: value, rival: goal });
  }
  const middle = (who: 'watched' | 'alone', of: keyof Turn) => median(all.map((one) => one[who][of]));
  const beside = (of: keyof Turn) => ({ rival: { name: 'dashboard closed', value: middle('alone', of) } });
  return [
    ...figures,
    {
      what: 'processor time of a life, watched',
      unit: 'ms',
      better: 'lower',
      app: middle('watched', 'ms'),
      ...beside('ms'),
    },
    {
      what: 'lives a second, watched',
      unit: 'a second',
      better: 'higher',
      app: middle('watched', 'rate'),
      ...beside('rate'),
    },
  ];
}

const goal = { name: 'the goal', value: 2 };
const inWords = ({ median: middle, low, high }: Interval) =>
  `${middle.toFixed(2)} % (95 % interval ${low.toFixed(2)} to ${high.toFixed(2)} %)`;

async function turnOf({ running, port, rhythm }: Bot, who: 'watched' | 'alone'): Promise<Turn> {
  await using _ = who === 'watched' ? await watch(port, rhythm) : undefined;
  const beforeMs = await loadProcessorMs(running.process);
  const { seconds } = await running.world.live(livesATurn, width);
  const usedMs = (await loadProcessorMs(running.process)) - beforeMs;
  return { ms: usedMs / livesATurn, rate: livesATurn / seconds };
}

/** Processor milliseconds of a reading while nothing else happens. */
async function costOfReadings(): Promise<readonly Figure[]> {
  await using opened = new AsyncDisposableStack();
  const { running, port } = await openBot(opened);
  await running.world.live(warmUp, width);
  const reader = opened.use(openReader(port));
  const figures: Figure[] = [];
  for (const [what, path] of [
    ['the overview', '/api/overview'],
    ['/metrics', '/metrics'],
  ] as const) {
    for (let warm = 0; warm < 100; warm += 1) await reader.read(path);
    const beforeMs = await loadProcessorMs(running.process);
    for (let count = 0; count < readings; count += 1) await reader.read(path);
    const app = ((await loadProcessorMs(running.process)) - beforeMs) / readings;
    figures.push({ what: `processor time of one reading of ${what}`, unit: 'ms', better: 'lower', app });
  }
  return figures;
}

/** Resident memory of bots without work: one that serves health alone, one that could be watched, one that is. */
async function costAtRest(progress: Progress): Promise<readonly Figure[]> {
  const kinds = ['without ADMIN_TOKEN', 'dashboard closed', 'dashboard open'] as const;
  const samples = kinds.map(() => [] as Memory[]);
  for (let round = 1; round <= memoryRounds; round += 1) {
    await using opened = new AsyncDisposableStack();
    const bots: Bot[] = [];
    for (const kind of kinds) bots.push(await openBot(opened, kind !== 'without ADMIN_TOKEN'));
    for (const [index, { port, rhythm }] of bots.entries())
      if (kinds[index] === 'dashboard open') opened.use(await watch(port, rhythm));
    await Promise.race([rest(restMs), ...bots.map(({ running }) => running.process.died)]);
    for (const [index, { running }] of bots.entries()) samples[index]?.push(await loadMemory(running.process));
    progress(samples.map((of) => of.map(({ afterGcMb }) => afterGcMb.toFixed(1)).join(' ')).join(' | '));
  }
  const [alone = [], ...others] = samples;
  return (['atRestMb', 'afterGcMb'] as const).flatMap((when) =>
    others.map((of, index): Figure => ({
      what: `memory at rest, ${kinds[index + 1] ?? ''}${when === 'afterGcMb' ? ', garbage collected' : ''}`,
      unit: 'MB',
      better: 'lower',
      app: median(of.map((one) => one[when])),
      rival: { name: kinds[0], value: median(alone.map((one) => one[when])) },
    })),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
