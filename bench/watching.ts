import { once } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import { Agent, request, WebSocket } from 'undici';

export const adminToken = 'token-of-the-benchmark-0123456789-abcdef';
/** As Prometheus is often set; its own default is 60 s. */
const scrapeEveryMs = 5_000;
/** As the page reads: so long between two readings, or four times what the last one took. */
const gapMs = 120;
const gapInTimes = 4;
const pollMs = 5_000;

/** When Prometheus comes next. It goes on where it was, so that short watches are scraped as often as a long one. */
export type ScrapeRhythm = { inMs: number };

export const newRhythm = (): ScrapeRhythm => ({ inMs: Math.random() * scrapeEveryMs });

/** Reads with the token; anything but HTTP 200 throws. */
export function openReader(port: number) {
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

/**
 * Looks as the page at its overview and as Prometheus do, until it is disposed. Resolves when the page has loaded what it
 * reads once.
 */
export async function watch(port: number, rhythm: ScrapeRhythm): Promise<AsyncDisposable> {
  const { read, headers, [Symbol.asyncDispose]: close } = openReader(port);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/?names`, { headers });
  await once(socket, 'open');
  let isStale = true;
  socket.addEventListener('message', () => (isStale = true));
  const leaving = new AbortController();
  const { signal } = leaving;
  const asPage = async () => {
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
      const startMs = performance.now();
      await rest(rhythm.inMs, undefined, { signal }).catch(() => undefined);
      rhythm.inMs -= performance.now() - startMs;
      if (signal.aborted) return;
      await read('/metrics');
      rhythm.inMs = scrapeEveryMs;
    }
  };
  await read('/api/history?hours=24');
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
