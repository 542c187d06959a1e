import { Hono } from 'hono';
import type { Emit } from '../domain/events.ts';
import type { Serving } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';
import type { Secret } from '../kit/secret.ts';
import { createGate, isBearer } from './gate.ts';
import { type Listening, listen } from './listen.ts';

/** The parts of readiness; none of them throws. */
export type Vitals = {
  /** The database takes a write. */
  readonly databaseWritable: () => boolean;
  /** Whether a usable key and a model that its provider serves are there. */
  readonly serving: () => Serving;
  /** Telegram answered within the last two minutes. */
  readonly telegramAnswers: () => boolean;
};

const vitalNames = ['database', 'keys', 'models', 'telegram'] as const;

/** Why the bot is not ready, and what helps. */
const reasons = {
  database: 'the database or the results folder cannot be written; "darkroom doctor" says more',
  keys: 'no provider key is usable; "darkroom keys report" says why',
  models:
    'every provider whose keys are usable serves none of its models; "darkroom keys list" names it, another provider or model in the chains helps',
  telegram: 'Telegram has not answered for two minutes; "darkroom doctor --online" says why',
} as const satisfies Record<(typeof vitalNames)[number], string>;

/** Paths that need no token; they return no data. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * `/healthz`: the process runs. `/readyz`: it can serve; with the token it says what is missing. Everything else is behind the gate. An error goes to `onError` and
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
    const serving = vitals.serving();
    const state = {
      database: vitals.databaseWritable(),
      keys: serving !== 'no-key',
      models: serving !== 'no-model',
      telegram: vitals.telegramAnswers(),
    };
    const missing = vitalNames.filter((name) => !state[name]);
    const status = missing.length === 0 ? 200 : 503;
    // The gate lets a bearer through only when it is the token.
    if (!isBearer(c.req.header('authorization') ?? '')) return c.body(null, status);
    return c.json({ ready: missing.length === 0, ...state, why: missing.map((name) => reasons[name]) }, status);
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

export type ListenHttpOptions = {
  readonly host: string;
  readonly port: number;
  readonly adminToken: Secret | undefined;
  readonly vitals: Vitals;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Serves the health API behind its gate; its errors are emitted and never thrown. */
export function listenHttp({ host, port, adminToken, vitals, clock, emit }: ListenHttpOptions): Promise<Listening> {
  const onError = (error: unknown) => emit({ event: 'app.error', what: 'answer an HTTP request', error });
  const tokens = () => (adminToken === undefined ? [] : [adminToken]);
  const gate = createGate({ open: openPaths, tokens, host, clock });
  return listen(healthApi(vitals, onError), host, port, { gate, onError });
}
