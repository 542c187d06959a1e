import { expect, test } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, press, reads, runs, troubles, until, whileTimePasses } from './talk.ts';

test('what a person sets holds for every request that says nothing else, survives a restart, and goes with /forget', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '9' } });
  const [person, other] = [app.person(7), app.person(8)];
  const settings = await answerTo(person, '/settings');
  expect(wordsOf(settings)).toContain('📐 Shape: Automatic');
  const set = async (button: string, reading: string) => {
    expect(await press(person, settings.id, button)).toBe('Noted.');
    await reads(person, settings.id, reading);
  };
  const open = async (button: string, reading: string) => {
    await press(person, settings.id, button);
    await reads(person, settings.id, reading);
  };
  await open('📐 Shape', 'Which shape?');
  await set('16:9', '📐 Shape: 16:9');
  await open('🖌 Style', 'Which style?');
  await set('💧 Watercolour', '🖌 Style: 💧 Watercolour');
  await set('▫️ 📄 Send as a file', '📄 Send as a file: on');
  await app.restart();

  await answerTo(person, '/generate a red fox');
  await person.waitFor((seen) => seen.some(({ document }) => document !== undefined));
  await answerTo(other, '/generate a hen');
  await pictures(other);
  await answerTo(person, '/generate a crow --aspect 1:1 --style sketch');
  await person.waitFor((seen) => seen.filter(({ document }) => document !== undefined).length === 2);
  expect(runs(app)).toMatchObject([
    { prompt: 'a red fox, watercolour on textured paper, soft washes', params: { width: 1_024, height: 576 } },
    { prompt: 'a hen' },
    { prompt: 'a crow, pencil sketch on paper, fine shading', params: { width: 768, height: 768 } },
  ]);

  // A guided request asks only for what is not set.
  const what = await answerTo(person, '/generate');
  expect(wordsOf(what)).toContain('Tell me what to draw');
  await answerTo(person, 'an owl');
  await until(() => runs(app).length === 4);
  expect(runs(app)[3]?.prompt).toContain('an owl, watercolour');

  // Another language, from the same place.
  await open('🌍 Language', 'Which language');
  await press(person, settings.id, 'Deutsch');
  await reads(person, settings.id, 'Deine Einstellungen');
  const question = await answerTo(person, '/forget');
  await press(person, question.id, 'forget:yes-7');
  await until(() => fromBot(person.messages()).some(({ id, buttons }) => id === question.id && buttons.length === 0));
  expect(wordsOf(await answerTo(person, '/settings'))).toContain('📐 Shape: Automatic');
  expect(troubles(app)).toEqual([]);
});

test('a private request is in no history, and one without notifications makes no sound', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const settings = await answerTo(person, '/settings');
  await press(person, settings.id, '▫️ 🕶 Private');
  await reads(person, settings.id, 'I leave new requests out of your history');
  await press(person, settings.id, '✅ 🔔 Notifications');
  await reads(person, settings.id, 'Results come without a sound');
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a secret garden');
  await until(() => runs(app).length === 1);
  // As long as after which a message of its own would follow.
  await clock.advance(40_000);
  hold.release();
  await whileTimePasses(clock, pictures(person));
  await until(() => app.events.some(({ event }) => event === 'job.delivered'));
  expect(wordsOf(await answerTo(person, '/history'))).toContain('Your history is still empty');
  // The settings, the status message and the history: no message of its own after the long wait.
  expect(callsOf(app, 'sendMessage')).toHaveLength(3);
  await press(person, settings.id, '✅ 🕶 Private');
  await reads(person, settings.id, '🕶 Private: off');
  await answerTo(person, '/generate a public garden');
  await whileTimePasses(clock, pictures(person, 2));
  await until(() => app.events.filter(({ event }) => event === 'job.delivered').length === 2);
  const history = wordsOf(await answerTo(person, '/history'));
  expect(history).toContain('a public garden');
  expect(history).not.toContain('secret');
});
