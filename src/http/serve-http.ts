import type { Emit } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';
import type { LiveSecret } from '../kit/secret.ts';
import type { RouteGroup } from './api.ts';
import { dashboardPages } from './dashboard/page-files.ts';
import { Sessions } from './dashboard/sessions.ts';
import type { Upgrades } from './events/event-socket.ts';
import {
  type Area,
  areaOf,
  type Caller,
  createGate,
  digestsOf,
  FailedTries,
  type Halves,
  isBearer,
  openPaths,
  type Refusal,
} from './gate.ts';
import { type Listening, listen } from './listen.ts';
import { readinessOf, type Vitals } from './readiness.ts';

export type ListenHttpOptions = {
  readonly host: string;
  readonly port: number;
  /** Without a token nothing but health is served. */
  readonly adminToken: LiveSecret;
  readonly vitals: Vitals;
  /** Loads everything that is served besides health and pages, at the first request for any of it. */
  readonly routes?: () => Promise<readonly RouteGroup[]>;
  /** Parts of it with tokens and limits of their own. */
  readonly areas?: readonly Area[];
  readonly upgrades?: Upgrades;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Serves health and all routes behind the gate; errors are emitted and never thrown. The routes and the libraries below
 * them are loaded with the first request that is not for health.
 */
export function listenHttp(options: ListenHttpOptions): Promise<Listening> {
  const { host, port, adminToken, vitals, routes = async () => [], areas = [], upgrades, clock, emit } = options;
  const onError = (error: unknown, requestId?: string) => {
    const what = requestId === undefined ? 'answer an HTTP request' : `answer the HTTP request ${requestId}`;
    emit({ event: 'app.error', what, error });
  };
  const tokens = () => (adminToken.now === undefined ? [] : [adminToken.now]);
  const sessions = new Sessions({ digests: () => digestsOf(tokens()), clock });
  const tries = new FailedTries(clock);
  const { signedIn } = sessions;
  const gate = createGate({ open: openPaths, pages: dashboardPages, areas, signedIn, tries, tokens, host, clock });
  const build = async () => {
    const [{ createApi }, { healthRoutes }, { pageRoutes }, others] = await Promise.all([
      import('./api.ts'),
      import('./health-api.ts'),
      import('./dashboard/page-routes.ts'),
      routes(),
    ]);
    const pages = pageRoutes({ sessions, tries, hasToken: () => tokens().length > 0 });
    return createApi([healthRoutes(vitals), pages, ...others], onError);
  };
  let building: ReturnType<typeof build> | undefined;
  const api = {
    fetch: async (request: Request, env?: object) => {
      try {
        building ??= build();
        return await (await building).fetch(request, env);
      } catch (error) {
        onError(error);
        throw error;
      }
    },
  };
  const direct = (caller: Caller, halves: Halves) => areaOf(caller.target, areas)?.answer?.(caller, halves) === true;
  return listen(api, host, port, { gate, onError, upgrades, known: (caller) => healthAnswer(caller, vitals), direct });
}

/**
 * The answer to supervisors, who ask for ever and for nothing else: it needs none of the code of the other routes. Undefined
 * for every other request, and where a vital throws: then the API answers, and says so.
 */
function healthAnswer({ method, target, authorizations }: Caller, vitals: Vitals): Refusal | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const path = target.split('?', 1)[0];
  if (path === '/healthz') return { status: 200 };
  if (path !== '/readyz') return undefined;
  try {
    const readiness = readinessOf(vitals);
    const status = readiness.ready ? 200 : 503;
    // The gate lets a bearer through only when it is the token.
    return { status, ...(isBearer(authorizations[0] ?? '') ? { body: JSON.stringify(readiness) } : {}) };
  } catch {
    return undefined;
  }
}
