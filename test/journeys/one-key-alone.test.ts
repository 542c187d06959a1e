import { expect, test } from 'vitest';
import { startCloudflareSandbox } from '../../sandbox/cloudflare/cloudflare-sandbox.ts';
import { startHfSandbox } from '../../sandbox/hf/hf-sandbox.ts';
import { startHordeSandbox } from '../../sandbox/horde/horde-sandbox.ts';
import { jsonReply, type StandInReply } from '../../sandbox/http/stand-in-server.ts';
import { startStabilitySandbox } from '../../sandbox/stability/stability-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { troubles } from './talk.ts';

const accountId = '0123456789abcdef0123456789abcdef';
const token = 'canary-token-of-one-provider-0123456789';

/** Each provider with the key as people have it in their environment; `answersWith` replaces its answers to requests. */
const providers = {
  stability: async () => {
    const sandbox = await startStabilitySandbox({ accounts: [{ name: 'one', key: token, credits: 100 }] });
    return {
      sandbox,
      env: { STABILITY_API_KEY: token, STABILITY_BASE_URL: sandbox.baseUrl },
      model: 'core',
      made: () => sandbox.calls.filter(({ route }) => route === 'image').map(({ status }) => status),
      answersWith: (reply: StandInReply) => sandbox.setFaults([{ route: 'image', reply }]),
    };
  },
  cloudflare: async () => {
    const sandbox = await startCloudflareSandbox({ accounts: [{ name: 'one', token, accountId }] });
    return {
      sandbox,
      env: { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_ACCOUNT_ID: accountId, CLOUDFLARE_BASE_URL: sandbox.baseUrl },
      model: '@cf/black-forest-labs/flux-1-schnell',
      made: () => sandbox.calls.filter(({ route }) => route === 'run').map(({ status }) => status),
      answersWith: (reply: StandInReply) => sandbox.setFaults([{ route: 'run', reply }]),
    };
  },
  hf: async () => {
    const sandbox = await startHfSandbox({ accounts: [{ name: 'one', token }] });
    return {
      sandbox,
      env: { HF_TOKEN: token, HF_BASE_URL: sandbox.baseUrl },
      model: 'black-forest-labs/FLUX.1-schnell',
      made: () => sandbox.calls.filter(({ route }) => route === 'picture').map(({ status }) => status),
      answersWith: (reply: StandInReply) => sandbox.setFaults([{ route: 'picture', reply }]),
    };
  },
};

/** The bot with the key of one provider, and the Horde behind it where the test wants it. */
async function withKeyOf(name: keyof typeof providers, hasHorde = false) {
  await using opening = new AsyncDisposableStack();
  const clock = fakeClock();
  const { sandbox, env, model, ...provider } = await providers[name]();
  opening.use(sandbox);
  const horde = hasHorde ? opening.use(await startHordeSandbox({ clock: systemClock })) : undefined;
  const others = horde && {
    IMAGE_CHAIN: `${name}:${model},horde:stable_diffusion`,
    HORDE_API_KEY: '0000000000',
    HORDE_BASE_URL: horde.baseUrl,
    MEDIA_ALLOW_PRIVATE_HOSTS: horde.mediaHost,
  };
  const app = opening.use(await openTestApp({ clock, env: { BYTEZ_API_KEYS: '', ...env, ...others } }));
  const opened = opening.move();
  return { ...provider, app, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** The caption of the picture that the person gets. */
async function pictureFor({ app, clock }: Awaited<ReturnType<typeof withKeyOf>>, id: number): Promise<string> {
  const person = app.person(id);
  person.say('/generate a red fox');
  const messages = await passTime(clock, person.waitFor(hasPicture));
  return wordsOf(fromBot(messages, ({ photo }) => photo !== undefined).at(-1));
}

test.each([
  ['stability', 'Stable Image Core'],
  ['cloudflare', 'FLUX.1 schnell'],
  ['hf', 'FLUX.1 schnell'],
] as const)('a key of %s alone is enough for a picture, and its caption says %s', async (name, label) => {
  await using stage = await withKeyOf(name);
  expect(await pictureFor(stage, 7)).toContain(label);
  expect(stage.made()).toEqual([200]);
  expect(troubles(stage.app)).toEqual([]);
});

test('what Stability filters inside a success is told as a refusal: nobody else is asked, no key is at fault', async () => {
  await using stage = await withKeyOf('stability', true);
  const { app, clock } = stage;
  stage.answersWith(jsonReply(200, { image: 'AAAA', finish_reason: 'CONTENT_FILTERED', seed: 1 }));
  const person = app.person(7);
  person.say('/generate something forbidden');
  await passTime(
    clock,
    person.waitFor((messages) => messages.some(({ text }) => text.includes('The service declined this request'))),
  );
  expect(stage.made()).toEqual([200]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
});

const spent = {
  cloudflare: jsonReply(429, {
    success: false,
    result: null,
    errors: [{ code: 3036, message: 'You have used up your daily free allocation of 10,000 neurons' }],
  }),
  hf: jsonReply(402, {
    error: 'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get more.',
  }),
};

test.each(['cloudflare', 'hf'] as const)(
  'when the free allowance of %s is used up the picture comes from the next provider, and it is not asked again until it is back',
  async (name) => {
    await using stage = await withKeyOf(name, true);
    stage.answersWith(spent[name]);
    for (const id of [7, 8]) expect(await pictureFor(stage, id)).toContain('stable_diffusion');
    expect(stage.made()).toHaveLength(1);
    expect(stage.app.events.filter(({ event }) => event === 'key.changed')).toMatchObject([
      { keyName: `${name} #1`, state: { kind: 'benched', reason: 'out-of-credit' } },
    ]);
    expect(troubles(stage.app)).toEqual([]);
  },
);
