import { expect, test } from 'vitest';
import { type BflRoute, startBflSandbox } from '../../sandbox/bfl/bfl-sandbox.ts';
import { aCommandLine } from '../cli/command-line.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, runs, troubles, until } from './talk.ts';

const key = 'canary-key-of-an-empty-account-0123456789';

test('a key whose account is empty is asked for its balance alone, and draws again once there is money', async () => {
  const clock = fakeClock();
  const account = { name: 'account 1', key, credits: 0 };
  await using bfl = await startBflSandbox({ accounts: [account] });
  await using app = await openTestApp({
    clock,
    env: {
      IMAGE_CHAIN: 'bfl:flux-2-pro,bytez:dreamlike-art/dreamlike-photoreal-2.0',
      BFL_API_KEY: key,
      BFL_BASE_URL: bfl.baseUrl,
      HEALTH_CHECK_INTERVAL_S: '300',
    },
    mediaHosts: [bfl.mediaHost],
  });
  const calls = (route: BflRoute) => bfl.calls.filter((call) => call.route === route).length;
  const draws = async (id: number): Promise<void> => {
    const person = app.person(id);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
  };
  const stateOf = () => app.app.core.keys.snapshot().keys.find(({ name }) => name === 'bfl #1')?.state;
  /** Lets time pass until the balance was asked for at least so many times. */
  const balances = (count: number) =>
    passTime(
      clock,
      until(() => calls('credits') >= count),
      { stepMs: 1_000 },
    );

  await draws(7);
  expect(stateOf()).toMatchObject({ kind: 'benched', reason: 'out-of-credit' });
  // Longer than the first rest of such a key, after which a call would try it.
  await balances(4);
  await draws(8);
  expect([calls('submit'), runs(app).length]).toEqual([1, 2]);
  expect(stateOf()).toMatchObject({ kind: 'benched', reason: 'out-of-credit' });

  account.credits = 20;
  await balances(calls('credits') + 1);
  await passTime(
    clock,
    app.event('key.changed', ({ state }) => state.kind === 'half-open'),
  );
  expect(calls('submit')).toBe(1);
  const admin = app.person(adminId);
  expect(wordsOf(await passTime(clock, answerTo(admin, '/keys')))).toContain('20 credits left');

  using commands = aCommandLine();
  Object.assign(commands.env, { DATA_DIR: app.dataDir, BFL_API_KEY: key });
  commands.clock.jump(clock.now() - commands.clock.now());
  const listed = (await commands.run('keys list')).out.split('\n').find((line) => line.includes('bfl #1'));
  expect(listed).toContain('20 credits');

  await draws(9);
  expect([calls('submit'), runs(app).length]).toEqual([2, 2]);
  expect(stateOf()).toMatchObject({ kind: 'ready' });
  expect(troubles(app)).toEqual([]);
});
