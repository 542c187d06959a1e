import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { drawPicture } from '../../sandbox/drawing/draw-picture.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { adminId, fromBot, openTestApp, testKey, wordsOf, type TestApp } from '../support/test-app.ts';
import { hiddenWords, hideInPng } from '../media/hidden-words.ts';

const env = { IMAGE_CHAIN: 'bytez:dreamlike-art/dreamlike-photoreal-2.0' };

type Deed = BytezFault['do'];

function once(deed: Deed): readonly BytezFault[] {
  return [{ do: deed, when: { times: 1 } }];
}

/** The account that each run was asked of, in their order. */
function runs(app: TestApp): readonly string[] {
  return app.bytez.calls.flatMap(({ route, account }) => (route === 'run' ? [account ?? 'nobody'] : []));
}

function attempts(app: TestApp): readonly number[] {
  return app.events.flatMap((event) => (event.event === 'attempt.started' ? [event.attempt] : []));
}

function keysChanged(app: TestApp): readonly string[] {
  return app.events.flatMap((event) => (event.event === 'key.changed' ? [event.keyName] : []));
}

test('a call that never ends is ended at its deadline, and its only key makes the picture after all (C12)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts: [once({ kind: 'hang' })], clock, env });
  const startedMs = clock.now();
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture), { stepMs: 1_000 });

  expect(attempts(app)).toEqual([1, 2]);
  expect(clock.now() - startedMs).toBeGreaterThanOrEqual(90_000);
});

/** Three people ask one after the other a bot whose first key always fails so; answers it when all have pictures. */
async function threePictures(deed: Deed, clock: FakeClock) {
  const app = await openTestApp({
    accounts: [[{ do: deed }], []],
    clock,
    env: { ...env, ROTATION_STRATEGY: 'primary-first' },
  });
  const admin = app.person(adminId);
  admin.say('/start');
  for (const id of [7, 8, 9]) {
    const person = app.person(id);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
  }
  return { app, admin, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

test.each<readonly [string, Deed]>([
  ['401', { kind: 'unauthorized' }],
  ['403', { kind: 'forbidden' }],
])('a key that is refused with %s costs no attempt, and the admin is told once (C16)', async (_what, deed) => {
  const clock = fakeClock();
  await using day = await threePictures(deed, clock);
  await passTime(clock, clock.sleep(90_000, new AbortController().signal), { stepMs: 1_000 });

  expect(new Set(attempts(day.app))).toEqual(new Set([1]));
  expect(runs(day.app).filter((account) => account === 'account 1').length).toBeLessThanOrEqual(2);
  expect(fromBot(day.admin.messages(), (message) => wordsOf(message).includes('bytez #1'))).toHaveLength(1);
});

test.each<readonly [string, Deed]>([
  ['402', { kind: 'out-of-credit' }],
  ['429', { kind: 'credits-429' }],
  ['200', { kind: 'error-200', error: 'Insufficient credits' }],
])('a key whose credit is spent, said with %s, costs no attempt and rests (C17)', async (_what, deed) => {
  await using day = await threePictures(deed, fakeClock());

  expect(new Set(attempts(day.app))).toEqual(new Set([1]));
  expect(runs(day.app).filter((account) => account === 'account 1')).toHaveLength(1);
});

test.each<readonly [string, Deed]>([
  ['a prompt that is too long', { kind: 'status', status: 400, body: '{"error":"The prompt is too long"}' }],
  ['a request that cannot be worked with', { kind: 'status', status: 422 }],
  ['content that is not allowed', { kind: 'refused' }],
])('%s ends the request after one call, with twenty keys ready (C18)', async (_what, deed) => {
  const accounts = Array.from({ length: 20 }, () => [{ do: deed }]);
  await using app = await openTestApp({ accounts, env });
  const person = app.person(7);
  person.say('/generate a fox in the snow');
  await person.waitFor((messages) => /^(?:🙅|✏️)/u.test(wordsOf(fromBot(messages).at(-1))));

  expect(runs(app)).toHaveLength(1);
  expect(keysChanged(app)).toEqual([]);
});

test('a provider that is down is asked by few calls until the deadline, and no key is blamed (C19)', async () => {
  const clock = fakeClock();
  const down = [{ do: { kind: 'status', status: 503 } }] as const;
  await using app = await openTestApp({
    accounts: [down, down, down],
    clock,
    env: { ...env, IMAGE_TIMEOUT_S: '10', IMAGE_DEADLINE_S: '60' },
  });
  app.person(7).say('/generate a fox');
  const failed = await passTime(clock, app.event('job.failed'), { stepMs: 500, atMostMs: 300_000 });

  expect(failed.code).toBe('provider-down');
  expect(runs(app).length).toBeLessThan(20);
  expect(keysChanged(app)).toEqual([]);
});

/** Everything that the bot told or kept. */
function traces(app: TestApp) {
  return [
    ...app.events.map((event) => ({ where: event.event, text: inspect(event, { depth: 10 }) })),
    ...app.telegram.calls.map((call) => ({ where: call.method, text: JSON.stringify(call) })),
    ...filesIn(app.dataDir),
  ];
}

test('a key that its provider quotes reaches neither a person nor an event nor a file (C20)', async () => {
  const body = JSON.stringify({ error: { message: `Incorrect API key provided: ${testKey(1)}`, code: testKey(1) } });
  const deed = { kind: 'status', status: 401, body } as const;
  await using app = await openTestApp({ accounts: [[{ do: deed }], once({ ...deed, status: 500 })], env });
  const person = app.person(7);
  person.say('/generate a fox');
  await person.waitFor(hasPicture);
  await app.restart();

  expect(runs(app).length).toBeGreaterThanOrEqual(2);
  expect(secretsFound(traces(app), [testKey(1)])).toEqual([]);
});

test('a picture that is gone for twenty seconds is looked for again and arrives, made only once (C21)', async () => {
  const clock = fakeClock();
  const accounts = [[{ do: { kind: 'gone-media', times: 3 } }]] as const;
  await using app = await openTestApp({ accounts, clock, env });
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));

  expect(runs(app)).toHaveLength(1);
  expect(app.bytez.calls.filter(({ route }) => route === 'media')).toHaveLength(4);
});

test('a picture that stays gone costs the attempt after a minute, and is made anew (C21)', async () => {
  const clock = fakeClock();
  const accounts = [[{ do: { kind: 'gone-media' }, when: { times: 1 } }]] as const;
  await using app = await openTestApp({ accounts, clock, env });
  const startedMs = clock.now();
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));

  expect(attempts(app)).toEqual([1, 2]);
  const searchedMs = clock.now() - startedMs;
  expect(searchedMs >= 40_000 && searchedMs < 90_000).toBe(true);
  const fetches = app.bytez.calls.filter(({ route }) => route === 'media').length;
  expect(fetches >= 5 && fetches <= 10).toBe(true);
});

test('what a provider writes into a picture reaches neither a person nor an event nor a file (C29)', async () => {
  const picture = hideInPng(Buffer.from(await drawPicture({ prompt: 'a fox', width: 64, height: 64 })));
  const body = JSON.stringify({ error: null, output: picture.toString('base64') });
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'status', status: 200, body } }]], env });
  const person = app.person(7);
  person.say('/generate a fox');
  await person.waitFor(hasPicture);

  expect(secretsFound(traces(app), [hiddenWords, 'canary-key-001-of-the-tests'])).toEqual([]);
});
