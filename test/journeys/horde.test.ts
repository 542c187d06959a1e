import { expect, test } from 'vitest';
import { type HordeSandbox, startHordeSandbox } from '../../sandbox/horde/horde-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, fromBot, openTestApp, type TestAppOptions, wordsOf } from '../support/test-app.ts';
import { answerTo, runs, troubles, until } from './talk.ts';

const chain = 'bytez:dreamlike-art/dreamlike-photoreal-2.0,horde:stable_diffusion';

/** The bot with a key for Bytez, which knows no model any more, and the anonymous key of the Horde. */
async function anEmptyBytez(options: TestAppOptions = {}) {
  await using opening = new AsyncDisposableStack();
  const clock = fakeClock();
  const horde = opening.use(await startHordeSandbox({ clock: systemClock }));
  const env = {
    IMAGE_CHAIN: chain,
    HORDE_API_KEY: '0000000000',
    HORDE_BASE_URL: horde.baseUrl,
    MEDIA_ALLOW_PRIVATE_HOSTS: horde.mediaHost,
    ...options.env,
  };
  const app = opening.use(await openTestApp({ clock, ...options, env }));
  app.bytez.setCatalog('empty');
  const opened = opening.move();
  return { app, horde, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

function submissions({ calls }: HordeSandbox): readonly (string | undefined)[] {
  return calls.flatMap(({ route, prompt }) => (route === 'submit' ? [prompt] : []));
}

test('where Bytez serves no model the picture comes from the Horde, and the next request does not ask Bytez', async () => {
  await using stage = await anEmptyBytez();
  const { app, horde, clock } = stage;
  const [first, second, admin] = [app.person(7), app.person(8), app.person(adminId)];
  admin.say('/start');
  first.say('/generate a fox');
  await passTime(clock, first.waitFor(hasPicture));
  second.say('/generate a bear');
  await passTime(clock, second.waitFor(hasPicture));

  expect(submissions(horde)).toEqual(['a fox', 'a bear']);
  expect(runs(app)).toHaveLength(1);
  await passTime(
    clock,
    admin.waitFor((messages) => messages.some(({ text }) => text.includes('bytez serves none of its models'))),
  );
  expect(app.events.flatMap((one) => (one.event === 'alert.raised' ? [one.alert.id] : []))).toEqual([
    'provider-empty:bytez',
  ]);
  const list = await passTime(clock, answerTo(admin, '/keys'));
  expect(wordsOf(list)).toContain('bytez serves none of its models of the chain right now; the keys are fine');
  expect(horde.calls.filter(({ leakedKey }) => leakedKey)).toEqual([]);
  expect(troubles(app)).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);

  // It is looked at every hour; until then nobody asks it for a picture.
  await clock.advance(30 * 60_000);
  const [third, fourth] = [app.person(9), app.person(10)];
  third.say('/generate a hare');
  await passTime(clock, third.waitFor(hasPicture));
  expect(runs(app)).toHaveLength(1);
  app.bytez.setCatalog('full');
  await clock.advance(31 * 60_000);
  await passTime(clock, app.event('provider.filled'));
  fourth.say('/generate a hen');
  await passTime(clock, fourth.waitFor(hasPicture));
  expect(runs(app)).toHaveLength(2);
  // Only the admins were told.
  expect(first.messages().filter(({ text }) => text.includes('bytez'))).toEqual([]);
});

test('a cancelled request leaves the queue of the Horde too', async () => {
  await using stage = await anEmptyBytez();
  const { app, horde, clock } = stage;
  horde.hold();
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, app.event('attempt.submitted'));
  person.say('/cancel');
  await passTime(clock, app.event('job.cancelled'));
  await until(() => horde.calls.some(({ route }) => route === 'cancel'));
  expect(submissions(horde)).toEqual(['a fox']);
});

test('whoever waits in the queue of the Horde sees the place there and when it expects to be done', async () => {
  await using stage = await anEmptyBytez();
  const { app, horde, clock } = stage;
  const hold = horde.hold({ ahead: 12, waitS: 100 });
  const person = app.person(7);
  person.say('/generate a fox');
  const waits = /12 requests ahead of yours\.\nIt expects to be done in about 2 minutes/;
  await passTime(
    clock,
    person.waitFor((messages) => fromBot(messages).some((one) => waits.test(wordsOf(one)))),
  );
  const answer = await passTime(clock, answerTo(person, '/status'));
  expect(wordsOf(answer)).toContain('at the service, 12 requests ahead, done in about 2 minutes');
  hold.release();
  await passTime(clock, person.waitFor(hasPicture));
});

test('a restart follows the submitted request with the key that submitted it, and submits nothing', async () => {
  await using stage = await anEmptyBytez();
  const { app, horde, clock } = stage;
  const hold = horde.hold();
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, app.event('attempt.submitted'));
  await passTime(clock, app.restart());
  hold.release();
  await passTime(clock, person.waitFor(hasPicture));
  expect(submissions(horde)).toEqual(['a fox']);
});

test('the Horde joins the built-in chain when it has a key', async () => {
  await using stage = await anEmptyBytez({ env: { IMAGE_CHAIN: '' } });
  const { app, horde, clock } = stage;
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect(submissions(horde)).toEqual(['a fox']);
  expect(runs(app)).toHaveLength(3);
});

test('a picture that the filter of the Horde replaced is refused, and nobody is asked again', async () => {
  await using stage = await anEmptyBytez();
  const { app, horde, clock } = stage;
  horde.setEnding('censored');
  const person = app.person(7);
  person.say('/generate a fox');
  const failed = await passTime(clock, app.event('job.failed'));
  expect(failed).toMatchObject({ code: 'refused' });
  expect(submissions(horde)).toEqual(['a fox']);
});

test('a token of Telegram and nothing else is enough for pictures: the anonymous key of the Horde makes them', async () => {
  const env = { BYTEZ_API_KEYS: '', HORDE_API_KEY: '', IMAGE_CHAIN: '', HORDE_ANONYMOUS: '' };
  await using stage = await anEmptyBytez({ env });
  const { app, horde, clock } = stage;
  const readiness = async () => (await fetch(`${app.app.httpUrl}/readyz`)).status;
  // No key is configured, and nothing is known of the Horde yet.
  expect(await readiness()).toBe(503);
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect(submissions(horde)).toEqual(['a fox']);
  expect(await readiness()).toBe(200);
  expect(runs(app)).toEqual([]);
});

test('an empty list at the start is enough: Bytez is not asked at all, and the admins get exactly one notice', async () => {
  await using stage = await anEmptyBytez({ env: { IMAGE_CHAIN: '' } });
  const { app, horde, clock } = stage;
  await passTime(clock, app.restart({ KEYS_TEST_ON_START: 'on' }));
  await passTime(clock, app.event('provider.empty'));
  const [person, admin] = [app.person(7), app.person(adminId)];
  admin.say('/start');
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect(submissions(horde)).toEqual(['a fox']);
  expect(runs(app)).toEqual([]);
  await clock.advance(3 * 3_600_000);
  expect(app.events.flatMap((one) => (one.event === 'alert.raised' ? [one.alert.id] : []))).toEqual([
    'provider-empty:bytez',
  ]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
});

test('where every provider with a usable key serves no model, readiness says so until one does again', async () => {
  const token = 'canary-admin-token-0123456789-abcdef';
  await using stage = await anEmptyBytez({ env: { ADMIN_TOKEN: token, HORDE_API_KEY: '', IMAGE_CHAIN: '' } });
  const { app, clock } = stage;
  const readiness = async () => {
    const answer = await fetch(`${app.app.httpUrl}/readyz`, { headers: { authorization: `Bearer ${token}` } });
    return [answer.status, await answer.json()];
  };
  expect(await readiness()).toMatchObject([200, { keys: true, models: true }]);
  await passTime(clock, app.restart({ KEYS_TEST_ON_START: 'on' }));
  await passTime(clock, app.event('provider.empty'));
  expect(await readiness()).toMatchObject([
    503,
    { ready: false, keys: true, models: false, why: [expect.stringContaining('serves none of its models')] },
  ]);
  // A key that is out of use is no way around an empty provider.
  await app.app.admin.keys.disable('all');
  expect(await readiness()).toMatchObject([503, { keys: false, models: true }]);
  await app.app.admin.keys.enable('all');
  app.bytez.setCatalog('full');
  await passTime(clock, app.event('provider.filled'), { stepMs: 10_000 });
  // An hour has passed for the bot in moments, so Telegram may be behind.
  expect((await readiness())[1]).toMatchObject({ keys: true, models: true });
});
