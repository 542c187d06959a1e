import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { createEventBus } from '../../src/domain/event-bus.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { createMetrics, type MetricsOptions } from '../../src/observability/metrics.ts';
import { aPool, fail, failures, seatOf } from '../support/a-pool.ts';
import { everyEvent } from './every-event.ts';

type Sample = {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: string;
  readonly buckets?: Readonly<Record<string, string>>;
};
type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly Sample[];
};
/** A parser of the text format that is not ours. */
const parse = createRequire(import.meta.url)('parse-prometheus-text-format') as (text: string) => readonly Family[];

function aRegistry(more: Partial<MetricsOptions> = {}) {
  const { pool, clock } = aPool();
  const bus = createEventBus();
  const metrics = createMetrics({
    events: bus,
    keys: () => pool.snapshot().keys,
    stats: async () => ({
      lines: [
        {
          line: 'bytez',
          waiting: { free: 3, premium: 1 },
          ahead: { free: 0, premium: 0 },
          running: 2,
          people: { free: 3, premium: 1 },
        },
      ],
      undelivered: 4,
    }),
    alerts: async () => [{ severity: 'high' }],
    spentToday: async () => [],
    providers: new Set(['bytez', 'openai']),
    clock,
    ...more,
  });
  const valueOf = async (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const family = parse(await metrics.text()).find((each) => each.name === name);
    const sample = family?.metrics.find((each) =>
      Object.entries(labels).every(([label, value]) => each.labels?.[label] === value),
    );
    return Number(sample?.value ?? sample?.buckets?.['+Inf'] ?? Number.NaN);
  };
  return { pool, clock, bus, metrics, valueOf };
}

const started: AppEvent = everyEvent.find(({ event }) => event === 'job.started') ?? {
  event: 'address.right',
  provider: '',
};

test('a parser of others reads every family, with help, type and standard units', async () => {
  const { bus, metrics } = aRegistry();
  for (const event of everyEvent) bus.emit(event);
  const families = parse(await metrics.text());
  expect(families.length).toBeGreaterThan(20);
  for (const { name, help, type } of families) {
    expect([name, help === '', ['COUNTER', 'GAUGE', 'HISTOGRAM'].includes(type)]).toEqual([name, false, true]);
    expect(name).toMatch(/^(?:darkroom|process|nodejs)_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'COUNTER');
    expect(name).not.toMatch(/_ms(?:_|$)|_milliseconds/);
  }
});

test('keys, lines and alerts are shown as they are', async () => {
  const { pool, clock, valueOf } = aRegistry();
  seatOf(pool).release(fail(failures.limited));
  seatOf(pool);
  expect([
    await valueOf('darkroom_keys', { provider: 'bytez', state: 'ready' }),
    await valueOf('darkroom_keys', { provider: 'bytez', state: 'cooling' }),
    await valueOf('darkroom_calls_in_flight', { provider: 'bytez' }),
    await valueOf('darkroom_provider_takes_calls', { provider: 'bytez' }),
    await valueOf('darkroom_line_jobs', { provider: 'bytez', state: 'waiting', lane: 'free' }),
    await valueOf('darkroom_jobs_undelivered'),
    await valueOf('darkroom_alerts', { severity: 'high' }),
  ]).toEqual([2, 1, 1, 1, 3, 4, 1]);
  await clock.advance(31_000);
  expect(await valueOf('darkroom_keys', { provider: 'bytez', state: 'cooling' })).toBe(0);
});

test('events are counted by what they say', async () => {
  const { bus, valueOf } = aRegistry();
  bus.emit(started);
  bus.emit(started);
  for (const event of everyEvent) if (event.event === 'attempt.failed') bus.emit(event);
  expect(await valueOf('darkroom_job_wait_seconds')).toBe(2);
  expect(await valueOf('darkroom_attempts_total', { provider: 'bytez' })).toBe(1);
});

test('whatever people write and providers are called, there are no more labels (H15)', async () => {
  const { bus, metrics } = aRegistry();
  const linesNow = async () => (await metrics.text()).split('\n').length;
  for (const event of everyEvent) bus.emit(event);
  const before = await linesNow();
  for (let index = 0; index < 500; index += 1) {
    const hostile = `x${index}"}\n# {`;
    for (const event of everyEvent) {
      const named = 'keyName' in event ? { keyName: `${hostile} #1`, model: hostile } : {};
      const ofLine = 'line' in event ? { line: hostile } : {};
      bus.emit({ ...event, ...named, ...ofLine });
    }
  }
  const text = await metrics.text();
  // The label "other" may appear once for each family that has the label.
  expect((await linesNow()) - before).toBeLessThan(60);
  expect(text).not.toContain('x1"');
  expect(text).toContain('provider="other"');
});

test('a part that cannot be read keeps no other from being shown', async () => {
  const broken = () => Promise.reject(new Error('database is locked'));
  const { valueOf } = aRegistry({ stats: broken, spentToday: broken });
  expect([
    await valueOf('darkroom_collector_up', { collector: 'lines' }),
    await valueOf('darkroom_collector_up', { collector: 'keys' }),
    await valueOf('darkroom_keys', { provider: 'bytez', state: 'ready' }),
  ]).toEqual([0, 1, 3]);
});

test('dashboard and alert rules ask only for what there is', async () => {
  const { metrics } = aRegistry();
  const names = new Set(parse(await metrics.text()).map(({ name }) => name));
  const text = (name: string) => readFileSync(new URL(`../../docs/monitoring/${name}`, import.meta.url), 'utf8');
  const dashboard = JSON.parse(text('grafana.json')) as { panels: { targets: { expr: string }[] }[] };
  const rules = parseYaml(text('alert-rules.yml')) as { groups: { rules: { alert: string; expr: string }[] }[] };
  const asked = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
  ].flatMap((expr) => expr.match(/\b(?:darkroom|process|nodejs)_[a-z_]+/g) ?? []);
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !names.has(name.replace(/_bucket$/, '')))).toEqual([]);
});
