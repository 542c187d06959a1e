import { createRoute, z } from '@hono/zod-openapi';
import type { Emit } from '../domain/events.ts';
import type { Serving } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';
import type { Secret } from '../kit/secret.ts';
import { type RouteGroup, answer, createApi } from './api.ts';
import { dashboardPages, pageRoutes } from './dashboard/page-routes.ts';
import { Sessions } from './dashboard/sessions.ts';
import { type Area, createGate, digestsOf, FailedTries, isBearer, openPaths } from './gate.ts';
import type { Upgrades } from './events/event-socket.ts';
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

const readinessSchema = z
  .object({
    ready: z.boolean(),
    database: z.boolean(),
    keys: z.boolean(),
    models: z.boolean(),
    telegram: z.boolean(),
    /** What helps, one sentence for each part that is missing. */
    why: z.array(z.string()),
  })
  .openapi('Readiness');

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Does the process run?',
  security: [],
  responses: { 200: { description: 'It does.' } },
});

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Can the bot serve? Says with the token what is missing.',
  security: [{}, { token: [] }],
  responses: {
    200: answer(readinessSchema, 'It can; without the token the body is empty.'),
    503: answer(readinessSchema, 'Something is missing; without the token the body is empty.'),
  },
});

/** `/healthz`: the process runs. `/readyz`: it can serve; with the token it says what is missing. */
export function healthRoutes(vitals: Vitals): RouteGroup {
  return (api) => {
    api.openapi(healthz, (c) => c.body(null, 200));
    api.openAPIRegistry.registerPath(readyz);
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
  };
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
  /** Everything that is served besides health. */
  readonly routes?: readonly RouteGroup[];
  /** Parts of it with tokens and limits of their own. */
  readonly areas?: readonly Area[];
  readonly upgrades?: Upgrades;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Serves health and all routes behind the gate; errors are emitted and never thrown. */
export function listenHttp(options: ListenHttpOptions): Promise<Listening> {
  const { host, port, adminToken, vitals, routes = [], areas = [], upgrades, clock, emit } = options;
  const onError = (error: unknown, requestId?: string) => {
    const what = requestId === undefined ? 'answer an HTTP request' : `answer the HTTP request ${requestId}`;
    emit({ event: 'app.error', what, error });
  };
  const tokens = () => (adminToken === undefined ? [] : [adminToken]);
  const sessions = new Sessions({ digests: () => digestsOf(tokens()), clock });
  const tries = new FailedTries(clock);
  const { signedIn } = sessions;
  const gate = createGate({ open: openPaths, pages: dashboardPages, areas, signedIn, tries, tokens, host, clock });
  const pages = pageRoutes({ sessions, tries, hasToken: () => tokens().length > 0 });
  return listen(createApi([healthRoutes(vitals), pages, ...routes], onError), host, port, { gate, onError, upgrades });
}
