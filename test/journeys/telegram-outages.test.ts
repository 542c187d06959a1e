import { expect, test } from 'vitest';
import type { FaultEffect } from '../../sandbox/telegram/faults.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, picturesOf, press, runs, until } from './talk.ts';

const secondMs = 1_000;
/** Everything that shows something; getMe, getUpdates and the answers to buttons go on working. */
const showing = /^(?:send|edit)/;

/** Lets virtual time pass in steps, and real time for the calls of each. */
async function pass(clock: FakeClock, ms: number, stepMs = 1_000): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

async function outage(deed: FaultEffect, lastsMs: number) {
  const clock = fakeClock();
  const opened = await openTestApp({ clock, accounts: [[], [], []], env: { FREE_IMAGES_PER_DAY: '1' } });
  const people = [app(opened, 7), app(opened, 8), app(opened, 9)];
  const fault = { method: showing, do: deed };
  opened.telegram.addFault(fault);
  for (const person of people) person.say(`/generate a fox for ${person.id}`);
  await pass(clock, lastsMs);
  opened.telegram.clearFaults();
  return { clock, app: opened, people };
}

function app(opened: TestApp, id: number): Person {
  return opened.person(id);
}

function shownTo(people: readonly Person[]): readonly number[] {
  return people.map((person) => picturesOf(person).length);
}

test.each([8, 30, 300])(
  'when sending and editing meet 502 for %i s while getMe works, every picture arrives, and once',
  async (seconds) => {
    const { clock, app, people } = await outage({ kind: '5xx', status: 502 }, seconds * secondMs);
    await using _app = app;
    await pass(clock, 900 * secondMs);
    expect(shownTo(people)).toEqual([1, 1, 1]);
    expect(runs(app)).toHaveLength(3);
    for (const person of people) {
      expect(fromBot(person.messages(), (one) => wordsOf(one).includes(`a fox for ${person.id}`))).toHaveLength(1);
    }
    await pass(clock, 1_800 * secondMs, 10_000);
    expect(shownTo(people)).toEqual([1, 1, 1]);
  },
);

test.each([8, 30, 300])(
  'when connections are cut for %i s while getMe works, every picture arrives once or its person can have it shown',
  async (seconds) => {
    const { clock, app, people } = await outage({ kind: 'cut-before' }, seconds * secondMs);
    await using _app = app;
    await pass(clock, 1_500 * secondMs, 2_000);
    const before = shownTo(people);
    expect(before.every((count) => count <= 1)).toBe(true);
    const missing = people.filter((_person, index) => before[index] === 0);
    if (seconds < 100) expect(missing).toEqual([]);
    for (const person of missing) {
      const list = await answerTo(person, '/status');
      expect(await press(person, list.id, '📬 Show it again')).toBe('Here it comes.');
      await passTime(clock, person.waitFor(hasPicture), { atMostMs: 21_600_000 });
    }
    expect(shownTo(people)).toEqual([1, 1, 1]);
    expect(runs(app)).toHaveLength(3);
  },
);

test('a result that was sent twice into nothing gives its credit back, tells the admins and is shown when asked for', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { FREE_IMAGES_PER_DAY: '1' } });
  const admin = app.person(adminId);
  await answerTo(admin, '/start');
  const person = app.person(7);
  app.telegram.addFault({ chatId: 7, method: showing, do: { kind: 'cut-before' } });
  person.say('/generate a fox');
  const undeliverable = app.event('job.undeliverable');
  expect(await passTime(clock, undeliverable, { stepMs: secondMs })).toMatchObject({ held: 'unsure' });
  expect(fromBot(person.messages())).toEqual([]);
  app.telegram.clearFaults();
  await pass(clock, 120 * secondMs);
  await until(() => fromBot(admin.messages()).map(wordsOf).join('\n').includes('doesn’t take my results'));
  const list = await answerTo(person, '/status');
  expect(wordsOf(list)).toContain('may not have reached you');
  expect(await press(person, list.id, '📬 Show it again')).toBe('Here it comes.');
  await passTime(clock, pictures(person), { atMostMs: 600 * secondMs });
  expect(picturesOf(person)).toHaveLength(1);
  expect(runs(app)).toHaveLength(1);
  // It did not count: there is another picture today.
  person.say('/generate a hare');
  await passTime(clock, pictures(person, 2), { atMostMs: 600 * secondMs });
  expect(picturesOf(person)).toHaveLength(2);
});

test('the wait between two tries of a result survives a restart', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  app.telegram.addFault({ method: showing, do: { kind: '5xx', status: 502 } });
  person.say('/generate a fox');
  const sends = () => app.telegram.calls.filter(({ method }) => method === 'sendPhoto').length;
  while (sends() < 3) await pass(clock, secondMs);
  await pass(clock, 2 * secondMs);
  const before = sends();
  await app.restart();
  await pass(clock, 60 * secondMs);
  expect(sends()).toBe(before);
  app.telegram.clearFaults();
  await pass(clock, 120 * secondMs);
  expect(picturesOf(person)).toHaveLength(1);
});

test.each([
  [413, 'too large for Telegram', 1],
  [403, 'got lost on the way', 5],
])(
  'an upload that meets a page with the status %i ends in words, after a few tries',
  async (status, words, maxPerForm) => {
    const clock = fakeClock();
    await using app = await openTestApp({ clock });
    const person = app.person(7);
    app.telegram.addFault({ method: /Media$|Photo$|Document$/, do: { kind: 'page', status } });
    person.say('/generate a fox');
    await pass(clock, 120 * secondMs);
    expect(fromBot(person.messages()).map(wordsOf).join('\n')).toContain(words);
    const uploads = app.telegram.calls.filter(({ method }) => /Media$|Photo$|Document$/.test(method));
    expect(uploads.length).toBeLessThanOrEqual(4 * maxPerForm);
    const before = uploads.length;
    await pass(clock, 600 * secondMs, 10_000);
    expect(app.telegram.calls.filter(({ method }) => /Media$|Photo$|Document$/.test(method))).toHaveLength(before);
  },
);
