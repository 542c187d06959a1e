import { expect, test } from 'vitest';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { openTestApp } from '../support/test-app.ts';

test('a key that may be called five times a minute is refused once, and then everybody gets a picture at its pace', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'call-window', calls: 5, perS: 60 } }]],
    clock,
    bytezClock: clock,
    env: { BYTEZ_SEATS_MAX: '1' },
  });
  const people = Array.from({ length: 12 }, (_, index) => app.person(index + 1));
  for (const person of people) person.say('/generate a fox in the snow');
  await passTime(clock, Promise.all(people.map((person) => person.waitFor(hasPicture, { timeoutMs: 60_000 }))));
  const runs = app.bytez.calls.filter(({ route }) => route === 'run');
  expect(runs.filter(({ fault }) => fault === 'call-window')).toHaveLength(1);
  expect(runs).toHaveLength(13);
  expect(app.events.filter(({ event }) => event === 'alert.raised')).toEqual([]);
  // The last calls began in the third window, not before.
  expect(clock.now() - (runs[0]?.atMs ?? 0)).toBeGreaterThan(120_000);
});
