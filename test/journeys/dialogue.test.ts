import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Person, SayOptions } from '../../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, newMessage, pictures, press, reads, runs, troubles, until } from './talk.ts';

const minuteMs = 60_000;

/** /generate without words, then the words: answers the question about the shape. */
async function untilShape(person: Person, words = 'a red fox', options: SayOptions = {}): Promise<SeenMessage> {
  const what = await answerTo(person, '/generate', options);
  return answerTo(person, words, options.in === undefined ? {} : { ...options, replyTo: what.id });
}

const labels = (message: SeenMessage | undefined) => message?.buttons.flat().map(({ text }) => text) ?? [];
const asks = (message: SeenMessage | undefined, what: 'shape' | 'style') => wordsOf(message).includes(`Which ${what}?`);

/** Looks into what the bot remembers of dialogues, once every update is handled; a change is as another version left it. */
async function remembered({ dataDir }: TestApp, change?: string): Promise<readonly string[]> {
  const database = new DatabaseSync(join(dataDir, 'darkroom.db'), { timeout: 2_000 });
  try {
    await until(() => database.prepare(`SELECT 1 FROM inbox WHERE state = 'new'`).get() === undefined);
    if (change !== undefined) database.exec(change);
    const rows = database.prepare('SELECT key FROM dialogues ORDER BY key').all();
    return rows.map((row) => String(row['key']));
  } finally {
    database.close();
  }
}

function sticker(app: TestApp, userId: number): void {
  app.telegram.sendUpdate({
    message: {
      message_id: 9_000 + Math.floor(performance.now()),
      date: 1,
      chat: { id: userId, type: 'private', first_name: 'Person' },
      from: { id: userId, is_bot: false, first_name: 'Person', language_code: 'en' },
      sticker: { file_id: 's', file_unique_id: 's', type: 'regular', width: 1, height: 1, is_animated: false },
    },
  });
}

async function stickerAnswer(app: TestApp, person: Person): Promise<SeenMessage> {
  const before = new Set(person.messages().map(({ id }) => id));
  sticker(app, person.id);
  return newMessage(person, before);
}

test('a person is led from nothing but /generate to a wide picture that looks like a painting', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const what = await answerTo(person, '/generate');
  expect(wordsOf(what)).toMatch(/Tell me what to draw[^]*send me the words right now/);
  expect(labels(what)).toEqual(['🦊 An example picture']);
  const shape = await answerTo(person, 'a red fox in the snow');
  expect(wordsOf(shape)).toBe('📐 Which shape?\na red fox in the snow');
  expect(labels(shape)).toEqual(['⬜ Square', '▭ Wide', '▯ Tall', '⏭ Skip']);
  expect(await press(person, shape.id, '▭ Wide')).toBe('On it!');
  await reads(person, shape.id, '🖌 Which style?');
  expect(await press(person, shape.id, '🖼 Painting')).toBe('On it!');
  const [picture] = await pictures(person);
  expect(picture).toMatchObject({ replyTo: shape.id, photo: { width: 1_024, height: 576 } });
  expect(wordsOf(person.messages().find(({ id }) => id === shape.id))).toBe(
    '👍 Got it.\na red fox in the snow\n🖼 Painting',
  );
  expect(labels(person.messages().find(({ id }) => id === shape.id))).toEqual([]);
  expect(runs(app)).toMatchObject([
    { prompt: 'a red fox in the snow, oil painting', params: { width: 1_024, height: 576 } },
  ]);
  expect(await remembered(app)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a question needs words alone, and what they say is the question', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/ask');
  await answerTo(person, 'why is the sky blue?');
  await app.event('job.delivered');
  expect(runs(app)).toHaveLength(1);
  expect(await remembered(app)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a person is led to a video in their own language, and may skip what does not matter', async () => {
  await using app = await openTestApp();
  const person = app.person(7, 'es');
  await answerTo(person, '/video');
  const shape = await answerTo(person, 'olas');
  expect(wordsOf(shape)).toContain('¿Qué forma?');
  await press(person, shape.id, '⏭ Saltar');
  await reads(person, shape.id, '¿Qué estilo?');
  await press(person, shape.id, '⏭ Ninguno');
  await person.waitFor((seen) => seen.some(({ video }) => video !== undefined));
  expect(runs(app).map(({ prompt, params }) => [prompt, params])).toEqual([['olas', { seed: expect.any(Number) }]]);
});

test('options among the words are followed, and what they say is not asked again', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const mistake = await untilShape(person, 'a fox --seed x');
  expect(wordsOf(mistake)).toContain('can’t use x as a seed');
  expect(wordsOf(await answerTo(person, 'a fox --model nobody'))).toContain('I have no model nobody');
  const style = await answerTo(person, 'a fox —seed 5 —aspect 9:16');
  expect(asks(style, 'style')).toBe(true);
  await press(person, style.id, '📷 Photo');
  await pictures(person);
  expect(runs(app)).toMatchObject([
    { prompt: 'a fox, photograph, natural light', params: { seed: 5, width: 576, height: 1_024 } },
  ]);
});

test('a model with only one shape is not asked for another', async () => {
  await using app = await openTestApp({ env: { IMAGE_CHAIN: 'bytez:openai/dall-e-3' } });
  const person = app.person(7);
  const style = await untilShape(person);
  expect(asks(style, 'style')).toBe(true);
  await press(person, style.id, '🌸 Anime');
  expect(wordsOf((await pictures(person))[0])).toMatch(/^a red fox\n🌸 Anime\n/);
});

test.each([
  ['/status', 'You have no requests right now'],
  ['/help', 'What I can do'],
  ['/language', 'Which language shall we speak?'],
  ['/paint', 'I don’t know that command'],
])('%s in the middle leaves the dialogue and is carried out', async (command, words) => {
  await using app = await openTestApp();
  const person = app.person(7);
  const shape = await untilShape(person);
  expect(wordsOf(await answerTo(person, command))).toContain(words);
  expect(await remembered(app)).toEqual([]);
  expect(await press(person, shape.id, '▭ Wide')).toBe('This button is no longer in use.');
  expect(wordsOf(await answerTo(person, 'a bear'))).toContain('Shall I make something of this?');
  expect(runs(app)).toEqual([]);
});

test('/generate with words in the middle is just that', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await untilShape(person);
  person.say('/generate a bear');
  await pictures(person);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a bear']);
  expect(await remembered(app)).toEqual([]);
});

test('a dialogue begun anew forgets the old one, buttons included', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const old = await untilShape(person);
  const shape = await untilShape(person, 'a bear');
  expect(await press(person, old.id, '▯ Tall')).toBe('This button is no longer in use.');
  await press(person, shape.id, '⬜ Square');
  await reads(person, shape.id, 'Which style?');
  await press(person, shape.id, '⏭ None');
  await pictures(person);
  expect(runs(app)).toMatchObject([{ prompt: 'a bear', params: { width: 768, height: 768 } }]);
});

test('/cancel leaves the dialogue and cancels nothing else', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a bear');
  await until(() => runs(app).length === 1);
  await untilShape(person);
  expect(wordsOf(await answerTo(person, '/cancel'))).toBe('✋ All right, I’ve stopped asking. Nothing was started.');
  expect(await remembered(app)).toEqual([]);
  hold.release();
  expect(await pictures(person)).toHaveLength(1);
});

test('the example button ends the question that it stands under', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const what = await answerTo(person, '/generate');
  await press(person, what.id, '🦊 An example picture');
  await pictures(person);
  expect(await remembered(app)).toEqual([]);
});

test('buttons of other messages work in the middle, and the dialogue goes on', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a bear');
  const [bear] = await pictures(person);
  const shape = await untilShape(person);
  expect(await press(person, bear?.id ?? 0, '🔁 Again')).toBe('On it!');
  await pictures(person, 2);
  person.say('asleep', { replyTo: bear?.id ?? 0 });
  await pictures(person, 3);
  await press(person, shape.id, '⏭ Skip');
  await reads(person, shape.id, 'Which style?');
  await press(person, shape.id, '⏭ None');
  await pictures(person, 4);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a bear', 'a bear', 'a bear, asleep', 'a red fox']);
});

test('payments pass by, and a payment without a chat leaves nobody’s dialogue behind', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const shape = await untilShape(person);
  const from = { id: 7, is_bot: false, first_name: 'Person 7', language_code: 'en' };
  app.telegram.sendUpdate({
    pre_checkout_query: { id: 'q', from, currency: 'XTR', total_amount: 1, invoice_payload: 'order' },
  });
  app.telegram.sendUpdate({
    message: {
      message_id: 8_000,
      date: 1,
      chat: { id: 7, type: 'private', first_name: 'Person 7' },
      from,
      successful_payment: {
        currency: 'XTR',
        total_amount: 1,
        invoice_payload: 'order',
        telegram_payment_charge_id: 'c',
        provider_payment_charge_id: 'p',
      },
    },
  });
  await press(person, shape.id, '⏭ Skip');
  await reads(person, shape.id, 'Which style?');
  expect(person.messages().filter(({ text }) => text.includes('press one of the buttons'))).toEqual([]);
  expect(await remembered(app)).toEqual(['7:7']);
  expect(troubles(app)).toEqual([]);
});

test('two people in one group are led apart, and nobody presses for another', async () => {
  await using app = await openTestApp();
  const [ann, ben] = [app.person(7), app.person(8)];
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const place = { in: group };
  const whatOfAnn = await answerTo(ann, '/generate', place);
  expect(wordsOf(whatOfAnn)).toContain('reply to this message with your words');
  const shapeOfBen = await untilShape(ben, 'a bear', place);
  ben.say('what a day', { in: group });
  const shapeOfAnn = await answerTo(ann, 'a fox', { ...place, replyTo: whatOfAnn.id });
  expect([shapeOfBen, shapeOfAnn].map(wordsOf)).toEqual(['📐 Which shape?\na bear', '📐 Which shape?\na fox']);
  expect(await remembered(app)).toEqual(['-100:7', '-100:8']);
  expect(await press(ben, shapeOfAnn.id, '▭ Wide', place)).toBe('This button belongs to someone else’s request.');
  for (const [person, shape, button] of [
    [ann, shapeOfAnn, '▭ Wide'],
    [ben, shapeOfBen, '▯ Tall'],
  ] as const) {
    await press(person, shape.id, button, place);
    await reads(person, shape.id, 'Which style?', group);
    await press(person, shape.id, '⏭ None', place);
  }
  await pictures(ann, 2, group);
  const made = runs(app).map(({ prompt, params }) => [prompt, params]);
  expect(made).toContainEqual(['a fox', { width: 1_024, height: 576, seed: expect.any(Number) }]);
  expect(made).toContainEqual(['a bear', { width: 576, height: 1_024, seed: expect.any(Number) }]);
});

test('a dialogue goes on after a restart', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const shape = await untilShape(person);
  await app.restart();
  await press(person, shape.id, '▭ Wide');
  await reads(person, shape.id, 'Which style?');
  await app.restart();
  await press(person, shape.id, '⏭ None');
  await pictures(person);
  expect(runs(app)).toMatchObject([{ prompt: 'a red fox', params: { width: 1_024, height: 576 } }]);
});

test('a dialogue of another version ends kindly, by words and by button', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const shape = await untilShape(person);
  const older = `UPDATE dialogues SET state = json_replace(state, '$.version[1]', 0)`;
  await remembered(app, older);
  expect(wordsOf(await answerTo(person, 'a bear'))).toContain('I was updated in the meantime');
  expect(await remembered(app)).toEqual([]);
  expect(wordsOf(await answerTo(person, 'a bear'))).toContain('Shall I make something of this?');
  const second = await untilShape(person);
  await remembered(app, older);
  const before = new Set(person.messages().map(({ id }) => id));
  expect(await press(person, second.id, '▭ Wide')).toBe('This button is no longer in use.');
  expect(wordsOf(await newMessage(person, before))).toContain('Please start again');
  expect(await press(person, shape.id, '▭ Wide')).toBe('This button is no longer in use.');
  const third = await untilShape(person);
  await remembered(app, older);
  expect(wordsOf(await answerTo(person, '/status'))).toContain('no requests');
  expect([third.buttons.length, await remembered(app), runs(app), troubles(app)]).toEqual([2, [], [], []]);
});

test.each([
  ['the replay cannot follow', `UPDATE dialogues SET state = replace(state, '"external"', '"elsewhere"')`],
  ['is no JSON', `UPDATE dialogues SET state = 'scratch'`],
  ['has another form', `UPDATE dialogues SET state = '{"version":[0,1],"state":[]}'`],
])('a memory that %s is told as an update, and the next try starts clean', async (_, change) => {
  await using app = await openTestApp();
  const person = app.person(7);
  await untilShape(person);
  await remembered(app, change);
  expect(wordsOf(await answerTo(person, 'a bear'))).toContain('I was updated in the meantime');
  expect(await remembered(app)).toEqual([]);
  expect(asks(await untilShape(person), 'shape')).toBe(true);
  expect(troubles(app)).toEqual([]);
});

test('an answer after a long silence is taken for what it is: a new message', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const what = await answerTo(person, '/generate');
  await clock.advance(29 * minuteMs);
  const shape = await answerTo(person, 'a red fox');
  expect(asks(shape, 'shape')).toBe(true);
  await clock.advance(31 * minuteMs);
  expect(wordsOf(await answerTo(person, 'a bear'))).toContain('Shall I make something of this?');
  expect(await press(person, shape.id, '▭ Wide')).toBe('This button is no longer in use.');
  expect(wordsOf(await answerTo(person, '/cancel'))).toContain('nothing to cancel');
  expect(labels(what)).toHaveLength(1);
});

test('stickers are answered kindly and asked again, and after the third the bot lets it be', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/generate');
  const first = await stickerAnswer(app, person);
  expect(wordsOf(first)).toMatch(/I need words here\.[^]*Tell me what to draw/);
  const shape = await answerTo(person, 'a fox');
  const second = await stickerAnswer(app, person);
  expect(wordsOf(second)).toMatch(/press one of the buttons\.[^]*Which shape\?[^]*a fox/);
  expect(labels(second)).toEqual(labels(shape));
  expect(wordsOf(await stickerAnswer(app, person))).toContain('Let’s leave it for now');
  expect(await remembered(app)).toEqual([]);
  expect(wordsOf(await stickerAnswer(app, person))).toContain('I work from words');
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('words that cannot be seen are no answer', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  expect(wordsOf(await untilShape(person, '\u{200b}\u{2060}.'.slice(0, -1) + '\u{3164}'))).toContain(
    'I need words here',
  );
  expect(asks(await answerTo(person, 'a fox'), 'shape')).toBe(true);
});

test('two messages in a row and two presses at once do not break the dialogue', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/generate');
  person.say('a red fox');
  person.say('in the snow');
  await person.waitFor((seen) => seen.some(({ text }) => text.includes('press one of the buttons')));
  const shape = fromBot(person.messages()).findLast((message) => asks(message, 'shape'));
  const id = shape?.id ?? 0;
  const pressed = await Promise.all([press(person, id, '▭ Wide'), press(person, id, '▯ Tall')]);
  expect(pressed).toEqual(['On it!', 'This button is no longer in use.']);
  await reads(person, id, 'Which style?');
  expect(await Promise.all([press(person, id, '⏭ None'), press(person, id, '📷 Photo')])).toEqual([
    'On it!',
    'This button is no longer in use.',
  ]);
  await pictures(person);
  expect(runs(app)).toMatchObject([{ prompt: 'a red fox', params: { width: 1_024, height: 576 } }]);
});

test('forged presses are answered and change nothing', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const shape = await untilShape(person);
  const data = shape.buttons[0]?.[0]?.data ?? '';
  expect(data).toMatch(/^ask:shape\.square\.\d+$/);
  const forged = ['ask:x', data.replace('square', 'round'), data.replace('shape.square', 'style.photo'), `${data}1`];
  const answers = forged.map(
    (callback_data) =>
      new Promise<void>((resolve) => {
        app.telegram.sendUpdate({
          callback_query: {
            id: callback_data,
            from: { id: 7, is_bot: false, first_name: 'Person 7', language_code: 'en' },
            chat_instance: '1',
            data: callback_data,
            message: { message_id: shape.id, date: 0, chat: { id: 7, type: 'private', first_name: 'Person 7' } },
          },
        });
        resolve();
      }),
  );
  await Promise.all(answers);
  await until(() => app.telegram.calls.filter(({ method }) => method === 'answerCallbackQuery').length === 4);
  expect(
    asks(
      person.messages().find(({ id }) => id === shape.id),
      'shape',
    ),
  ).toBe(true);
  await press(person, shape.id, '⏭ Skip');
  await reads(person, shape.id, 'Which style?');
});

test('a question that Telegram did not take is asked again, and the answer counts once', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/generate');
  app.telegram.addFault({ method: 'sendMessage', do: { kind: 'cut-before' }, times: 1 });
  const shape = await answerTo(person, 'a red fox');
  expect(asks(shape, 'shape')).toBe(true);
  await press(person, shape.id, '⏭ Skip');
  await reads(person, shape.id, 'Which style?');
});

test('a person at their limit hears so at the end of the dialogue, as after the command', async () => {
  await using app = await openTestApp({ env: { FREE_IMAGES_PER_DAY: '0' } });
  const person = app.person(7);
  const shape = await untilShape(person);
  await press(person, shape.id, '⏭ Skip');
  await reads(person, shape.id, 'Which style?');
  const before = new Set(person.messages().map(({ id }) => id));
  await press(person, shape.id, '⏭ None');
  expect(wordsOf(await newMessage(person, before))).toContain('Pictures aren’t available here');
  expect(await remembered(app)).toEqual([]);
});
