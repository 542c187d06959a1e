import { expect, test } from 'vitest';
import { drawVideo } from '../../sandbox/drawing/draw-video.ts';
import { startGeminiSandbox } from '../../sandbox/gemini/gemini-sandbox.ts';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { openTestApp } from '../support/test-app.ts';
import { startStabilitySandbox } from '../../sandbox/stability/stability-sandbox.ts';
import { pictures, picturesOf, press, runs, troubles, until } from './talk.ts';

const key = 'AQ.canary-key-of-gemini-0123456789';

/** The bot with keys of Bytez, which knows no model any more, and of Gemini. */
async function anEmptyBytez(chain: Readonly<Record<string, string>>) {
  await using opening = new AsyncDisposableStack();
  const clock = fakeClock();
  const video = await drawVideo({ prompt: 'a fox', seconds: 1 });
  const gemini = opening.use(await startGeminiSandbox({ accounts: [{ name: 'one', key }], video }));
  const env = { GEMINI_API_KEY: key, GEMINI_BASE_URL: new URL(gemini.baseUrl).origin, ...chain };
  const app = opening.use(await openTestApp({ clock, env }));
  app.bytez.setCatalog('empty');
  const opened = opening.move();
  return { app, gemini, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('where Bytez serves no model the picture comes from Gemini', async () => {
  const chain = 'bytez:dreamlike-art/dreamlike-photoreal-2.0,gemini:gemini-nano-banana-2.1';
  await using stage = await anEmptyBytez({ IMAGE_CHAIN: chain });
  const { app, gemini, clock } = stage;
  const person = app.person(7);
  person.say('/generate a fox --aspect 16:9');
  await passTime(clock, person.waitFor(hasPicture));
  expect(gemini.calls.filter(({ route }) => route === 'content')).toMatchObject([
    { prompt: 'a fox', aspectRatio: '16:9', status: 200 },
  ]);
  expect(runs(app)).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('a model whose quota of the day is used up leaves the key to the other models, until midnight in California', async () => {
  const chain = 'gemini:gemini-nano-banana-2.1,gemini:gemini-3.1-flash-lite-image';
  await using stage = await anEmptyBytez({ IMAGE_CHAIN: chain });
  const { app, gemini, clock } = stage;
  const quotaId = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';
  const details = [
    { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId, quotaValue: '20' }] },
  ];
  const error = { code: 429, message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED', details };
  gemini.setFaults([{ route: 'content', times: 1, reply: jsonReply(429, { error }) }]);
  const pictureFor = async (id: number) => {
    const person = app.person(id);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
  };
  const asked = () => app.events.flatMap((one) => (one.event === 'attempt.started' ? [one.model] : []));
  await pictureFor(7);
  await pictureFor(8);
  const lite = 'gemini-3.1-flash-lite-image';
  expect(asked()).toEqual(['gemini-nano-banana-2.1', lite, lite]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
  // The clock of a test begins at midnight in Greenwich.
  await clock.advance(8 * 3_600_000);
  await pictureFor(9);
  expect(asked().at(-1)).toBe('gemini-nano-banana-2.1');
});

test('a picture is animated from itself and made larger by the models that can, which change nothing for other requests', async () => {
  const stabilityKey = 'sk-canary-key-of-stability-0123456789';
  const accounts = [{ name: 'one', key: stabilityKey, credits: 100 }];
  await using stability = await startStabilitySandbox({ accounts });
  await using stage = await anEmptyBytez({
    IMAGE_CHAIN: 'gemini:gemini-nano-banana-2.1',
    EDIT_CHAIN: 'stability:upscale-fast,gemini:gemini-nano-banana-2.1',
    VIDEO_CHAIN: 'bytez:ali-vilab/text-to-video-ms-1.7b,gemini:veo-3.1-fast-generate-preview',
    STABILITY_API_KEY: stabilityKey,
    STABILITY_BASE_URL: stability.baseUrl,
  });
  const { app, gemini, clock } = stage;
  const person = app.person(7);
  person.say('/generate a fox');
  const [picture] = await passTime(clock, pictures(person));
  const open = async () => {
    await passTime(clock, press(person, picture?.id ?? 0, '⋯ More'));
    await passTime(
      clock,
      until(() => person.messages().some(({ buttons }) => buttons.flat().some(({ text }) => text === '🎬 Animate'))),
    );
  };
  await open();
  person.press(picture?.id ?? 0, '🎬 Animate');
  await passTime(
    clock,
    person.waitFor((messages) => messages.some(({ video }) => video !== undefined)),
  );
  expect(gemini.calls.filter(({ route }) => route === 'video')).toMatchObject([{ prompt: 'a fox', pictures: 1 }]);
  expect(runs(app)).toEqual([]);
  person.sendPhoto('/video it waves');
  await passTime(
    clock,
    person.waitFor((messages) => messages.filter(({ video }) => video !== undefined).length === 2),
  );
  expect(gemini.calls.filter(({ route }) => route === 'video')).toMatchObject([
    {},
    { prompt: 'it waves', pictures: 1 },
  ]);
  await app.restart();
  person.press(picture?.id ?? 0, '🔍 Enlarge');
  const [, larger] = await passTime(clock, pictures(person, 3));
  expect(stability.calls.filter(({ route }) => route === 'image')).toMatchObject([
    { path: '/v2beta/stable-image/upscale/fast', hasPicture: true, fields: { output_format: 'png' }, status: 200 },
  ]);
  person.say('make it winter', { replyTo: larger?.id ?? 0 });
  await passTime(clock, pictures(person, 4));
  expect(picturesOf(person).at(-1)).toBeDefined();
  expect(gemini.calls.filter(({ route, pictures: sent }) => route === 'content' && sent === 1)).toHaveLength(1);
  expect(stability.calls.filter(({ route }) => route === 'image')).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('a video is waited for and fetched with the key, without a host that is allowed for it', async () => {
  await using stage = await anEmptyBytez({ VIDEO_CHAIN: 'gemini:veo-3.1-fast-generate-preview' });
  const { app, gemini, clock } = stage;
  const person = app.person(7);
  person.say('/video a fox');
  await passTime(
    clock,
    person.waitFor((messages) => messages.some(({ video }) => video !== undefined)),
  );
  const made = gemini.calls.filter(({ route }) => route !== 'models');
  expect(made.map(({ route }) => route)).toEqual(['video', 'operation', 'operation', 'file']);
  expect(gemini.calls.some(({ leakedKey }) => leakedKey)).toBe(false);
  expect(troubles(app)).toEqual([]);
});
