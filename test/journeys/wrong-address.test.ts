import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { hasPicture } from '../support/answers.ts';
import { adminId, openTestApp, type TestApp } from '../support/test-app.ts';

const elsewhere: readonly BytezFault[] = (['run', 'list'] as const).map((route) => ({
  do: { kind: 'status', status: 404, body: '{"error":"Not found"}', contentType: 'application/json' },
  route,
}));
const onlyTheList = elsewhere.slice(1);

function alerts(app: TestApp): readonly string[] {
  return app.events.flatMap((event) =>
    event.event === 'alert.raised'
      ? [event.alert.facts.kind]
      : event.event === 'alert.resolved'
        ? [`${event.alert.facts.kind} over`]
        : [],
  );
}

test('a base URL where no provider answers is one alert at the start, and over when it answers', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    accounts: [elsewhere, elsewhere, elsewhere],
    clock,
    env: { KEYS_TEST_ON_START: 'on', HEALTH_CHECK_INTERVAL_S: '60' },
  });
  const admin = app.person(adminId);
  admin.say('/start');
  await passTime(clock, app.event('keys.tested'));
  expect(alerts(app)).toEqual(['wrong-address']);
  await passTime(
    clock,
    admin.waitFor((messages) => messages.some(({ text }) => text.includes('isn’t bytez'))),
  );
  for (const place of [1, 2, 3]) app.bytez.setFaults(`account ${place}`, []);
  await passTime(clock, app.event('alert.resolved'));
  expect(alerts(app)).toEqual(['wrong-address', 'wrong-address over']);
  expect(app.events.filter((event) => event.event === 'key.changed')).toEqual([]);
});

test('a provider that serves pictures and only lacks what the free probe asks for is not taken for a wrong address', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    accounts: [onlyTheList, onlyTheList],
    clock,
    env: { HEALTH_CHECK_INTERVAL_S: '60' },
  });
  const person = app.person(7);
  person.say('/generate a red fox');
  await passTime(clock, person.waitFor(hasPicture));
  await passTime(clock, app.event('address.wrong'));
  expect(alerts(app)).toEqual([]);
});
