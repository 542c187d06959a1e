import { expect, test } from 'vitest';
import { startHordeSandbox } from '../../sandbox/horde/horde-sandbox.ts';
import { ownServerShape } from '../../sandbox/openai/server-shape.ts';
import { serverShapes } from '../../sandbox/openai/other-servers.ts';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { jsonReply } from '../../sandbox/http/stand-in-server.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { adminId, openTestApp } from '../support/test-app.ts';
import { count, runs, troubles } from './talk.ts';

const key = 'sk-canary-key-of-openai-0123456789';

/** The bot with keys of Bytez, which knows no model any more, and of OpenAI. */
async function anEmptyBytez(env: Readonly<Record<string, string>> = {}) {
  await using opening = new AsyncDisposableStack();
  const clock = fakeClock();
  const openai = opening.use(await startOpenAiSandbox({ clock: systemClock, accounts: [{ name: 'one', key }] }));
  const app = opening.use(
    await openTestApp({
      clock,
      env: {
        IMAGE_CHAIN: 'bytez:dreamlike-art/dreamlike-photoreal-2.0,openai:gpt-image-2.6-flare',
        OPENAI_API_KEY: key,
        OPENAI_BASE_URL: `http://${openai.mediaHost}`,
        ...env,
      },
    }),
  );
  app.bytez.setCatalog('empty');
  const opened = opening.move();
  return { app, openai, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('where Bytez serves no model the picture comes from OpenAI, and the next request does not ask Bytez', async () => {
  await using stage = await anEmptyBytez();
  const { app, openai, clock } = stage;
  const [first, second, admin] = [app.person(7), app.person(8), app.person(adminId)];
  admin.say('/start');
  first.say('/generate a fox');
  await passTime(clock, first.waitFor(hasPicture));
  second.say('/generate a bear');
  await passTime(clock, second.waitFor(hasPicture));

  expect(openai.calls.map(({ prompt }) => prompt)).toEqual(['a fox', 'a bear']);
  expect(runs(app)).toHaveLength(1);
  await passTime(
    clock,
    admin.waitFor((messages) => messages.some(({ text }) => text.includes('bytez serves none of its models'))),
  );
  expect(count(app, 'alert.raised')).toBe(1);
  expect(troubles(app)).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
});

test('OpenAI joins the built-in chain when it has a key', async () => {
  await using stage = await anEmptyBytez({ IMAGE_CHAIN: '' });
  const { app, openai, clock } = stage;
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect(openai.calls.map(({ model }) => model)).toEqual(['gpt-image-2.6-flare']);
});

test('a server of one’s own makes the picture without a key', async () => {
  await using server = await startOpenAiSandbox({ clock: systemClock, accounts: [], models: ['home-model'] });
  const clock = fakeClock();
  await using app = await openTestApp({
    clock,
    env: { BYTEZ_API_KEYS: '', IMAGE_CHAIN: 'openai:home-model', OPENAI_BASE_URL: `http://${server.mediaHost}` },
  });
  const person = app.person(7);
  person.say('/generate a fox <sd_cpp_extra_args>{"steps":1}</sd_cpp_extra_args>');
  await passTime(clock, person.waitFor(hasPicture));
  expect(server.calls.filter(({ route }) => route === 'images')).toMatchObject([
    { account: 'keyless', model: 'home-model', hasKey: false, status: 200 },
  ]);
  const admin = app.person(adminId);
  admin.say('/keys');
  await passTime(
    clock,
    admin.waitFor((messages) => messages.some(({ text }) => /openai #1 without a key.*in use/s.test(text))),
  );
  expect(troubles(app)).toEqual([]);
});

test('a server of EXTRA_PROVIDERS takes part in a chain with its keys, in what admins see and in the test of its keys', async () => {
  await using office = await startOpenAiSandbox({
    clock: systemClock,
    accounts: [{ name: 'office', key: 'office-key-of-the-office-01' }],
    models: ['sdxl-turbo.safetensors'],
    shape: ownServerShape,
  });
  const clock = fakeClock();
  await using app = await openTestApp({
    clock,
    env: {
      EXTRA_PROVIDERS: 'office-2',
      OFFICE_2_BASE_URL: office.baseUrl,
      OFFICE_2_API_KEYS: 'office-key-that-is-wrong-00,office-key-of-the-office-01',
      ROTATION_STRATEGY: 'primary-first',
      IMAGE_CHAIN: 'bytez:dreamlike-art/dreamlike-photoreal-2.0,office-2:sdxl-turbo.safetensors',
    },
  });
  app.bytez.setCatalog('empty');
  const [person, admin] = [app.person(7), app.person(adminId)];
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect(office.calls.filter(({ route }) => route === 'images').map(({ status }) => status)).toEqual([401, 200]);
  admin.say('/keys');
  await passTime(
    clock,
    admin.waitFor((messages) => messages.some(({ text }) => /office-2 #1.*office-2 #2 offi…e-01/s.test(text))),
  );
});

test.each([
  ['pollinations', 'flux'],
  ['together', 'black-forest-labs/FLUX.1-schnell'],
  ['xai', 'grok-imagine-image'],
  ['openrouter', 'bytedance-seed/seedream-4.5'],
] as const)('where Bytez serves no model the picture comes from %s', async (name, model) => {
  const models = [model, 'zimage'];
  const accounts = [{ name: 'one', key }];
  await using server = await startOpenAiSandbox({ clock: systemClock, accounts, models, shape: serverShapes[name] });
  const clock = fakeClock();
  const prefix = name.toUpperCase();
  await using app = await openTestApp({
    clock,
    env: { [`${prefix}_API_KEY`]: key, [`${prefix}_BASE_URL`]: `http://${server.mediaHost}` },
  });
  app.bytez.setCatalog('empty');
  const person = app.person(7);
  person.say('/generate a fox --aspect 16:9');
  await passTime(clock, person.waitFor(hasPicture));
  expect(server.calls.filter(({ route }) => route === 'images')).toMatchObject([
    { account: 'one', model, prompt: 'a fox', status: 200 },
  ]);
  expect(troubles(app)).toEqual([]);
});

test('spent money at OpenAI benches its key, and the picture comes from the Horde', async () => {
  await using horde = await startHordeSandbox({ clock: systemClock });
  await using stage = await anEmptyBytez({
    IMAGE_CHAIN: 'openai:gpt-image-2.6-flare,horde:stable_diffusion',
    HORDE_API_KEY: '0000000000',
    HORDE_BASE_URL: horde.baseUrl,
    MEDIA_ALLOW_PRIVATE_HOSTS: horde.mediaHost,
  });
  const { app, openai, clock } = stage;
  const error = { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota' };
  openai.setFaults([{ route: 'images', reply: jsonReply(429, { error }) }]);
  for (const id of [7, 8]) {
    const person = app.person(id);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
  }
  expect(openai.calls).toHaveLength(1);
  expect(horde.calls.filter(({ route }) => route === 'submit')).toHaveLength(2);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toMatchObject([
    { keyName: 'openai #1', state: { kind: 'benched', reason: 'out-of-credit' } },
  ]);
});
