import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { BytezCall } from '../../sandbox/bytez/call-log.ts';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';

const manyPictures = { timeoutMs: 60_000 };

function peopleFrom(app: TestApp, firstId: number, count: number): readonly Person[] {
  return Array.from({ length: count }, (_, index) => app.person(firstId + index));
}

function runsOf(app: TestApp): readonly BytezCall[] {
  return app.bytez.calls.filter(({ route }) => route === 'run');
}

function pictures(person: Person): number {
  return fromBot(person.messages(), ({ photo }) => photo !== undefined).length;
}

test('when every key is limited, everybody keeps their place and the pictures come as soon as a key wakes', async () => {
  const clock = fakeClock();
  const limited = (retryAfterS: number): readonly BytezFault[] => [
    { do: { kind: 'rate-limited', retryAfterS }, when: { times: 1 } },
  ];
  await using app = await openTestApp({
    accounts: [limited(30), limited(500)],
    clock,
    env: { PREMIUM_IDS: '801', BYTEZ_SEATS_MAX: '1' },
  });
  const askedAtMs = clock.now();
  const [first, second, third] = [app.person(1, 'en'), app.person(2, 'es'), app.person(3, 'ru')];
  const isPaused = (person: Person, words: string) =>
    passTime(
      clock,
      person.waitFor((seen) => fromBot(seen).some((message) => wordsOf(message).includes(words))),
      {
        stepMs: 50,
      },
    );
  first.say('/generate one');
  await isPaused(first, 'Your place is kept');
  second.say('/generate two');
  await isPaused(second, 'Tu lugar está guardado');
  third.say('/generate three');
  await isPaused(third, 'Ваше место сохранено');
  const late = app.person(801, 'en');
  late.say('/generate premium');
  await isPaused(late, 'Your place is kept: you’re next.');
  expect(wordsOf(fromBot(first.messages())[0])).toMatch(/It should go on in about (?:20|25|30) seconds/);
  expect(runsOf(app)).toHaveLength(2);

  const everybody = [first, second, third, late];
  await passTime(clock, Promise.all(everybody.map((person) => person.waitFor(hasPicture))));
  expect(clock.now() - askedAtMs).toBeLessThan(60_000);
  expect(runsOf(app).map(({ prompt }) => prompt)).toEqual(['one', 'one', 'premium', 'one', 'two', 'three']);
  expect(everybody.map(pictures)).toEqual([1, 1, 1, 1]);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('with eight of eleven keys dead thirty requests become pictures, and no dead key is asked more than twice', async () => {
  const deaths: readonly BytezFault[] = [
    { do: { kind: 'unauthorized' } },
    { do: { kind: 'out-of-credit' } },
    { do: { kind: 'forbidden' } },
  ];
  const accounts = Array.from({ length: 11 }, (_, index) => {
    const death = index < 8 ? deaths[index % deaths.length] : undefined;
    return death === undefined ? [] : [death];
  });
  await using app = await openTestApp({ accounts, latencyMs: 5 });
  const people = peopleFrom(app, 1, 10);
  for (const command of ['a fox', 'a lake', 'a tower']) for (const person of people) person.say(`/generate ${command}`);
  await Promise.all(people.map((person) => person.waitFor(() => pictures(person) === 3, manyPictures)));

  // Once more than once only where the free probe had said that the key is accepted, or where a 403 may be the request's own fault.
  const dead = Array.from({ length: 8 }, (_, index) => `account ${index + 1}`);
  const calls = Map.groupBy(runsOf(app), ({ account }) => account ?? '');
  expect(dead.map((name) => calls.get(name)?.length ?? 0).filter((count) => count > 2)).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'job.failed')).toEqual([]);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('forty requests never put more than one call at a time on any of five keys', async () => {
  const accounts = [[], [], [], [], []];
  await using app = await openTestApp({ accounts, latencyMs: 10, env: { BYTEZ_SEATS_MAX: '1' } });
  const people = peopleFrom(app, 1, 40);
  for (const person of people) person.say('/generate a fox');
  await Promise.all(people.map((person) => person.waitFor(hasPicture, manyPictures)));
  expect([1, 2, 3, 4, 5].map((place) => app.bytez.maxInFlight(`account ${place}`))).toEqual([1, 1, 1, 1, 1]);
  expect(runsOf(app)).toHaveLength(40);
});

test('accounts that carry three calls are found out, though everybody believed that it is one', async () => {
  const [accounts, seats] = [[[], []], 3];
  await using app = await openTestApp({ accounts, seats, latencyMs: 400 });
  const people = peopleFrom(app, 1, 40);
  for (const person of people) person.say('/generate a fox');
  await Promise.all(people.map((person) => person.waitFor(hasPicture, manyPictures)));

  const most = [1, 2].map((place) => app.bytez.maxInFlight(`account ${place}`));
  expect(most.filter((calls) => calls <= seats)).toEqual([]);
  // One call too many, seldom two, shows where an account ends; nobody notices.
  const refusals = runsOf(app).filter(({ status }) => status === 429).length;
  expect(refusals).toBeLessThanOrEqual(accounts.length * 2);
  expect(runsOf(app)).toHaveLength(people.length + refusals);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('keys that were thought to carry three calls learn that it is one, and everybody still gets a picture', async () => {
  const clock = fakeClock();
  const seats = 3;
  const accounts = [[], [], []];
  await using app = await openTestApp({
    accounts,
    clock,
    latencyMs: 20,
    env: { BYTEZ_SEATS_PER_KEY: String(seats) },
  });
  const people = peopleFrom(app, 1, 20);
  const hold = app.bytez.hold();
  for (const person of people) person.say('/generate a fox');
  const isRefused = ({ failure }: { readonly failure: AttemptFailure }) => failure.reason === 'concurrency';
  await passTime(
    clock,
    Promise.all(
      accounts.map((_account, index) =>
        app.event('attempt.failed', (event) => isRefused(event) && event.keyName === `bytez #${index + 1}`),
      ),
    ),
  );
  hold.release();
  await passTime(clock, Promise.all(people.map((person) => person.waitFor(hasPicture, manyPictures))));

  const refusals = runsOf(app).filter(({ status }) => status === 429).length;
  // Each refusal takes a seat off its key for good, and the last one stays.
  expect(refusals).toBeLessThanOrEqual((seats - 1) * accounts.length);
  expect(runsOf(app)).toHaveLength(people.length + refusals);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('a key that fails now and then, one that is limited and one that cuts its calls still serve everybody', async () => {
  await using app = await openTestApp({
    accounts: [
      [{ do: { kind: 'status', status: 500 }, when: { every: 3 } }],
      [{ do: { kind: 'rate-limited', retryAfterS: 1 }, when: { every: 2 } }],
      [{ do: { kind: 'cut' } }],
    ],
  });
  const people = peopleFrom(app, 1, 12);
  for (const person of people) person.say('/generate a fox');
  await Promise.all(people.map((person) => person.waitFor(hasPicture, manyPictures)));
  expect(people.map(pictures)).toEqual(people.map(() => 1));
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('a limited key costs a person no attempt and a failing one costs one, and the story says so in order', async () => {
  const once = { times: 1 };
  await using app = await openTestApp({
    accounts: [
      [{ do: { kind: 'rate-limited', retryAfterS: 60 }, when: once }],
      [{ do: { kind: 'status', status: 500 }, when: once }],
      [],
    ],
    env: { ROTATION_STRATEGY: 'round-robin' },
  });
  const person = app.person(7);
  person.say('/generate a fox');
  await app.event('job.delivered');
  expect(app.events.flatMap(storyLine)).toEqual([
    'job.accepted',
    'job.started',
    'attempt.started 1/3 bytez #1',
    'attempt.failed 1/3 bytez #1 rate-limited',
    'attempt.started 1/3 bytez #2',
    'attempt.failed 1/3 bytez #2 failed-run',
    'attempt.started 2/3 bytez #3',
    'attempt.succeeded 2/3 bytez #3',
    'job.produced',
    'job.delivered',
  ]);
});

function storyLine(event: AppEvent): readonly string[] {
  if (event.event === 'attempt.failed') {
    return [`${event.event} ${event.attempt}/${event.of} ${event.keyName} ${event.failure.reason}`];
  }
  if ('attempt' in event) return [`${event.event} ${event.attempt}/${event.of} ${event.keyName}`];
  return event.event.startsWith('job.') ? [event.event] : [];
}

test('a person who asks while there is no key at all is answered kindly, and only readiness says no', async () => {
  await using app = await openTestApp({ env: { BYTEZ_API_KEYS: '' } });
  const person = app.person(7);
  person.say('/generate a fox');
  await app.event('job.notified');
  // Nothing may come after the last words: closing waits for all that is still on its way.
  await app.restart();
  expect(wordsOf(fromBot(person.messages()).at(-1))).toMatch(/^🛠 The service is being set up right now\./);
  expect(runsOf(app)).toEqual([]);
  expect(await statusOf(app, '/healthz')).toBe(200);
  expect(await statusOf(app, '/readyz')).toBe(503);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('with a key that works the bot is ready, and with all keys refused it is not', async () => {
  await using app = await openTestApp();
  expect(await statusOf(app, '/healthz')).toBe(200);
  expect(await statusOf(app, '/readyz')).toBe(200);
  app.bytez.setFaults('account 1', [{ do: { kind: 'unauthorized' } }]);
  app.person(7).say('/generate a fox');
  await app.event('job.notified');
  expect(await statusOf(app, '/healthz')).toBe(200);
  expect(await statusOf(app, '/readyz')).toBe(503);
});

async function statusOf(app: TestApp, path: string): Promise<number> {
  return (await fetch(`${app.app.httpUrl}${path}`)).status;
}
