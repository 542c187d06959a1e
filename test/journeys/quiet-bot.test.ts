import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { runs } from './talk.ts';

const fiveKeys = [1, 2, 3, 4, 5];

test.each([503, 500])(
  'the only person of a quiet bot keeps the place while the provider answers %i, and gets the picture afterwards',
  async (status) => {
    const clock = fakeClock();
    const down: readonly BytezFault[] = [{ do: { kind: 'status', status } }];
    await using app = await openTestApp({ accounts: fiveKeys.map(() => down), clock });
    const person = app.person(1);
    person.say('/generate a red fox');
    await passTime(clock, app.event('breaker.opened'), { stepMs: 50 });
    await passTime(
      clock,
      app.event('job.parked', ({ reason }) => reason === 'provider-silent'),
      { stepMs: 50 },
    );
    for (const place of fiveKeys) app.bytez.setFaults(`account ${place}`, []);
    await passTime(clock, person.waitFor(hasPicture), { stepMs: 50 });
    expect(app.events.filter(({ event }) => event === 'job.failed')).toEqual([]);
    expect(machineryShown(app.telegram)).toEqual([]);
  },
);

test('an allowance of a day that is used up is said at once, asked of each key once, and never told as a crowd', async () => {
  const daily: readonly BytezFault[] = [
    {
      do: {
        kind: 'status',
        status: 429,
        body: '{"error":"You have reached your daily limit of 100 images. Please try again in 5 hours"}',
      },
    },
  ];
  await using app = await openTestApp({ accounts: [daily, daily] });
  const person = app.person(1);
  person.say('/generate a red fox');
  await person.waitFor(hasAnswer);
  const words = wordsOf(fromBot(person.messages()).at(-1));
  expect(words).toContain('used up its allowance');
  expect(words).not.toContain('Many people');
  expect(runs(app)).toHaveLength(2);
  const restsForMs = app.app.core.keys
    .snapshot()
    .keys.map(({ state }) => (state.kind === 'benched' ? state.probeAtMs - Date.now() : 0));
  for (const ms of restsForMs) expect(Math.round(ms / 3_600_000)).toBe(5);
});
