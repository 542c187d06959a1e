import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { jobReport } from '../../src/cli/explain.ts';
import { aPng } from '../media/sample-files.ts';
import { aVideo } from '../media/sample-video.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { machineryShown, saidToPeople } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';

const env = { IMAGE_CHAIN: 'bytez:dreamlike-art/dreamlike-photoreal-2.0' };

function callsOf(app: TestApp, route: 'run' | 'media'): number {
  return app.bytez.calls.filter((call) => call.route === route).length;
}

/** Faults of one account that befall every run. */
function always(deed: BytezFault['do']): readonly (readonly BytezFault[])[] {
  return [[{ do: deed }]];
}

test('a picture that is not there yet is looked for again, and not made a second time', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts: always({ kind: 'gone-media', times: 2 }), clock, env });
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect([callsOf(app, 'run'), callsOf(app, 'media')]).toEqual([1, 3]);
  expect(app.events.filter(({ event }) => event === 'result.refetch')).toHaveLength(2);
});

test('a picture that breaks off on its way is fetched again, and not made a second time', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts: always({ kind: 'cut-media', times: 1 }), clock, env });
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect([callsOf(app, 'run'), callsOf(app, 'media')]).toEqual([1, 2]);
});

test('a picture that never appears is given up after a minute, made anew, and then the person is told', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({
    accounts: always({ kind: 'gone-media' }),
    clock,
    env: { ...env, RETRY_DELAY_S: '4' },
  });
  const person = app.person(7, 'en');
  person.say('/generate a fox');
  const seen = await passTime(clock, person.waitFor(hasAnswer));
  expect(wordsOf(fromBot(seen)[0])).toContain('Your picture was made, but got lost on the way to me.');
  expect(callsOf(app, 'run')).toBe(3);
  expect(saidToPeople(app.telegram).join()).toContain('Your picture arrived damaged.');
  expect(machineryShown(app.telegram)).toEqual([]);
});

test.each([
  ['half of a picture, said to be all of it,', 'half-media'],
  ['an empty answer', 'empty-media'],
] as const)('%s is fetched again, and not made a second time', async (_what, kind) => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts: always({ kind, times: 2 }), clock, env });
  const person = app.person(7);
  person.say('/generate a fox');
  const seen = await passTime(clock, person.waitFor(hasPicture));
  expect([callsOf(app, 'run'), callsOf(app, 'media')]).toEqual([1, 3]);
  const { photo } = fromBot(seen)[0] ?? {};
  expect(Buffer.from(photo?.bytes ?? []).includes('IEND')).toBe(true);
});

test.each<readonly [string, BytezFault['do'], string]>([
  ['a page instead of a picture', { kind: 'html-media' }, 'got lost on the way'],
  ['a result in words', { kind: 'status', status: 200, body: '{"output":"I cannot draw that"}' }, 'isn’t answering'],
])('%s costs an attempt each time, and the person reads kind words', async (_what, deed, words) => {
  await using app = await openTestApp({ accounts: always(deed), env });
  const person = app.person(7, 'en');
  person.say('/generate a fox');
  const seen = await person.waitFor(hasAnswer);
  expect(wordsOf(fromBot(seen)[0])).toContain(words);
  expect(app.events.flatMap(attemptStarted)).toEqual([1, 2, 3]);
  expect(machineryShown(app.telegram)).toEqual([]);
});

const tooLarge = { reason: 'result-too-large', detail: 'larger than 50000000 bytes' };

test.each<readonly [string, BytezFault['do'], string, object]>([
  ['a file far too big, said beforehand', { kind: 'big-media', bytes: 55_000_000 }, 'too large for Telegram', tooLarge],
  [
    'a file far too big, not said beforehand',
    { kind: 'big-media', bytes: 55_000_000, chunked: true },
    'too large for Telegram',
    tooLarge,
  ],
  [
    'an image of four hundred million pixels',
    inline(aPng(20_000, 20_000)),
    'got lost on the way',
    { reason: 'result-unusable', detail: 'an image of 20000 x 20000 pixels' },
  ],
  [
    'a video instead of a picture',
    inline(aVideo()),
    'got lost on the way',
    { reason: 'result-unusable', detail: 'expected a image, got video/mp4' },
  ],
  [
    'an address inside',
    { kind: 'media-url', url: 'https://10.0.0.1/a.png' },
    'got lost on the way',
    { reason: 'result-forbidden', detail: 'the address has an address that is not public' },
  ],
])('%s is not asked of the model again, and the log and explain say why', async (_what, deed, words, refusal) => {
  await using app = await openTestApp({ accounts: always(deed), env });
  const person = app.person(7, 'en');
  person.say('/generate a fox');
  const seen = await person.waitFor(hasAnswer);
  expect(wordsOf(fromBot(seen)[0])).toContain(words);
  expect(app.events.flatMap(attemptStarted)).toEqual([1]);
  const refused = await app.event('result.refused');
  expect(refused).toMatchObject({ ...refusal, model: 'dreamlike-art/dreamlike-photoreal-2.0' });
  const past = await app.app.core.storage.engine.reader.past(refused.jobId);
  if (past === undefined) throw new Error('The job is gone');
  const trail = await app.app.core.storage.engine.reader.trailOf(refused.jobId);
  const report = jobReport({ isTTY: false } as never, past, trail, Date.now()).join('\n');
  expect(report).toContain(`its result was refused, ${refused.reason}: ${refused.detail}`);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('what one model makes unusable the next one is asked for at once', async () => {
  const model = 'dreamlike-art/dreamlike-photoreal-2.0';
  const faults = [{ model, do: { kind: 'big-media', bytes: 55_000_000 } }] as const;
  const chain = { IMAGE_CHAIN: `bytez:${model},bytez:stabilityai/stable-diffusion-xl-base-1.0` };
  await using app = await openTestApp({ accounts: [faults], env: chain });
  const person = app.person(7);
  person.say('/generate a fox');
  await person.waitFor(hasPicture);
  expect(callsOf(app, 'run')).toBe(2);
});

test.each<readonly [string, (url: string) => BytezFault['do']]>([
  ['names', (url) => ({ kind: 'media-url', url })],
  ['is sent on to', (url) => ({ kind: 'redirect-media', to: url })],
])('a result that %s an address inside is never fetched there, and the person reads kind words', async (_how, deed) => {
  let knocks = 0;
  const inside = createServer((_request, response) => void response.end('secret')).on(
    'connection',
    () => (knocks += 1),
  );
  inside.listen(0, '127.0.0.1');
  await once(inside, 'listening');
  await using stack = new AsyncDisposableStack();
  stack.defer(() => void inside.close());
  const { port } = inside.address() as { port: number };
  const urls = [`http://127.0.0.1:${port}/a.png`, `http://localhost:${port}/a.png`, `http://[::1]:${port}/a.png`];
  const others = ['http://127.0.0.1:1/a.png', 'http://169.254.169.254/', 'file:///etc/passwd', 'http://10.0.0.1/a.png'];
  const faults: readonly BytezFault[] = [...urls, ...others].map((url) => ({ do: deed(url), when: { times: 1 } }));
  await using app = await openTestApp({ accounts: [faults], env: { ...env, MAX_ATTEMPTS: '1' } });
  const person = app.person(7, 'en');
  for (const [index] of faults.entries()) {
    person.say('/generate a fox');
    const isAnswered = (seen: readonly SeenMessage[]) => fromBot(seen).length > index && hasAnswer(seen);
    const seen = await person.waitFor(isAnswered);
    expect(wordsOf(fromBot(seen).at(-1))).toMatch(/got lost on the way to me|isn’t answering/);
  }
  expect(app.events.flatMap(attemptStarted)).toHaveLength(faults.length);
  expect(knocks).toBe(0);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test.each(['array', 'object', 'data-url', 'base64'] as const)(
  'a result in the shape of %s becomes a picture',
  async (shape) => {
    await using app = await openTestApp({ accounts: always({ kind: 'output-shape', shape }), env });
    const person = app.person(7);
    person.say('/generate a fox');
    const seen = await person.waitFor(hasPicture);
    expect(fromBot(seen)).toMatchObject([{ edited: true, photo: { mime: 'image/png' } }]);
    expect(callsOf(app, 'run')).toBe(1);
  },
);

test('a picture too long for a photo arrives as a document', async () => {
  await using app = await openTestApp({ accounts: always(inline(aPng(9_600, 1_200))), env });
  const person = app.person(7);
  person.say('/generate a very long wall');
  const seen = await person.waitFor((messages) => messages.some(({ document }) => document !== undefined));
  expect(fromBot(seen)).toMatchObject([{ edited: true, document: { mime: 'image/png' } }]);
  expect(callsOf(app, 'run')).toBe(1);
});

/** The result itself in the answer, instead of its address. */
function inline(bytes: Uint8Array): BytezFault['do'] {
  const output = Buffer.from(bytes).toString('base64');
  return { kind: 'status', status: 200, body: JSON.stringify({ error: null, output }) };
}

function attemptStarted(event: AppEvent): readonly number[] {
  return event.event === 'attempt.started' ? [event.attempt] : [];
}
