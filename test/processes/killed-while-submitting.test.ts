import { expect, test } from 'vitest';
import { startBflSandbox } from '../../sandbox/bfl/bfl-sandbox.ts';
import { drawVideo } from '../../sandbox/drawing/draw-video.ts';
import { startFalSandbox } from '../../sandbox/fal/fal-sandbox.ts';
import { startGeminiSandbox } from '../../sandbox/gemini/gemini-sandbox.ts';
import { startHordeSandbox } from '../../sandbox/horde/horde-sandbox.ts';
import { startReplicateSandbox } from '../../sandbox/replicate/replicate-sandbox.ts';
import { startSunoSandbox } from '../../sandbox/suno/suno-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { count, press, reads, until } from '../journeys/talk.ts';
import { fromBot, wordsOf } from '../support/test-app.ts';
import { openKillableApp } from './killable-app.ts';

const key = 'canary-key-of-a-paid-run-0123456789';
const accounts = [{ name: 'one', key }];
const hang = { kind: 'hang' } as const;

/** Providers whose runs outlive a call: what is said to one, and how its submissions are left without an answer. */
const paid = {
  suno: async () => {
    const sandbox = await startSunoSandbox({ clock: systemClock, accounts });
    return {
      sandbox,
      say: '/music a calm piano',
      env: {
        MUSIC_CHAIN: 'suno:V5',
        SUNO_API_KEY: key,
        SUNO_BASE_URL: sandbox.baseUrl,
        MEDIA_ALLOW_PRIVATE_HOSTS: sandbox.mediaHost,
      },
      submissions: () => sandbox.calls.filter(({ route }) => route === 'submit').length,
      leaveOpen: (isOpen: boolean) => sandbox.setFaults(isOpen ? [{ route: 'submit', reply: hang }] : []),
    };
  },
  'fal video': async () => {
    const sandbox = await startFalSandbox({ accounts });
    return {
      sandbox,
      say: '/video a fox',
      env: {
        VIDEO_CHAIN: 'fal:fal-ai/wan/v2.2-5b/text-to-video',
        FAL_KEY: key,
        FAL_BASE_URL: sandbox.serviceUrl,
        FAL_QUEUE_BASE_URL: sandbox.queueUrl,
        MEDIA_ALLOW_PRIVATE_HOSTS: sandbox.mediaHost,
      },
      submissions: () => sandbox.calls.filter(({ route }) => route === 'submit').length,
      leaveOpen: (isOpen: boolean) => sandbox.setFaults(isOpen ? [{ route: 'submit', reply: hang }] : []),
    };
  },
  bfl: async () => {
    const sandbox = await startBflSandbox({ accounts });
    return {
      sandbox,
      say: '/generate a fox',
      env: {
        IMAGE_CHAIN: 'bfl:flux-2-pro',
        BFL_API_KEY: key,
        BFL_BASE_URL: sandbox.baseUrl,
        MEDIA_ALLOW_PRIVATE_HOSTS: sandbox.mediaHost,
      },
      submissions: () => sandbox.calls.filter(({ route }) => route === 'submit').length,
      leaveOpen: (isOpen: boolean) => sandbox.setFaults(isOpen ? [{ route: 'submit', reply: hang }] : []),
    };
  },
  replicate: async () => {
    const sandbox = await startReplicateSandbox({ accounts });
    return {
      sandbox,
      say: '/generate a fox',
      env: {
        IMAGE_CHAIN: 'replicate:black-forest-labs/flux-schnell',
        REPLICATE_API_TOKEN: key,
        REPLICATE_BASE_URL: sandbox.baseUrl,
        MEDIA_ALLOW_PRIVATE_HOSTS: sandbox.mediaHost,
      },
      submissions: () => sandbox.calls.filter(({ route }) => route === 'create').length,
      leaveOpen: (isOpen: boolean) => sandbox.setFaults(isOpen ? [{ route: 'create', reply: hang }] : []),
    };
  },
  veo: async () => {
    const video = await drawVideo({ prompt: 'a fox', seconds: 1 });
    const sandbox = await startGeminiSandbox({ accounts, video });
    return {
      sandbox,
      say: '/video a fox',
      env: {
        VIDEO_CHAIN: 'gemini:veo-3.1-fast-generate-preview',
        GEMINI_API_KEY: key,
        GEMINI_BASE_URL: new URL(sandbox.baseUrl).origin,
      },
      submissions: () => sandbox.calls.filter(({ route }) => route === 'video').length,
      leaveOpen: (isOpen: boolean) => sandbox.setFaults(isOpen ? [{ route: 'video', reply: hang }] : []),
    };
  },
};

test.each(Object.keys(paid) as (keyof typeof paid)[])(
  'a bot that is killed while %s has not answered a submission yet submits nothing again: the credit is back, and a button asks anew',
  async (name) => {
    const provider = await paid[name]();
    await using _sandbox = provider.sandbox;
    await using app = await openKillableApp({ env: provider.env });
    provider.leaveOpen(true);
    const person = app.person(7);
    person.say(provider.say);
    await until(() => provider.submissions() === 1);
    await app.kill();
    provider.leaveOpen(false);
    await app.start();
    await until(() => count(app, 'job.failed') === 1);
    expect(app.events.findLast(({ event }) => event === 'job.failed')).toMatchObject({ code: 'stopped', calls: 1 });
    expect(count(app, 'attempt.lost')).toBe(1);
    const [message] = fromBot(
      await person.waitFor((messages) =>
        messages.some((one) => wordsOf(one).includes('stopped before it was finished')),
      ),
    );
    expect(wordsOf(message)).toContain('This doesn’t count towards your daily limit');
    expect(provider.submissions()).toBe(1);

    await press(person, message?.id ?? 0, '🔁 Try again');
    await until(() => count(app, 'job.delivered') === 1);
    expect(provider.submissions()).toBe(2);
  },
);

test('a bot that is killed while the Horde has not answered a submission yet submits again: nothing is paid there', async () => {
  await using horde = await startHordeSandbox({ clock: systemClock });
  await using app = await openKillableApp({
    env: {
      IMAGE_CHAIN: 'horde:stable_diffusion',
      HORDE_API_KEY: '0000000000',
      HORDE_BASE_URL: horde.baseUrl,
      MEDIA_ALLOW_PRIVATE_HOSTS: horde.mediaHost,
    },
  });
  horde.setFaults([{ route: 'submit', reply: hang }]);
  const submissions = () => horde.calls.filter(({ route }) => route === 'submit').length;
  const person = app.person(7);
  person.say('/generate a fox');
  await until(() => submissions() === 1);
  await app.kill();
  horde.setFaults([]);
  await app.start();
  await until(() => count(app, 'job.delivered') === 1);
  expect(submissions()).toBe(2);
  expect(count(app, 'attempt.lost')).toBe(0);
});

test.each(['call-noted', 'calling'] as const)(
  'a bot that ends itself at the point "%s" of a paid run tells the person, and asks the provider for no second one',
  async (point) => {
    const provider = await paid['fal video']();
    await using _sandbox = provider.sandbox;
    await using app = await openKillableApp({ env: provider.env, isAsleep: true });
    await app.start({ point, spared: [], afterMs: 0 });
    const person = app.person(7);
    person.say(provider.say);
    await app.died();
    await app.start();
    await until(() => count(app, 'job.failed') === 1);
    const [message] = fromBot(person.messages());
    await reads(person, message?.id ?? 0, 'stopped before it was finished');
    expect(provider.submissions()).toBeLessThanOrEqual(1);
  },
);

test('a bot that is killed again and again while Veo makes a video never pays for it again (C23)', async () => {
  const video = await drawVideo({ prompt: 'a fox', seconds: 1 });
  await using gemini = await startGeminiSandbox({ accounts, video });
  await using app = await openKillableApp({
    env: {
      VIDEO_CHAIN: 'gemini:veo-3.1-fast-generate-preview',
      GEMINI_API_KEY: key,
      GEMINI_BASE_URL: new URL(gemini.baseUrl).origin,
    },
  });
  const hold = gemini.hold();
  const person = app.person(7);
  person.say('/video a fox');
  const asked = (route: string) => gemini.calls.filter((call) => call.route === route).length;
  await until(() => count(app, 'attempt.submitted') === 1);
  for (let kills = 1; kills <= 2; kills += 1) {
    const looks = asked('operation');
    await app.kill();
    await app.start();
    await until(() => asked('operation') > looks);
  }
  hold.release();
  await until(() => count(app, 'job.delivered') === 1);
  expect(asked('video')).toBe(1);
  expect(asked('file')).toBe(1);
  expect(count(app, 'attempt.resumed')).toBe(2);
});
