import type { AppEvent } from '../domain/events.ts';
import { EventFeed } from '../http/events/event-feed.ts';
import { eventSocket } from '../http/events/event-socket.ts';
import { logLine } from '../observability/logger.ts';
import { randomUUID } from 'node:crypto';
import type { KeyView } from '../domain/views.ts';
import { LeaseDesk } from '../keys/lending/lease-desk.ts';
import { understandAnswer } from '../providers/understand-answer.ts';
import type { Config } from '../config/config.ts';
import { candidatesNamed } from '../domain/job.ts';
import type { Area } from '../http/gate.ts';
import { type ListenHttpOptions, listenHttp } from '../http/serve-http.ts';
import type { Listening } from '../http/listen.ts';
import type { TelegramWebhook } from '../http/telegram-webhook.ts';
import type { Core } from './open-core.ts';
import { StartError } from './start-error.ts';

export type OpenHttpOptions = Omit<ListenHttpOptions, 'routes' | 'areas' | 'clock' | 'emit'> & {
  readonly config: Pick<Config, 'definitions' | 'providers' | 'budgetCurrency' | 'budgets'>;
  readonly core: Core;
  /** Takes secrets out of what goes to readers of events. */
  readonly redact: (line: string) => string;
  /** Where Telegram sends updates, and who takes them; undefined where they are polled for. */
  readonly telegram: TelegramWebhook | undefined;
};

/**
 * Serves everything that is asked for over HTTP; the routes are loaded when somebody asks for one. Throws a StartError that
 * says why it cannot listen and what to do.
 */
export async function openHttp({ config, core, telegram, redact, ...options }: OpenHttpOptions): Promise<Listening> {
  await using opening = new AsyncDisposableStack();
  const { host, port } = options;
  const { clock, events, gateway } = core;
  const admin = core.adminBy('http');
  const onError = (error: unknown, requestId: string) =>
    events.emit({ event: 'app.error', what: `answer the call ${requestId}`, error });
  const providers = new Set(config.definitions.map(({ name }) => name));
  const named = (name: string) => candidatesNamed(name, core.chains, providers);
  const lending = opening.use(
    new LeaseDesk({
      pool: core.pool,
      named,
      understand: (wanted, said) =>
        understandAnswer(wanted, said, { settings: config.providers, ...config, clock, rules: core.failureRules }),
      usualMs: (provider) => usualMsOf(core.pool.snapshot(provider).keys),
      clock,
      newId: randomUUID,
      emit: events.emit,
    }),
  );
  const toLine = (event: AppEvent, facts: Readonly<Record<string, string>>) => redact(logLine(event, facts));
  const feed = opening.use(new EventFeed({ events, clock, toLine }));
  // Nobody can ask for metrics without the token.
  const metrics =
    options.adminToken === undefined
      ? undefined
      : opening.use(
          (await import('../observability/metrics.ts')).createMetrics({
            events,
            keys: () => core.pool.snapshot().keys,
            stats: () => core.storage.engine.reader.stats(),
            alerts: () => admin.alerts(),
            costs: (sinceMs) => admin.costs(sinceMs),
            providers,
            clock,
          }),
        );
  const routes = async () => {
    const { httpRoutes } = await import('./http-routes.ts');
    return httpRoutes({ config, core, telegram, admin, lending, feed, metrics, named, providers, onError });
  };
  const areas: readonly Area[] = [
    ...(gateway === undefined ? [] : [(await import('../http/gateway/gateway.ts')).gatewayArea(gateway)]),
    ...(telegram === undefined ? [] : [(await import('../http/telegram-webhook.ts')).telegramArea(telegram)]),
  ];
  try {
    const listening = opening.use(
      await listenHttp({ ...options, routes, areas, upgrades: eventSocket(feed, clock), clock, emit: events.emit }),
    );
    const opened = opening.move();
    return { url: listening.url, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const fix =
      code === 'EADDRINUSE'
        ? 'something else listens there; stop it or set HTTP_PORT to a free port'
        : `the system says ${code}; set HTTP_HOST and HTTP_PORT to an address of this machine that you may use`;
    throw new StartError(`Cannot listen on ${host}:${port}: ${fix}`, { cause: error });
  }
}

/** The mean of what calls with these keys take, as far as it is known. */
function usualMsOf(keys: readonly KeyView[]): number | undefined {
  const known = keys.flatMap(({ meanLatencyMs }) => (meanLatencyMs === undefined ? [] : [meanLatencyMs]));
  return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
}
