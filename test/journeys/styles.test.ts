import { expect, test } from 'vitest';
import { openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, press, runs, troubles } from './talk.ts';

test.each([
  ['en', '--style watercolour', 'a fox, watercolour on textured paper, soft washes', 'a fox\n💧 Watercolour\n'],
  ['es', '--style acuarela', 'a fox, acuarela sobre papel con textura, aguadas suaves', 'a fox\n💧 Acuarela\n'],
  ['ru', '—style Акварель', 'a fox, акварель на фактурной бумаге, мягкие заливки', 'a fox\n💧 Акварель\n'],
])(
  'a person who speaks %s and writes %s gets that style, and reads their own words',
  async (language, option, told, shown) => {
    await using app = await openTestApp();
    const person = app.person(7, language);
    person.say(`/generate a fox ${option}`);
    const [picture] = await pictures(person);
    expect(runs(app).map(({ prompt }) => prompt)).toEqual([told]);
    expect(wordsOf(picture).startsWith(shown)).toBe(true);
    expect(troubles(app)).toEqual([]);
  },
);

test('a style belongs to the request: Again, new words and a restart keep it, another style replaces it', async () => {
  await using app = await openTestApp();
  const person = app.person(800);
  person.say('/generate a fox --style anime');
  const [first] = await pictures(person);
  await app.restart();
  await press(person, first?.id ?? 0, '🔁 Again');
  await pictures(person, 2);
  person.say('asleep', { replyTo: first?.id ?? 0 });
  await pictures(person, 3);
  person.say('asleep --style sketch', { replyTo: first?.id ?? 0 });
  await pictures(person, 4);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual([
    'a fox, anime style',
    'a fox, anime style',
    'a fox, asleep, anime style',
    'a fox, asleep, pencil sketch on paper, fine shading',
  ]);
});

test('a style that is not there is answered with those that are, and nothing is started', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const words = wordsOf(await answerTo(person, '/generate a fox --style cubism'));
  expect(words).toContain('I have no style cubism for this.\nThese I have: photo, painting, anime, watercolor');
  expect(wordsOf(await answerTo(person, '/video a fox --style logo'))).toContain('I have no style logo');
  expect(runs(app)).toEqual([]);
});

test('/styles lists every style with a command, and a button draws its example', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const list = await answerTo(person, '/styles');
  expect(wordsOf(list)).toContain(
    '🔌 Wiring: /generate an LED with a 220 ohm resistor on an Arduino Uno --style wiring',
  );
  await press(person, list.id, '🔌 Wiring');
  await pictures(person);
  expect(runs(app)[0]?.prompt).toMatch(
    /^an LED with a 220 ohm resistor on an Arduino Uno, wiring diagram in breadboard/,
  );
});

test('/styles with words offers every style for them', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const list = await answerTo(person, '/styles a red fox --seed 5');
  await press(person, list.id, '📐 Blueprint');
  await pictures(person);
  expect(runs(app)).toMatchObject([{ prompt: expect.stringMatching(/^a red fox, technical/), params: { seed: 5 } }]);
});
