import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { AdminApi } from '../../domain/admin-api.ts';
import type { AppEvent } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { candidatesNamed } from '../../domain/job.ts';
import type { KeyView } from '../../domain/views.ts';
import { EventFeed } from '../../http/events/event-feed.ts';
import { eventSocket } from '../../http/events/event-socket.ts';
import type { Upgrades } from '../../http/events/event-socket.ts';
import { LendingService } from '../../keys/lending/lending-service.ts';
import { logLine } from '../../observability/logger.ts';
import { createMetrics, type Metrics } from '../../observability/metrics.ts';
import { understandAnswer } from '../../providers/understand-answer.ts';
import type { Core } from '../core.ts';
import { shareEvents } from '../processes/shared-events.ts';

type OperatorPartsOptions = {
  readonly config: Pick<Config, 'definitions' | 'providers'>;
  readonly core: Core;
  readonly named: (name: string) => ReturnType<typeof candidatesNamed>;
  readonly providers: ReadonlySet<ProviderName>;
  /** Takes secrets out of what goes to readers of events. */
  readonly redact: (line: string) => string;
};

/** What listens and counts for operators and their programs while the bot runs. */
export type OperatorParts = Disposable & {
  readonly admin: AdminApi;
  readonly lending: LendingService;
  readonly feed: EventFeed;
  readonly metrics: Metrics;
  readonly socket: Upgrades;
};

export function openOperatorParts({ config, core, named, providers, redact }: OperatorPartsOptions): OperatorParts {
  using opening = new DisposableStack();
  const { clock, events, pool, processes } = core;
  const admin = core.adminBy('http');
  const lending = opening.use(
    new LendingService({
      pool,
      named,
      understand: (wanted, said) =>
        understandAnswer(wanted, said, { settings: config.providers, ...config, clock, rules: core.failureRules }),
      usualMs: (provider) => usualMsOf(pool.snapshot(provider).keys),
      clock,
      newId: randomUUID,
      emit: events.emit,
    }),
  );
  const toLine = (event: AppEvent, facts: Readonly<Record<string, string>>) => redact(logLine(event, facts));
  const feed = opening.use(new EventFeed({ events, clock, toLine }));
  if (!processes.isAlone) opening.use(shareEvents({ feed, events, processes, toLine, clock }));
  const metrics = opening.use(
    createMetrics({
      events,
      keys: () => pool.snapshot().keys,
      stats: () => core.storage.engine.reader.stats(),
      alerts: () => admin.alerts(),
      spentToday: async () => (await admin.spending(clock.now(), 0)).days,
      providers,
      clock,
    }),
  );
  const opened = opening.move();
  return {
    admin,
    lending,
    feed,
    metrics,
    socket: eventSocket(feed, clock),
    [Symbol.dispose]: () => opened.dispose(),
  };
}

/** The mean of what calls with these keys take, as far as it is known. */
function usualMsOf(keys: readonly KeyView[]): number | undefined {
  const known = keys.flatMap(({ meanLatencyMs }) => (meanLatencyMs === undefined ? [] : [meanLatencyMs]));
  return known.length === 0 ? undefined : known.reduce((sum, ms) => sum + ms, 0) / known.length;
}
