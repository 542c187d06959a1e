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
const warmUp = 1_000;
const livesARound = 2_000;
/** Even: whoever comes second in a round comes first in the next. */
const rounds = 8;
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
  const [alone, watched] = [await restingMb('nobody'), await restingMb('dashboard and metrics')];
  return {
    figures: [
      ...lives,
      { what: 'memory at rest, watched', unit: 'MB', better: 'lower', app: watched, ...beside(alone) },
    ],
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const beside = (value: number) => ({ rival: { name: 'nobody looks', value } });

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
  const ms = (all: typeof alone) => mean(all.map((one) => one.ms));
  const rate = (all: typeof alone) => mean(all.map((one) => one.rate));
  return [
    { what: 'processor time of a life, watched', unit: 'ms', better: 'lower', app: ms(watched), ...beside(ms(alone)) },
    { what: 'lives a second, watched', unit: 'a second', better: 'higher', app: rate(watched), ...beside(rate(alone)) },
  ];
}

/** Resident megabytes of a bot without work: one that serves health alone, or one with a dashboard that stays open. */
async function restingMb(who: 'nobody' | 'dashboard and metrics'): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const port = await freePort();
    const env = who === 'nobody' ? {} : { ADMIN_TOKEN: adminToken };
    await using running = await start(today, { env: { ...env, HTTP_PORT: String(port) } });
    await using _ = who === 'nobody' ? undefined : await watch(port);
    await Promise.race([rest(restMs), running.process.died]);
    samples.push(residentMb(running.pids).now);
  }
  return median(samples);
}

/** Looks as the page at its overview and as Prometheus do, until it is disposed. */
async function watch(port: number): Promise<AsyncDisposable> {
  const agent = new Agent();
  const headers = { authorization: `Bearer ${adminToken}` };
  const read = async (path: string) => {
    const answered = await request(`http://127.0.0.1:${port}${path}`, { headers, dispatcher: agent });
    if (answered.statusCode !== 200) throw new Error(`Cannot measure: ${path} answered HTTP ${answered.statusCode}`);
    await answered.body.text();
  };
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
      await agent.destroy();
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
