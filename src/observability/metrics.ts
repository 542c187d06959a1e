import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AlertSeverity } from '../domain/alert.ts';
import { alertSeverities } from '../domain/alert.ts';
import type { DaySpending } from '../domain/costs.ts';
import type { EngineStats } from '../domain/job-engine.ts';
import type { EventBus } from '../domain/event-bus.ts';
import type { ProviderName } from '../domain/ids.ts';
import { lanes } from '../domain/kinds.ts';
import { availabilityOf, cooldownUntilMs, type KeyView, poolViewOf } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';

export type MetricsOptions = {
  readonly events: Pick<EventBus, 'on'>;
  readonly keys: () => readonly KeyView[];
  readonly stats: () => Promise<EngineStats>;
  readonly alerts: () => Promise<readonly { readonly severity: AlertSeverity }[]>;
  /** What was spent on the UTC day of this moment, by provider. */
  readonly spentToday: () => Promise<readonly Pick<DaySpending, 'provider' | 'usd'>[]>;
  /** The providers that may be a label; everything else is `other`. */
  readonly providers: ReadonlySet<ProviderName>;
  readonly clock: Pick<Clock, 'now'>;
};

export type Metrics = Disposable & {
  readonly contentType: string;
  /** The state of this moment in the text format of Prometheus. */
  readonly text: () => Promise<string>;
};

const callSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 90, 180, 300];
const jobSeconds = [1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1_800, 3_600];
const keyStates = ['ready', 'cooling', 'benched', 'disabled'] as const;

/**
 * Counts events and shows the state of keys, lines and alerts for Prometheus. Labels are providers of this installation,
 * kinds, lanes and codes of closed lists: never a model, a key, a job or a person, so that there are always equally many.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const { events, keys, stats, alerts, spentToday, providers, clock } = options;
  const register = new Registry();
  const registers = [register];
  const nameOf = (provider: string): string => (providers.has(provider) ? provider : 'other');
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[] = [],
  ) => new Histogram({ name, help, buckets, labelNames: [...labelNames], registers });

  const accepted = counter('darkroom_jobs_accepted_total', 'Requests that were accepted.', ['kind', 'lane']);
  const delivered = counter('darkroom_jobs_delivered_total', 'Results that reached their person.');
  const failed = counter('darkroom_jobs_failed_total', 'Jobs that ended without a result.', ['code']);
  const cancelled = counter('darkroom_jobs_cancelled_total', 'Jobs that were cancelled.');
  const duration = histogram('darkroom_job_duration_seconds', 'From acceptance to delivery.', jobSeconds);
  const waited = histogram('darkroom_job_wait_seconds', 'From acceptance to the first start.', jobSeconds, [
    'provider',
  ]);
  const attempts = counter('darkroom_attempts_total', 'Calls of providers, by how they ended.', ['provider', 'result']);
  const calls = histogram('darkroom_attempt_duration_seconds', 'Calls of providers.', callSeconds, ['provider']);
  const leases = counter('darkroom_leases_ended_total', 'Seats that came back from other programs.', ['how']);
  const errors = counter('darkroom_errors_total', 'Errors that no rule foresees.');

  const listening = new DisposableStack();
  const on: EventBus['on'] = (names, listener) => listening.use(events.on(names, listener));
  on(['job.accepted'], ({ kind, lane }) => accepted.inc({ kind, lane }));
  on(['job.started'], ({ line, waitedMs }) => waited.observe({ provider: nameOf(line) }, seconds(waitedMs)));
  on(['job.delivered'], ({ ms }) => {
    delivered.inc();
    duration.observe(seconds(ms));
  });
  on(['job.failed'], ({ code }) => failed.inc({ code }));
  on(['job.cancelled'], () => cancelled.inc());
  on(['attempt.succeeded', 'attempt.failed'], (event) => {
    const provider = nameOf(event.keyName.slice(0, event.keyName.lastIndexOf(' #')));
    const result = event.event === 'attempt.failed' ? event.failure.reason : 'succeeded';
    attempts.inc({ provider, result });
    calls.observe({ provider }, seconds(event.ms));
  });
  on(['lease.ended'], ({ how }) => leases.inc({ how }));
  on(['app.error'], () => errors.inc());

  const keyCount = gauge('darkroom_keys', 'Keys by state; a half-open or suspect key counts as ready.', [
    'provider',
    'state',
  ]);
  const inFlight = gauge('darkroom_calls_in_flight', 'Calls and leases that hold a seat.', ['provider']);
  const taking = gauge('darkroom_provider_takes_calls', '1 when a key of the provider takes calls.', ['provider']);
  const cooldown = gauge('darkroom_provider_cooldown_seconds', 'Until the first key takes calls again.', ['provider']);
  const lines = gauge('darkroom_line_jobs', 'Jobs in the line of a provider.', ['provider', 'state', 'lane']);
  const undelivered = gauge('darkroom_jobs_undelivered', 'Jobs that have ended and are not delivered.');
  const raised = gauge('darkroom_alerts', 'Alerts that are raised.', ['severity']);
  const spent = gauge('darkroom_spent_today_usd', 'Spent on this UTC day, as far as prices are known.', ['provider']);
  const collected = gauge('darkroom_collector_up', '0 when a part of this page could not be read.', ['collector']);
  const cpu = counter('process_cpu_seconds_total', 'CPU time of the process.');
  const memory = gauge('process_resident_memory_bytes', 'Resident memory of the process.');
  const heap = gauge('nodejs_heap_size_used_bytes', 'Heap that JavaScript uses.');
  gauge('process_start_time_seconds', 'Start of the process, in seconds since 1970.').set(
    Math.round(clock.now() / 1_000 - process.uptime()),
  );

  const showKeys = () => {
    for (const each of [keyCount, inFlight, taking, cooldown]) each.reset();
    for (const [provider, own] of byProvider(keys(), nameOf)) {
      const view = poolViewOf(own);
      for (const state of keyStates) keyCount.set({ provider, state }, view[state]);
      const availability = availabilityOf(own);
      taking.set({ provider }, availability.kind === 'taking' ? 1 : 0);
      const untilMs = cooldownUntilMs(availability);
      if (untilMs !== undefined) cooldown.set({ provider }, Math.max(0, seconds(untilMs - clock.now())));
      inFlight.set(
        { provider },
        own.reduce((sum, key) => sum + key.inFlight, 0),
      );
    }
  };
  const showLines = async () => {
    const { lines: all, undelivered: waiting } = await stats();
    lines.reset();
    undelivered.set(waiting);
    for (const { line, waiting: inLine, running } of all) {
      const provider = nameOf(line);
      for (const lane of lanes) lines.inc({ provider, state: 'waiting', lane }, inLine[lane]);
      lines.inc({ provider, state: 'running', lane: 'all' }, running);
    }
  };
  const showSpending = async () => {
    const today = await spentToday();
    spent.reset();
    for (const { provider, usd } of today) spent.inc({ provider: nameOf(provider) }, usd);
  };
  const showAlerts = async () => {
    const open = await alerts();
    for (const severity of alertSeverities) {
      raised.set({ severity }, open.filter((alert) => alert.severity === severity).length);
    }
  };
  /** A part that cannot be read keeps no other from being shown. */
  const collect = async (collector: string, show: () => void | Promise<void>) => {
    try {
      await show();
      collected.set({ collector }, 1);
    } catch {
      collected.set({ collector }, 0);
    }
  };
  let cpuSeconds = 0;

  return {
    contentType: register.contentType,
    text: async () => {
      await collect('keys', showKeys);
      await collect('alerts', showAlerts);
      await collect('lines', showLines);
      await collect('costs', showSpending);
      const { user, system } = process.cpuUsage();
      cpu.inc(Math.max(0, (user + system) / 1e6 - cpuSeconds));
      cpuSeconds = (user + system) / 1e6;
      const { rss, heapUsed } = process.memoryUsage();
      memory.set(rss);
      heap.set(heapUsed);
      return register.metrics();
    },
    [Symbol.dispose]: () => listening.dispose(),
  };
}

function seconds(ms: number): number {
  return Number.isFinite(ms) ? ms / 1_000 : 0;
}

function byProvider(
  keys: readonly KeyView[],
  nameOf: (provider: string) => string,
): ReadonlyMap<string, readonly KeyView[]> {
  const groups = new Map<string, KeyView[]>();
  for (const key of keys) {
    const name = nameOf(key.provider);
    groups.set(name, [...(groups.get(name) ?? []), key]);
  }
  return groups;
}
