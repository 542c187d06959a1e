import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { hasPicture } from '../support/answers.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { openTestApp, type TestApp } from '../support/test-app.ts';

const elevenKeys = Array.from({ length: 11 }, (_, index) => index + 1);

function blocking(body: string, contentType: string, routes: readonly ('run' | 'list')[]): readonly BytezFault[] {
  return routes.map((route) => ({ do: { kind: 'status', status: 403, body, contentType }, route }));
}

function refusedKeys(app: TestApp): readonly string[] {
  return app.events.flatMap((event) =>
    event.event === 'key.changed' && event.state.kind === 'benched' ? [event.keyName] : [],
  );
}

function alertKinds(app: TestApp): readonly string[] {
  return app.events.flatMap((event) => (event.event === 'alert.raised' ? [event.alert.facts.kind] : []));
}

const everywhere = ['run', 'list'] as const;
/** Many calls and probes are under way at once: a slow disk is not to look like a provider that is silent. */
const slowly = { stepMs: 50 } as const;

test.each([
  ['a code of the content network', 1, blocking('error code: 1010', 'text/plain', everywhere)],
  ['JSON that names nothing', 1, blocking('{"message":"Forbidden"}', 'application/json', everywhere)],
  ['JSON that names nothing', 4, blocking('{"message":"Forbidden"}', 'application/json', everywhere)],
  ['unknown words', 2, blocking('no', 'text/plain', everywhere)],
  ['unknown words, for calls alone,', 6, blocking('{"message":"Forbidden"}', 'application/json', ['run'])],
] as const)(
  'a provider that refuses all keys by %s while %i ask is one alert, no key is blamed, and pictures come when it stops',
  async (_what, count, faults) => {
    const clock = fakeClock();
    await using app = await openTestApp({ accounts: elevenKeys.map(() => faults), clock });
    const people = Array.from({ length: count }, (_, index) => app.person(index + 1));
    for (const person of people) person.say('/generate a red fox');
    await passTime(clock, app.event('breaker.opened'), slowly);
    await passTime(
      clock,
      app.event('attempt.failed', ({ failure }) => failure.reason === 'blocks-this-machine'),
      slowly,
    );
    for (const place of elevenKeys) app.bytez.setFaults(`account ${place}`, []);
    await passTime(clock, Promise.all(people.map((person) => person.waitFor(hasPicture))), slowly);
    expect(refusedKeys(app)).toEqual([]);
    expect(alertKinds(app)).toEqual(['provider-silent']);
    expect(app.events.filter(({ event }) => event === 'job.failed')).toEqual([]);
    expect(machineryShown(app.telegram)).toEqual([]);
  },
);

test('keys that are tested at the start at a provider that refuses everybody are not reported as dead', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    accounts: elevenKeys.map(() => blocking('{"message":"Forbidden"}', 'application/json', everywhere)),
    clock,
    env: { KEYS_TEST_ON_START: 'on' },
  });
  await passTime(clock, Promise.all([app.event('keys.tested'), app.event('alert.raised')]), slowly);
  expect(refusedKeys(app)).toEqual([]);
  expect(alertKinds(app)).toEqual(['provider-silent']);
});
