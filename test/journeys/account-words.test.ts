import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { aPng } from '../media/sample-files.ts';
import { hasAnswer } from '../support/answers.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';
import { pictures, runs } from './talk.ts';

function answering(status: number, body: unknown, times?: number): BytezFault {
  return {
    do: { kind: 'status', status, body: JSON.stringify(body), contentType: 'application/json' },
    ...(times === undefined ? {} : { when: { times } }),
  };
}

function states(app: TestApp): readonly string[] {
  return app.app.core.keys
    .snapshot()
    .keys.map(({ state }) => ('reason' in state ? `${state.kind} ${state.reason}` : state.kind));
}

test.each([
  ['Your credit balance is too low to access the API. Please purchase credits.', 'benched out-of-credit'],
  ['Billing hard limit has been reached', 'benched out-of-credit'],
  ['API key expired. Please renew the API key.', 'benched rejected'],
  ['The API key is invalid', 'benched rejected'],
  ['Invalid token', 'benched rejected'],
])(
  'an account whose trouble is told with 400 as "%s" is left out, and nobody is told to write better',
  async (words, state) => {
    const bad = answering(400, { error: { message: words, type: 'invalid_request_error' } });
    await using app = await openTestApp({
      accounts: [[bad, { ...bad, route: 'list' }], [], [], []],
      env: { ROTATION_STRATEGY: 'primary-first' },
    });
    for (const id of [1, 2, 3]) {
      const person = app.person(id);
      person.say('/generate a red fox');
      await pictures(person);
    }
    expect(states(app)).toEqual([state, 'ready', 'ready', 'ready']);
    expect(runs(app)).toHaveLength(4);
    expect(machineryShown(app.telegram)).toEqual([]);
  },
);

test.each([
  [403, 'Prompt not allowed'],
  [403, 'Request blocked by policy'],
  [400, 'Your prompt was flagged'],
  [200, 'This content is not permitted'],
  [451, 'Generating images of public figures is prohibited'],
])('a refusal told with %i as "%s" costs one call and no key, and its person is told kindly', async (status, words) => {
  const refusal = { ...answering(status, { error: words, output: null }), prompt: 'secret' };
  await using app = await openTestApp({ accounts: [[refusal], [refusal], [refusal]] });
  const person = app.person(1);
  person.say('/generate the secret garden');
  await app.event('job.notified');
  expect(wordsOf(fromBot(person.messages()).at(-1))).toContain('declined this request');
  expect(runs(app)).toHaveLength(1);
  expect(states(app)).toEqual(['ready', 'ready', 'ready']);
});

test('a pace that is called a quota delays a picture by the stated seconds, not by an hour', async () => {
  const words = 'You exceeded your current quota. Quota exceeded for requests per minute. Please retry in 1.2s.';
  await using app = await openTestApp({ accounts: [[answering(429, { error: { message: words } }, 1)]] });
  const person = app.person(1);
  person.say('/generate a red fox');
  await pictures(person);
  expect(runs(app)).toHaveLength(2);
});

test('a daily limit rests its key until the stated reset, and its person is told when at once', async () => {
  const words = 'You have reached your daily limit of 100 images. Try again in 5h.';
  await using app = await openTestApp({ accounts: [[answering(429, { error: words })]] });
  const person = app.person(1);
  person.say('/generate a red fox');
  await person.waitFor(hasAnswer);
  const told = wordsOf(fromBot(person.messages()).at(-1));
  expect(told).toContain('has used up its allowance for now');
  expect(told).toMatch(/5\s?h/);
  expect(runs(app)).toHaveLength(1);
  expect(states(app)).toEqual(['benched out-of-credit']);
});

test.each(['""', 'false', '{}', '[]', '0', 'NaN'])(
  'a result beside an error of %s is delivered after one run',
  async (error) => {
    const body = `{"error":${error},"output":"data:image/png;base64,${aPng().toString('base64')}"}`;
    const effect = { kind: 'status', status: 200, body, contentType: 'application/json' } as const;
    await using app = await openTestApp({ accounts: [[{ do: effect, route: 'run' }]] });
    const person = app.person(1);
    person.say('/generate a red fox');
    await pictures(person);
    expect(runs(app)).toHaveLength(1);
  },
);
