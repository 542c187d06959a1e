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

/** Alerts over a number of keys; the pool shows the states of the events. */
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
  const { onEvent } = createAlerts({
    pool,
    clock,
    emit: (event) => {
      if (event.event === 'alert.raised') news.push(`${event.alert.severity} ${event.alert.id}`);
      else if (event.event === 'alert.resolved') news.push(`over ${event.alert.id}`);
      else news.push(event.event);
      onEvent(event);
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
    onEvent,
    fails: (place: number, failure: AttemptFailure, times = 1) => {
      for (let time = 0; time < times; time += 1) {
        onEvent({ event: 'attempt.failed', ...attempt(place), failure, ms: 100 });
      }
    },
    succeeds: (place: number, times = 1, ms = 1_000, model = 'm') => {
      for (let time = 0; time < times; time += 1) {
        onEvent({ event: 'attempt.succeeded', ...attempt(place), model, ms });
      }
    },
    becomes: (place: number, state: KeyState) => {
      onEvent({ event: 'key.changed', keyId: keyId(`id${place}`), keyName: `bytez #${place}`, state });
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
  { blame: 'model', reason: 'unknown-model', sureness: 'likely', detail: '' },
  { blame: 'key', reason: 'concurrency', detail: '' },
])('createAlerts() raises no key for what is not its own fault: $reason', (failure) => {
  const { fails, news } = aWatch();
  fails(1, failure, 19);
  expect(news).toEqual([]);
});

test('createAlerts() raises one alert for all models that a provider does not serve, until each makes something', () => {
  const { onEvent, succeeds, news } = aWatch();
  for (const model of ['m', 'm', 'other']) onEvent({ event: 'model.gone', provider: 'bytez', model });
  expect(news).toEqual(['medium unknown-model:bytez']);
  succeeds(1, 1, 1_000, 'another');
  succeeds(1, 1, 1_000, 'other');
  expect(news).toEqual(['medium unknown-model:bytez']);
  succeeds(2, 1, 1_000, 'm');
  expect(news).toEqual(['medium unknown-model:bytez', 'over unknown-model:bytez']);
});

test('createAlerts() raises one alert for a provider that serves nothing, in the place of one for its models', () => {
  const { onEvent, news } = aWatch();
  onEvent({ event: 'model.gone', provider: 'bytez', model: 'm' });
  onEvent({ event: 'provider.empty', provider: 'bytez' });
  onEvent({ event: 'provider.empty', provider: 'bytez' });
  onEvent({ event: 'provider.filled', provider: 'bytez' });
  expect(news).toEqual([
    'medium unknown-model:bytez',
    'over unknown-model:bytez',
    'medium provider-empty:bytez',
    'over provider-empty:bytez',
  ]);
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

test('createAlerts() raises a provider whose last key is gone from the settings, until it has one again', () => {
  const clock = fakeClock();
  const news: string[] = [];
  let keys = [aKey(1), aKey(2)];
  const { onEvent } = createAlerts({
    pool: () => aPool(keys),
    clock,
    emit: (event) => {
      if (event.event === 'alert.raised' || event.event === 'alert.resolved') {
        news.push(`${event.event} ${event.alert.id} ${JSON.stringify(event.alert.facts)}`);
      }
    },
  });
  onEvent({ event: 'app.started', keys: 2, waiting: 0, bot: '@bot' });
  keys = [];
  onEvent({ event: 'keys.reloaded', added: [], removed: ['bytez #1', 'bytez #2'] });
  const facts = JSON.stringify({ kind: 'no-key-ready', provider: 'bytez', keys: 0 });
  expect(news).toEqual([`alert.raised no-key-ready:bytez ${facts}`]);
  keys = [aKey(1)];
  onEvent({ event: 'keys.reloaded', added: ['bytez #1'], removed: [] });
  expect(news.slice(1)).toEqual([`alert.resolved no-key-ready:bytez ${facts}`]);
});

test('createAlerts() raises storage that cannot be written, until it can', () => {
  const { onEvent, news } = aWatch();
  for (const what of ['database', 'results'] as const) {
    onEvent({ event: 'storage.unavailable', what, error: new Error('full') });
    onEvent({ event: 'storage.recovered', what, lastedMs: 5 });
  }
  expect(news).toEqual(
    ['database', 'results'].flatMap((what) => [`high storage-unavailable:${what}`, `over storage-unavailable:${what}`]),
  );
});

test('createAlerts() does not resolve the alert of a key that was only woken', () => {
  const { becomes, news } = aWatch();
  becomes(1, benched(true));
  becomes(1, ready);
  expect(news).toEqual(['high key-failing:id1']);
});

test('createAlerts() ends the alert of a key that was disabled, removed or cleared', () => {
  const { becomes, onEvent, news } = aWatch(4);
  for (const place of [1, 2, 3]) becomes(place, benched(true));
  news.length = 0;
  becomes(1, disabled);
  onEvent({ event: 'keys.reloaded', added: [], removed: ['bytez #2'] });
  onEvent({ event: 'keys.cleared', provider: 'bytez', keyNames: ['bytez #3'] });
  expect(news).toEqual(['over key-failing:id1', 'over key-failing:id2', 'over key-failing:id3']);
});

test('createAlerts() raises a provider without a key that accepts calls, until one does', () => {
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
  const { news, onEvent, becomes } = aWatch(1);
  onEvent(event);
  expect(news).toEqual([]);
  becomes(1, benched(false));
  onEvent(event);
  expect(news).toEqual(['high no-key-ready:bytez']);
});

test('createAlerts() raises nothing for a bot without keys', () => {
  const { news, onEvent } = aWatch(0);
  onEvent({ event: 'app.started', keys: 0, waiting: 0, bot: '@b' });
  expect(news).toEqual([]);
});

test('createAlerts() raises a provider that is down until its breaker closes', () => {
  const { news, onEvent } = aWatch();
  onEvent({ event: 'breaker.opened', provider: 'bytez' });
  onEvent({ event: 'breaker.opened', provider: 'bytez' });
  onEvent({ event: 'breaker.closed', provider: 'bytez' });
  onEvent({ event: 'breaker.closed', provider: 'bytez' });
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

test('createAlerts() has a usual duration for each model, after seventy calls', () => {
  const { succeeds, news } = aWatch();
  succeeds(1, 49, 1_000);
  succeeds(1, 20, 9_000);
  expect(news).toEqual([]);
  succeeds(1, 70, 90_000, 'video');
  expect(news).toEqual([]);
});

test('createAlerts() accepts every event, and ignores its own', () => {
  const { onEvent, news } = aWatch();
  for (const event of everyEvent) onEvent(event);
  expect(news).not.toContain('app.error');
  expect(news.filter((line) => line.includes('9f2c00112233aabb'))).toEqual([
    'high key-failing:9f2c00112233aabb',
    'over key-failing:9f2c00112233aabb',
  ]);
});

test('createAlerts() raises an unauthorized attempt at most once an hour', async () => {
  const { onEvent, news, clock } = aWatch();
  for (const userId of [7, 8, 7]) onEvent({ event: 'admin.refused', userId });
  await clock.advance(3_599_999);
  onEvent({ event: 'admin.refused', userId: 9 });
  expect(news).toEqual(['low unauthorized-admin-attempt:1']);
  await clock.advance(1);
  onEvent({ event: 'admin.refused', userId: 9 });
  expect(news).toEqual(['low unauthorized-admin-attempt:1', 'low unauthorized-admin-attempt:2']);
});

test('createAlerts() emits its own errors and never throws', () => {
  const heard: AppEvent[] = [];
  const broken = createAlerts({
    clock: fakeClock(),
    pool: () => {
      throw new Error('no pool');
    },
    emit: (event) => void heard.push(event),
  });
  broken.onEvent({ event: 'app.started', keys: 1, waiting: 0, bot: '@b' });
  expect(heard).toEqual([{ event: 'app.error', what: 'derive alerts from app.started', error: new Error('no pool') }]);
});

test('createAlerts() raises a long pause that Telegram asks for, once, and resolves it afterwards', async () => {
  const { clock, news, onEvent } = aWatch();
  const telegramError = (retryInMs: number) =>
    onEvent({ event: 'telegram.error', method: 'sendMessage', detail: '429 Too Many Requests', retryInMs });
  telegramError(35_000);
  expect(news).toEqual([]);
  telegramError(3_600_000);
  await clock.advance(1_800_000);
  telegramError(3_600_000);
  await clock.advance(3_599_999);
  expect(news).toEqual(['medium telegram-rate-limited']);
  await clock.advance(1);
  expect(news).toEqual(['medium telegram-rate-limited', 'over telegram-rate-limited']);
});
