import { expect, test } from 'vitest';
import { openDemoApp, roles } from '../../src/cli/demo/demo-app.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { until } from '../journeys/talk.ts';

test('the demo’s bot, killed in the middle of a picture, comes back by itself and finishes it, once', async () => {
  const events: AppEvent[] = [];
  await using demo = await openDemoApp({ emit: (event) => events.push(event), pictureMs: 100 });
  const robin = demo.telegram.person({ id: roles.free, firstName: 'Robin', languageCode: 'en' });
  const hold = demo.bytez.hold();
  robin.say('/generate a red fox in the snow');
  await until(() => demo.bytez.calls.some(({ route }) => route === 'run'));
  await until(() => events.some(({ event }) => event === 'attempt.started'));
  expect([demo.bot.kill(), demo.bot.isRunning, demo.bot.kill()]).toEqual([true, false, false]);
  expect(await demo.bot.ask({ kind: 'lines' })).toBeUndefined();
  hold.release();
  await robin.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));
  expect(demo.bot.isRunning).toBe(true);
  expect(robin.messages().filter(({ from, photo }) => from === 'bot' && photo !== undefined)).toHaveLength(1);
  expect(events.filter(({ event }) => event === 'app.started')).toHaveLength(2);
});

test('the demo’s bot takes nothing new while its disk is full, says so, and takes again when there is room', async () => {
  const events: AppEvent[] = [];
  await using demo = await openDemoApp({ emit: (event) => events.push(event), pictureMs: 100 });
  const robin = demo.telegram.person({ id: roles.free, firstName: 'Robin', languageCode: 'en' });
  await demo.bot.setDiskFull(true);
  robin.say('/generate a red fox in the snow');
  await robin.waitFor((seen) => seen.some(({ text }) => text.includes('I have trouble with my storage')));
  expect(events.filter(({ event }) => event === 'storage.unavailable')).toHaveLength(1);
  await demo.bot.setDiskFull(false);
  await until(() => events.some(({ event }) => event === 'storage.recovered'));
  robin.say('/generate a castle under the moon');
  await robin.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));
});
