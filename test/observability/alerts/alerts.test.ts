import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { AttemptFailure } from '../../../src/domain/failure.ts';
import { jobId, type KeyId, keyId } from '../../../src/domain/ids.ts';
import type { KeyState } from '../../../src/domain/key-state.ts';
import { createAlerts } from '../../../src/observability/alerts/alerts.ts';
import { aKey, aPool } from '../../messages/builders.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { everyEvent } from '../every-event.ts';

const rejected: AttemptFailure = { blame: 'key', reason: 'rejected', detail: '' };
const limited: AttemptFailure = { blame: 'key', reason: 'rate-limited', detail: '' };
const overloaded: AttemptFailure = { blame: 'provider', reason: 'overloaded', detail: '' };
const ready: KeyState = { kind: 'ready' };
const cooling: KeyState = { kind: 'cooling', sinceMs: 0, untilMs: 9_000, reason: 'rate-limited', stated: true };
const alone: KeyState = { ...cooling, reason: 'fails-alone' };
const disabled: KeyState = { kind: 'disabled' };
const benched = (confirmed: boolean): KeyState => ({
  kind: 'benched',
  reason: 'rejected',
  probeAtMs: 0,
  times: 1,
  confirmed,
});

/** Alerts over so many keys; the pool shows what was told of them. */
function aWatch(keys = 2) {
  const clock = fakeClock();
  const states = new Map<KeyId, KeyState>();
  const news: string[] = [];
  const pool = () =>
    aPool(
      Array.from({ length: keys }, (_, index) => {
        const key = aKey(index + 1);
        return { ...key, state: states.get(key.id) ?? key.state };
      }),
    );
  const { hear } = createAlerts({
    pool,
    clock,
    emit: (event) => {
      if (event.event === 'alert.raised') news.push(`${event.alert.severity} ${event.alert.id}`);
      else if (event.event === 'alert.resolved') news.push(`over ${event.alert.id}`);
      else news.push(event.event);
      hear(event);
    },
  });
  const attempt = (place: number) => ({
    jobId: jobId('j'),
    attempt: 1,
    of: 3,
    keyId: keyId(`id${place}`),
    keyName: `bytez #${place}`,
    model: 'm',
  });
  return {
    clock,
    news,
    hear,
    fails: (place: number, failure: AttemptFailure, times = 1) => {
      for (let time = 0; time < times; time += 1) {
        hear({ event: 'attempt.failed', ...attempt(place), failure, ms: 100 });
      }
    },
    succeeds: (place: number, times = 1, ms = 1_000, model = 'm') => {
      for (let time = 0; time < times; time += 1) {
        hear({ event: 'attempt.succeeded', ...attempt(place), model, ms });
      }
    },
    becomes: (place: number, state: KeyState) => {
      hear({ event: 'key.changed', keyId: keyId(`id${place}`), keyName: `bytez #${place}`, state });
      states.set(keyId(`id${place}`), state);
    },
  };
}

test('createAlerts() raises a key that failed three times in a row by its own fault, once, until it succeeds', () => {
  const { fails, succeeds, news } = aWatch();
  fails(1, limited, 2);
  fails(2, limited, 2);
  succeeds(2);
  fails(2, limited, 2);
  expect(news).toEqual([]);
  fails(1, rejected, 5);
  expect(news).toEqual(['high key-failing:id1']);
  succeeds(1, 2);
  expect(news).toEqual(['high key-failing:id1', 'over key-failing:id1']);
});

test.each<AttemptFailure>([
  overloaded,
  { blame: 'request', reason: 'refused', detail: '' },
  { blame: 'model', reason: 'unknown-model', detail: '' },
  { blame: 'key', reason: 'concurrency', detail: '' },
])('createAlerts() raises no key for what is not its own fault: $reason', (failure) => {
  const { fails, news } = aWatch();
  fails(1, failure, 19);
  expect(news).toEqual([]);
});

test('createAlerts() counts the failures of a key that turns out to fail alone as its own', () => {
  const { fails, becomes, news } = aWatch();
  fails(1, overloaded, 2);
  becomes(1, alone);
  expect(news).toEqual([]);
  becomes(1, ready);
  fails(1, overloaded, 1);
  becomes(1, alone);
  expect(news).toEqual(['high key-failing:id1']);
});

test('createAlerts() raises a refused key only when the refusal is confirmed, and ends it when its probe passes', () => {
  const { fails, becomes, news } = aWatch();
  fails(1, rejected);
  becomes(1, benched(false));
  expect(news).toEqual([]);
  becomes(1, benched(true));
  expect(news).toEqual(['high key-failing:id1']);
  becomes(1, { kind: 'probing', reason: 'rejected', times: 1, confirmed: true });
  becomes(1, ready);
  expect(news).toEqual(['high key-failing:id1', 'over key-failing:id1']);
});

test('createAlerts() does not take a key that was only woken for one that works', () => {
  const { becomes, news } = aWatch();
  becomes(1, benched(true));
  becomes(1, ready);
  expect(news).toEqual(['high key-failing:id1']);
});

test('createAlerts() ends the alert of a key that was switched off, removed or cleared of blame', () => {
  const { becomes, hear, news } = aWatch(4);
  for (const place of [1, 2, 3]) becomes(place, benched(true));
  news.length = 0;
  becomes(1, disabled);
  hear({ event: 'keys.reloaded', added: [], removed: ['bytez #2'] });
  hear({ event: 'keys.cleared', provider: 'bytez', keyNames: ['bytez #3'] });
  expect(news).toEqual(['over key-failing:id1', 'over key-failing:id2', 'over key-failing:id3']);
});

test('createAlerts() raises a provider of which no key takes calls, until one does', () => {
  const { becomes, news } = aWatch();
  becomes(1, cooling);
  expect(news).toEqual([]);
  becomes(2, disabled);
  becomes(2, benched(false));
  expect(news).toEqual(['high no-key-ready:bytez']);
  becomes(1, { kind: 'half-open', after: 'rate-limited', times: 1 });
  becomes(1, { kind: 'suspect', reason: 'overloaded', sinceMs: 0 });
  expect(news).toEqual(['high no-key-ready:bytez', 'over no-key-ready:bytez']);
});

test.each<AppEvent>([
  { event: 'app.started', keys: 1, waiting: 0, bot: '@b' },
  { event: 'keys.tested', working: 0, total: 1, ms: 5 },
])('createAlerts() looks at $event whether any key takes calls', (event) => {
  const { news, hear, becomes } = aWatch(1);
  hear(event);
  expect(news).toEqual([]);
  becomes(1, benched(false));
  hear(event);
  expect(news).toEqual(['high no-key-ready:bytez']);
});

test('createAlerts() has nothing to say of a bot without keys', () => {
  const { news, hear } = aWatch(0);
  hear({ event: 'app.started', keys: 0, waiting: 0, bot: '@b' });
  expect(news).toEqual([]);
});

test('createAlerts() raises a silent provider until its breaker closes', () => {
  const { news, hear } = aWatch();
  hear({ event: 'breaker.opened', provider: 'bytez' });
  hear({ event: 'breaker.opened', provider: 'bytez' });
  hear({ event: 'breaker.closed', provider: 'bytez' });
  hear({ event: 'breaker.closed', provider: 'bytez' });
  expect(news).toEqual(['high provider-silent:bytez', 'over provider-silent:bytez']);
});

test('createAlerts() raises more than a fifth of failures among at least twenty calls, until under a tenth fail', () => {
  const { fails, succeeds, news } = aWatch();
  fails(1, overloaded, 4);
  succeeds(1, 15);
  expect(news).toEqual([]);
  fails(1, overloaded, 1);
  expect(news).toEqual(['medium many-errors:bytez']);
  succeeds(1, 30);
  expect(news).toEqual(['medium many-errors:bytez']);
  succeeds(1, 1);
  expect(news).toEqual(['medium many-errors:bytez', 'over many-errors:bytez']);
});

test('createAlerts() looks back five minutes and leaves out what is the request’s fault', async () => {
  const { clock, fails, succeeds, news } = aWatch();
  fails(1, overloaded, 10);
  await clock.advance(310_000);
  succeeds(1, 15);
  fails(1, overloaded, 3);
  fails(1, { blame: 'request', reason: 'refused', detail: '' }, 100);
  succeeds(1, 5);
  expect(news).toEqual([]);
  fails(1, overloaded, 4);
  expect(news).toEqual(['medium many-errors:bytez']);
  await clock.advance(310_000);
  succeeds(1);
  expect(news).toEqual(['medium many-errors:bytez', 'over many-errors:bytez']);
});

test('createAlerts() raises a model that takes twice as long as usual, until it is back', () => {
  const { succeeds, news } = aWatch();
  succeeds(1, 70, 1_000);
  succeeds(1, 9, 3_100);
  expect(news).toEqual([]);
  succeeds(2, 1, 3_100);
  expect(news).toEqual(['low slow:bytez:m']);
  succeeds(1, 500, 3_100);
  expect(news).toEqual(['low slow:bytez:m']);
  succeeds(1, 20, 1_000);
  expect(news).toEqual(['low slow:bytez:m', 'over slow:bytez:m']);
});

test('createAlerts() knows no usual time before seventy calls, and one for each model', () => {
  const { succeeds, news } = aWatch();
  succeeds(1, 49, 1_000);
  succeeds(1, 20, 9_000);
  expect(news).toEqual([]);
  succeeds(1, 70, 90_000, 'video');
  expect(news).toEqual([]);
});

test('createAlerts() takes every event without trouble, and its own as nothing new', () => {
  const { hear, news } = aWatch();
  for (const event of everyEvent) hear(event);
  expect(news).not.toContain('app.error');
  expect(news.filter((line) => line.includes('9f2c00112233aabb'))).toEqual([
    'high key-failing:9f2c00112233aabb',
    'over key-failing:9f2c00112233aabb',
  ]);
});

test('createAlerts() tells once an hour that somebody tried an admin’s door, however many try', async () => {
  const { hear, news, clock } = aWatch();
  for (const userId of [7, 8, 7]) hear({ event: 'admin.refused', userId });
  await clock.advance(3_599_999);
  hear({ event: 'admin.refused', userId: 9 });
  expect(news).toEqual(['low unauthorized-admin-attempt:1']);
  await clock.advance(1);
  hear({ event: 'admin.refused', userId: 9 });
  expect(news).toEqual(['low unauthorized-admin-attempt:1', 'low unauthorized-admin-attempt:2']);
});

test('createAlerts() tells of its own mistakes and lets nobody else suffer from them', () => {
  const heard: AppEvent[] = [];
  const broken = createAlerts({
    clock: fakeClock(),
    pool: () => {
      throw new Error('no pool');
    },
    emit: (event) => void heard.push(event),
  });
  broken.hear({ event: 'app.started', keys: 1, waiting: 0, bot: '@b' });
  expect(heard).toEqual([
    { event: 'app.error', what: 'watch for alerts after app.started', error: new Error('no pool') },
  ]);
});

test('createAlerts() tells of a long silence that Telegram asks for, once, and when it is over', async () => {
  const { clock, news, hear } = aWatch();
  const trouble = (retryInMs: number) =>
    hear({ event: 'telegram.error', method: 'sendMessage', detail: '429 Too Many Requests', retryInMs });
  trouble(35_000);
  expect(news).toEqual([]);
  trouble(3_600_000);
  await clock.advance(1_800_000);
  trouble(3_600_000);
  await clock.advance(3_599_999);
  hear({ event: 'config.warning', text: 'time passes' });
  expect(news).toEqual(['medium telegram-rate-limited']);
  await clock.advance(1);
  hear({ event: 'config.warning', text: 'time passes' });
  expect(news).toEqual(['medium telegram-rate-limited', 'over telegram-rate-limited']);
});
