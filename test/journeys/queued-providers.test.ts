import { expect, test } from 'vitest';
import { startFalSandbox } from '../../sandbox/fal/fal-sandbox.ts';
import { hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import {
  queuedModels,
  type QueuedProviderName,
  queuedProviders,
  startQueuedProvider,
} from '../support/queued-provider.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { count, runs, troubles, until } from './talk.ts';

/** The bot with a key for Bytez, which knows no model any more, and one of a provider with a queue. */
async function anEmptyBytez(name: QueuedProviderName, more: Readonly<Record<string, string>> = {}) {
  await using opening = new AsyncDisposableStack();
  const clock = fakeClock();
  const provider = opening.use(await startQueuedProvider(name));
  const models = queuedModels[name];
  const env = {
    IMAGE_CHAIN: `bytez:dreamlike-art/dreamlike-photoreal-2.0,${name}:${models.image}`,
    VIDEO_CHAIN: `${name}:${models.video}`,
    ...provider.env,
    ...more,
  };
  const app = opening.use(await openTestApp({ clock, env }));
  app.bytez.setCatalog('empty');
  const opened = opening.move();
  return { app, provider, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test.each(queuedProviders)('where Bytez serves no model the picture comes from %s', async (name) => {
  await using stage = await anEmptyBytez(name);
  const { app, provider, clock } = stage;
  const [first, second, admin] = [app.person(7), app.person(8), app.person(adminId)];
  admin.say('/start');
  first.say('/generate a fox');
  await passTime(clock, first.waitFor(hasPicture));
  second.say('/generate a bear');
  await passTime(clock, second.waitFor(hasPicture));
  expect(provider.submissions()).toEqual(['a fox', 'a bear']);
  expect(runs(app)).toHaveLength(1);
  expect(provider.calls.filter(({ leakedKey }) => leakedKey)).toEqual([]);
  expect(troubles(app)).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
});

test.each(queuedProviders)('a video comes from %s', async (name) => {
  await using stage = await anEmptyBytez(name);
  const { app, provider, clock } = stage;
  const person = app.person(7);
  person.say('/video a fox that runs');
  const isVideo = (messages: Parameters<typeof hasPicture>[0]) => messages.some(({ video }) => video !== undefined);
  await passTime(clock, person.waitFor(isVideo));
  expect(provider.submissions()).toEqual(['a fox that runs']);
});

test.each(queuedProviders)('%s joins the built-in chain when it has a key', async (name) => {
  await using stage = await anEmptyBytez(name, { IMAGE_CHAIN: '' });
  const { app, provider, clock } = stage;
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, person.waitFor(hasPicture));
  expect(provider.submissions()).toEqual(['a fox']);
});

test.each(queuedProviders)('a restart follows the run of %s at once, and submits nothing', async (name) => {
  await using stage = await anEmptyBytez(name);
  const { app, provider, clock } = stage;
  const hold = provider.hold();
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, app.event('attempt.submitted'));
  await passTime(clock, app.restart());
  await passTime(
    clock,
    until(() => count(app, 'attempt.resumed') === 1),
  );
  hold.release();
  await passTime(clock, person.waitFor(hasPicture));
  expect(provider.submissions()).toEqual(['a fox']);
});

test.each(['fal', 'replicate'] as const)('a cancelled request is given up at %s too', async (name) => {
  await using stage = await anEmptyBytez(name);
  const { app, provider, clock } = stage;
  provider.hold();
  const person = app.person(7);
  person.say('/generate a fox');
  await passTime(clock, app.event('attempt.submitted'));
  person.say('/cancel');
  await passTime(clock, app.event('job.cancelled'));
  await until(() => provider.calls.some(({ route }) => route === 'cancel'));
  expect(provider.submissions()).toEqual(['a fox']);
});

test.each(queuedProviders)('what the filter of %s holds back is refused, and nobody is asked again', async (name) => {
  await using stage = await anEmptyBytez(name);
  const { app, provider, clock } = stage;
  provider.refuse();
  const person = app.person(7);
  person.say('/generate a fox');
  expect(await passTime(clock, app.event('job.failed'))).toMatchObject({ code: 'refused' });
  expect(provider.submissions()).toEqual(['a fox']);
});

test('a request that waits in the queue of fal says behind how many', async () => {
  await using opening = new AsyncDisposableStack();
  const clock = fakeClock();
  const key = 'canary-id-of-fal:canary-secret-0123456789';
  const fal = opening.use(await startFalSandbox({ accounts: [{ name: 'one', key, concurrency: 1 }] }));
  const app = opening.use(
    await openTestApp({
      clock,
      env: {
        IMAGE_CHAIN: 'fal:fal-ai/flux/schnell',
        FAL_KEY: key,
        FAL_BASE_URL: fal.serviceUrl,
        FAL_QUEUE_BASE_URL: fal.queueUrl,
        FAL_SEATS_PER_KEY: '3',
        MEDIA_ALLOW_PRIVATE_HOSTS: fal.mediaHost,
      },
    }),
  );
  const hold = fal.hold();
  const third = app.person(9);
  const people = [app.person(7), app.person(8), third];
  for (const person of people) {
    person.say('/generate a fox');

    const isSubmitted = () => fal.calls.filter(({ route }) => route === 'submit').length > people.indexOf(person);
    await passTime(clock, until(isSubmitted));
  }
  const waits = /1 request ahead of yours/;
  await passTime(
    clock,
    third.waitFor((messages) => fromBot(messages).some((one) => waits.test(wordsOf(one)))),
  );
  hold.release();
  for (const person of people) await passTime(clock, person.waitFor(hasPicture));
  expect(fal.calls.filter(({ route }) => route === 'submit')).toHaveLength(3);
});
