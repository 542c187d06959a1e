import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { Agent, request, WebSocket } from 'undici';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';
import { bundleToday, start, today } from './life/contenders.ts';
import { processorMs, residentMb } from './life/process-facts.ts';
import { median } from './quantile.ts';

const adminToken = 'token-of-the-benchmark-0123456789-abcdef';
const width = 64;
const warmUp = 1_500;
const livesARound = 1_000;
/** Even: the second of a round comes first in the next. */
const rounds = 12;
const readings = 300;
const restMs = 8_000;
/** As Prometheus is often set; its own default is 60 s. */
const scrapeEveryMs = 5_000;
/** As the page reads: so long between two readings, or four times what the last one took. */
const gapMs = 120;
const gapInTimes = 4;
const pollMs = 5_000;

/**
 * What watching costs: the dashboard open at its overview and Prometheus scraping, beside the same bot with nobody looking.
 * Processor time of whole lives in turns in one process, so that both meet the same machine; memory of two that rest.
 */
export async function operators(progress: Progress): Promise<BenchmarkReport> {
  if (process.platform !== 'linux')
    return { figures: [], skipped: 'processor time is read from /proc, which is Linux' };
  process.setMaxListeners(50);
  bundleToday();
  const lives = await costOfLives(progress);
  progress('memory at rest');
  const [alone, unasked, watched] = [
    await restingMb('without a token'),
    await restingMb('unasked'),
    await restingMb('watched'),
  ];
  const memory = (what: string, app: number): Figure => ({
    what: `memory at rest, ${what}`,
    unit: 'MB',
    better: 'lower',
    app,
    rival: { name: 'without ADMIN_TOKEN', value: alone },
  });
  return { figures: [...lives, memory('dashboard closed', unasked), memory('dashboard open', watched)] };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const beside = (value: number) => ({ rival: { name: 'dashboard closed', value } });

async function costOfLives(progress: Progress): Promise<readonly Figure[]> {
  const port = await freePort();
  await using running = await start(today, { env: { ADMIN_TOKEN: adminToken, HTTP_PORT: String(port) } });
  const { world, pids } = running;
  await world.live(warmUp, width);
  const round = async () => {
    const beforeMs = processorMs(pids);
    const { seconds } = await world.live(livesARound, width);
    return { ms: (processorMs(pids) - beforeMs) / livesARound, rate: livesARound / seconds };
  };
  const [alone, watched]: [Awaited<ReturnType<typeof round>>[], Awaited<ReturnType<typeof round>>[]] = [[], []];
  for (let number = 0; number <= rounds; number += 1) {
    const first = number % 2 === 0 ? await round() : undefined;
    const seen = await (async () => {
      await using _ = await watch(port);
      return await round();
    })();
    const other = first ?? (await round());
    // The first round loads what is served.
    if (number === 0) continue;
    alone.push(other);
    watched.push(seen);
    progress(`round ${number} of ${rounds}: ${seen.ms.toFixed(2)} and ${other.ms.toFixed(2)} ms a life`);
  }
  // Work that is done once in thousands of lives falls into some rounds and not into others.
  const figures: Figure[] = [];
  for (const [what, path] of [
    ['the overview', '/api/overview'],
    ['/metrics', '/metrics'],
  ] as const) {
    const app = await costOfReading(port, path, pids);
    figures.push({ what: `processor time of one reading of ${what}`, unit: 'ms', better: 'lower', app });
  }
  const ms = (all: typeof alone) => mean(all.map((one) => one.ms));
  const rate = (all: typeof alone) => mean(all.map((one) => one.rate));
  return [
    ...figures,
    { what: 'processor time of a life, watched', unit: 'ms', better: 'lower', app: ms(watched), ...beside(ms(alone)) },
    { what: 'lives a second, watched', unit: 'a second', better: 'higher', app: rate(watched), ...beside(rate(alone)) },
  ];
}

/** Processor milliseconds of a reading while nothing else happens. */
async function costOfReading(port: number, path: string, pids: readonly number[]): Promise<number> {
  await using reader = openReader(port);
  for (let warm = 0; warm < 100; warm += 1) await reader.read(path);
  const beforeMs = processorMs(pids);
  for (let count = 0; count < readings; count += 1) await reader.read(path);
  return (processorMs(pids) - beforeMs) / readings;
}

/** Resident megabytes of a bot without work: one that serves health alone, one that could be watched, one that is. */
async function restingMb(who: 'without a token' | 'unasked' | 'watched'): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const port = await freePort();
    const env: Readonly<Record<string, string>> = who === 'without a token' ? {} : { ADMIN_TOKEN: adminToken };
    await using running = await start(today, { env: { ...env, HTTP_PORT: String(port) } });
    await using _ = who === 'watched' ? await watch(port) : undefined;
    await Promise.race([rest(restMs), running.process.died]);
    samples.push(residentMb(running.pids).now);
  }
  return median(samples);
}

function openReader(port: number) {
  const agent = new Agent();
  const headers = { authorization: `Bearer ${adminToken}` };
  return {
    headers,
    read: async (path: string): Promise<void> => {
      const answered = await request(`http://127.0.0.1:${port}${path}`, { headers, dispatcher: agent });
      if (answered.statusCode !== 200) throw new Error(`Cannot measure: ${path} answered HTTP ${answered.statusCode}`);
      await answered.body.text();
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** Looks as the page at its overview and as Prometheus do, until it is disposed. */
async function watch(port: number): Promise<AsyncDisposable> {
  const { read, headers, [Symbol.asyncDispose]: close } = openReader(port);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/?names`, { headers });
  await once(socket, 'open');
  let isStale = true;
  socket.addEventListener('message', () => (isStale = true));
  const leaving = new AbortController();
  const { signal } = leaving;
  const asPage = async () => {
    await read('/api/history?hours=24');
    for (let nextMs = 0; !signal.aborted;) {
      // Every five seconds also without an event.
      if (isStale || performance.now() > nextMs + pollMs) {
        isStale = false;
        const startMs = performance.now();
        await read('/api/overview');
        const tookMs = performance.now() - startMs;
        nextMs = performance.now() + Math.max(gapMs - tookMs, gapInTimes * tookMs);
      }
      await rest(Math.max(20, nextMs - performance.now()));
    }
  };
  const asPrometheus = async () => {
    while (!signal.aborted) {
      await read('/metrics');
      await rest(scrapeEveryMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const looking = [asPage(), asPrometheus()];
  return {
    [Symbol.asyncDispose]: async () => {
      leaving.abort();
      socket.close();
      await Promise.all(looking);
      await close();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
