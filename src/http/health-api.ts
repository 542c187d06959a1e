import { Hono } from 'hono';
import type { Clock } from '../kit/clock.ts';

/** The parts of readiness; none of them throws. */
export type Vitals = {
  /** The database takes a write. */
  readonly databaseWritable: () => boolean;
  /** At least one key is ready or cooling. */
  readonly keysUsable: () => boolean;
  /** Telegram answered within the last two minutes. */
  readonly telegramAnswers: () => boolean;
};

/** Paths that need no token; they return no data. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * `/healthz`: the process runs. `/readyz`: it can serve. Everything else is behind the gate. An error goes to `onError` and
 * not to the client.
 */
export function healthApi(vitals: Vitals, onError: (error: unknown) => void = () => undefined): Hono {
  const api = new Hono();
  api.use(async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
    c.header('x-content-type-options', 'nosniff');
    // Otherwise an empty response is sent as a chunked body.
    if (c.res.body === null) c.header('content-length', '0');
  });
  api.get('/healthz', (c) => c.body(null, 200));
  api.get('/readyz', (c) => {
    const ready = vitals.databaseWritable() && vitals.keysUsable() && vitals.telegramAnswers();
    return c.body(null, ready ? 200 : 503);
  });
  api.notFound((c) => c.body(null, 404));
  api.onError((error, c) => {
    onError(error);
    return c.body(null, 500);
  });
  return api;
}

/** Caches the answer for `forMs`: a client that asks without a pause must not wear out the disk. */
export function cachedFor(clock: Clock, forMs: number, ask: () => boolean): () => boolean {
  let answer = false;
  let askedMs = -Infinity;
  return () => {
    if (clock.monotonicMs() - askedMs >= forMs) {
      answer = ask();
      askedMs = clock.monotonicMs();
    }
    return answer;
  };
}
