import { Hono } from 'hono';
import type { Clock } from '../kit/clock.ts';

/** What readiness is made of; each answers for itself and throws nothing. */
export type Vitals = {
  /** The database takes a write. */
  readonly databaseWritable: () => boolean;
  /** At least one key is ready or only cools. */
  readonly keysUsable: () => boolean;
  /** Telegram answered within the last two minutes. */
  readonly telegramAnswers: () => boolean;
};

/** `/healthz`: the process lives. `/readyz`: it can serve. Both without data, and without a token (design 6.1). */
export function healthApi(vitals: Vitals): Hono {
  const api = new Hono();
  api.get('/healthz', (c) => c.body(null, 200));
  api.get('/readyz', (c) => {
    const ready = vitals.databaseWritable() && vitals.keysUsable() && vitals.telegramAnswers();
    return c.body(null, ready ? 200 : 503);
  });
  api.notFound((c) => c.body(null, 404));
  api.onError((_error, c) => c.body(null, 500));
  return api;
}

/** Asks at most once in `forMs`: whoever hammers the door must not wear out the disk behind it. */
export function remembered(clock: Clock, forMs: number, ask: () => boolean): () => boolean {
  let answer = false;
  let askedMs = -Infinity;
  return () => {
    if (clock.now() - askedMs >= forMs) {
      answer = ask();
      askedMs = clock.now();
    }
    return answer;
  };
}
