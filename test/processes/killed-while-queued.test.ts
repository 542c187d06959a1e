import { expect, test } from 'vitest';
import { count, pictures, until } from '../journeys/talk.ts';
import {
  queuedModels,
  type QueuedProviderName,
  queuedProviders,
  startQueuedProvider,
} from '../support/queued-provider.ts';
import { openKillableApp, pointsAfterSubmission as points } from './killable-app.ts';

async function aBot(name: QueuedProviderName, isAsleep = false) {
  await using opening = new AsyncDisposableStack();
  const provider = opening.use(await startQueuedProvider(name));
  const env = { IMAGE_CHAIN: `${name}:${queuedModels[name].image}`, ...provider.env };
  const app = opening.use(await openKillableApp({ env, isAsleep }));
  const opened = opening.move();
  return { app, provider, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test.each(queuedProviders)(
  'a bot that is killed at every point after a submission to %s submits nothing twice',
  async (name) => {
    await using stage = await aBot(name, true);
    const { app, provider } = stage;
    for (const [index, point] of points.entries()) {
      await app.start({ point, spared: app.reached, afterMs: 0 });
      const person = app.person(7 + index);
      person.say(`/generate a fox at ${point}`);
      await app.died();
      await app.start();
      await pictures(person);
      await until(() => count(app, 'job.delivered') > index || point === 'delivered-not-told');
      await app.kill();
    }
    expect(provider.submissions()).toEqual(points.map((point) => `a fox at ${point}`));
    expect(provider.calls.filter(({ leakedKey }) => leakedKey)).toEqual([]);
  },
);

test.each(queuedProviders)(
  'a bot that is killed again and again while %s works submits nothing twice',
  async (name) => {
    await using stage = await aBot(name);
    const { app, provider } = stage;
    const hold = provider.hold();
    const person = app.person(7);
    person.say('/generate a fox');
    await until(() => count(app, 'attempt.submitted') === 1);
    for (let kills = 1; kills <= 2; kills += 1) {
      const looks = provider.looks();
      await app.kill();
      await app.start();
      await until(() => provider.looks() > looks);
    }
    hold.release();
    await pictures(person);
    await until(() => count(app, 'job.delivered') === 1);
    expect(provider.submissions()).toEqual(['a fox']);
    expect(count(app, 'attempt.resumed')).toBe(2);
  },
);
