import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { machineryShown, saidToPeople } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';

const [first, second] = ['dreamlike-art/dreamlike-photoreal-2.0', 'stabilityai/stable-diffusion-xl-base-1.0'];
const env = { IMAGE_CHAIN: `bytez:${first},bytez:${second}` };

function modelsAsked(app: TestApp): readonly (string | undefined)[] {
  return app.bytez.calls.filter(({ route }) => route === 'run').map(({ model }) => model);
}

const brokenAnswers: readonly (readonly [string, BytezFault['do']])[] = [
  ['a success that holds an error', { kind: 'error-200', error: 'CUDA error: device-side assert triggered' }],
  ['the page of a gateway', { kind: 'status', status: 502 }],
  ['half a JSON text', { kind: 'bad-json' }],
  ['half of what was promised', { kind: 'truncated' }],
  ['a cut connection', { kind: 'cut' }],
  ['a page where a result should be', { kind: 'status', status: 200, body: '<html><body>Just a moment</body></html>' }],
  ['a success without a result', { kind: 'status', status: 200, body: '{"error":null,"output":null}' }],
];

test.each(brokenAnswers)(
  'when a model answers with %s it is asked three times, and then another one makes the picture',
  async (_what, deed) => {
    await using app = await openTestApp({
      accounts: [[{ do: deed, model: first }], [{ do: deed, model: first }]],
      env,
    });
    const person = app.person(7);
    person.say('/generate a fox');
    const seen = await person.waitFor(hasPicture);
    expect(modelsAsked(app)).toEqual([first, first, first, second]);
    expect(wordsOf(fromBot(seen)[0])).toContain('stable-diffusion-xl-base-1.0');
    expect(fromBot(seen)).toHaveLength(1);
    const attempts = app.events.flatMap((event) => (event.event === 'attempt.started' ? [event.attempt] : []));
    expect(attempts).toEqual([1, 2, 3, 1]);
    expect(machineryShown(app.telegram)).toEqual([]);
  },
);

test('when a model is gone the next one makes the picture at once, and the next person is not sent to the first again', async () => {
  const gone: readonly BytezFault[] = [{ do: { kind: 'no-model' }, model: first }];
  await using app = await openTestApp({ accounts: [gone, gone], env });
  const [ann, ben] = [app.person(7), app.person(8)];
  ann.say('/generate an apple');
  await ann.waitFor(hasPicture);
  ben.say('/generate a banana');
  await ben.waitFor(hasPicture);
  expect(modelsAsked(app)).toEqual([first, second, second]);
  expect(app.events.filter(({ event }) => event === 'model.cooling')).toMatchObject([
    { provider: 'bytez', model: first },
  ]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('a declined wish is asked once, blames no key, and is answered with what to do instead', async () => {
  const refused: readonly BytezFault[] = [{ do: { kind: 'refused' } }];
  await using app = await openTestApp({ accounts: [refused, refused], env });
  const person = app.person(7, 'en');
  person.say('/generate something forbidden');
  const seen = await person.waitFor((messages) => wordsOf(fromBot(messages).at(-1)).startsWith('🙅'));
  expect(wordsOf(fromBot(seen)[0])).toBe(
    [
      '🙅 The service declined this request.',
      'Its rules don’t allow this content. Try describing something else, or say it in other words.',
      'This doesn’t count towards your daily limit.',
      'something forbidden',
    ].join('\n'),
  );
  expect(fromBot(seen)[0]?.buttons.flat()).toMatchObject([
    { data: 'example:image' },
    { text: '💬 Say what went wrong' },
  ]);
  expect(modelsAsked(app)).toEqual([first]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
});

test('a wish that the service cannot work with is asked once and answered with what to change', async () => {
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'status', status: 422 } }]], env });
  const person = app.person(7, 'en');
  person.say('/generate a fox');
  const seen = await person.waitFor((messages) => wordsOf(fromBot(messages).at(-1)).startsWith('✏️'));
  expect(wordsOf(fromBot(seen)[0])).toContain('Try a plain sentence without special characters.');
  expect(modelsAsked(app)).toEqual([first]);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('between two tries a person reads that the service stumbled, and not that they are in line', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'status', status: 500 }, when: { times: 2 } }]],
    clock,
    env: { ...env, RETRY_DELAY_S: '8' },
  });
  const person = app.person(7, 'en');
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture), { stepMs: 100 });
  const [, ...news] = saidToPeople(app.telegram);
  expect(news.join('\n')).toContain('The picture service failed for a moment.');
  expect(news.filter((words) => /in line|next/.test(words))).toEqual([]);
});

test('when every model keeps breaking, a person reads that the service is down after three tries of each', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'cut' } }], [{ do: { kind: 'bad-json' } }]],
    env,
  });
  const person = app.person(7, 'en');
  person.say('/generate a fox');
  const seen = await person.waitFor(hasAnswer);
  expect(wordsOf(fromBot(seen)[0])).toContain('The picture service isn’t answering right now.');
  expect(modelsAsked(app)).toEqual([first, first, first, second, second, second]);
  expect(machineryShown(app.telegram)).toEqual([]);
});
