import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, newMessage, pictures, picturesOf, press, reads, runs, troubles, until } from './talk.ts';

const cancelButton = '✖ Cancel';
/** One seat: the order of the calls is the order of the line. */
const oneAtATime = { BYTEZ_SEATS_MAX: '1' };

/** Asks while the provider lets everybody wait; returns the status message. */
async function ask(person: Person, words: string) {
  return answerTo(person, `/generate ${words}`);
}

/** A press with data that no button of ours ever had; answers what the bot says to it. */
async function forgedPress(app: TestApp, person: Person, data: string | undefined, messageId = 1): Promise<string> {
  const before = callsOf(app, 'answerCallbackQuery').length;
  app.telegram.sendUpdate({
    callback_query: {
      id: `forged-${before}`,
      from: { id: person.id, is_bot: false, first_name: 'Forger', language_code: 'en' },
      chat_instance: '1',
      message: {
        message_id: messageId,
        date: 1,
        chat: { id: person.id, type: 'private', first_name: 'Forger' },
        text: 'a message of the bot',
      },
      ...(data === undefined ? {} : { data }),
    },
  });
  await until(() => callsOf(app, 'answerCallbackQuery').length > before);
  return String(callsOf(app, 'answerCallbackQuery').at(-1)?.params['text']);
}

test.each(['button', '/cancel'])('a person cancels a request that waits, by %s (Q20)', async (by) => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const [first, person] = [app.person(7), app.person(8)];
  await ask(first, 'the first');
  await until(() => runs(app).length === 1);
  const statusMessage = await ask(person, 'the second');
  if (by === 'button') expect(await press(person, statusMessage.id, cancelButton)).toBe('Cancelled.');
  else expect(wordsOf(await answerTo(person, '/cancel'))).toBe('✋ Cancelled.');
  await reads(person, statusMessage.id, 'Cancelled. This picture won’t be made.');
  hold.release();
  await pictures(first);
  await answerTo(person, '/help');
  expect(runs(app)).toHaveLength(1);
  expect(picturesOf(person)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test.each(['button', '/cancel'])(
  'a person cancels by %s what is being made: the call stops, the day’s credit is back (Q20)',
  async (by) => {
    await using app = await openTestApp({ env: { FREE_IMAGES_PER_DAY: '1' } });
    const hold = app.bytez.hold();
    const person = app.person(7);
    const statusMessage = await ask(person, 'a fox');
    await until(() => runs(app).length === 1);
    if (by === 'button') expect(await press(person, statusMessage.id, cancelButton)).toBe('Cancelled.');
    else expect(wordsOf(await answerTo(person, '/cancel'))).toBe('✋ Cancelled; I’m stopping it now.');
    await until(() => runs(app)[0]?.aborted === true);
    await reads(person, statusMessage.id, /Cancelled\. This picture won’t be made\.\nThis doesn’t count/);
    hold.release();
    await ask(person, 'a hare');
    const [picture, ...others] = await pictures(person);
    expect(others).toEqual([]);
    expect(wordsOf(picture)).toContain('a hare');
    const end = await answerTo(person, '/generate a wolf');
    expect(wordsOf(end)).toContain('You’ve used your 1 picture for today.');
    expect(app.events.filter(({ event }) => event === 'job.cancelled')).toHaveLength(1);
  },
);

test('a person who asks again with the button of a cancelled request gets the picture (Q20)', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await ask(person, 'a fox');
  await press(person, statusMessage.id, cancelButton);
  await reads(person, statusMessage.id, 'Cancelled.');
  hold.release();
  expect(await press(person, statusMessage.id, '🔁 Try again')).toBe('On it!');
  const [picture] = await pictures(person);
  expect(picture?.id).not.toBe(statusMessage.id);
  expect(wordsOf(picture)).toContain('a fox');
});

test('a person who cancels what is already there hears so (Q20)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  const statusMessage = await ask(person, 'a fox');
  const data = statusMessage.buttons.flat().find(({ text }) => text === cancelButton)?.data;
  hold.release();
  await pictures(person);
  await app.event('job.delivered');
  expect(await forgedPress(app, person, data, statusMessage.id)).toBe('Too late to cancel: it’s already finished.');
  expect(wordsOf(await answerTo(person, '/cancel'))).toContain('There’s nothing to cancel.');
  expect(picturesOf(person)).toHaveLength(1);
});

test('a person who presses cancel twice is answered twice and cancels once (Q20)', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await ask(person, 'a fox');
  await until(() => runs(app).length === 1);
  const presses = [person.press(statusMessage.id, cancelButton), person.press(statusMessage.id, cancelButton)];
  const answers = await Promise.all(presses.map(({ answered }) => answered));
  expect(answers).toMatchObject([{ text: 'Cancelled.' }, { text: 'Too late to cancel: it’s already finished.' }]);
  hold.release();
  expect(app.events.filter(({ event }) => event === 'job.cancelled')).toHaveLength(1);
  await reads(person, statusMessage.id, 'Cancelled.');
  expect(troubles(app)).toEqual([]);
});

test('a person in a group cannot cancel or refresh somebody else’s request (Q20)', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [first, owner, other] = [app.person(6), app.person(7), app.person(8)];
  await ask(first, 'before them');
  await until(() => runs(app).length === 1);
  const statusMessage = await answerTo(owner, '/generate a fox', { in: group });
  for (const button of [cancelButton, '🔄 Refresh']) {
    expect(await press(other, statusMessage.id, button, { in: group })).toBe(
      'This button belongs to someone else’s request.',
    );
  }
  const status = await answerTo(owner, '/status', { in: group });
  expect(await press(other, status.id, '🔄 Refresh', { in: group })).toContain('someone else’s');
  expect(wordsOf(other.messages(group).find(({ id }) => id === status.id))).toContain('a fox');
  hold.release();
  expect(await pictures(owner, 1, group)).toMatchObject([{ id: statusMessage.id }]);
});

test('a person with several requests chooses which one to cancel (Q20)', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  await ask(person, 'an apple');
  await until(() => runs(app).length === 1);
  await ask(person, 'a banana');
  const cherry = await ask(person, 'a cherry');
  const list = await answerTo(person, '/cancel');
  expect(list.buttons.flat().map(({ text }) => text)).toEqual(['✖ Cancel 1', '✖ Cancel 2', '✖ Cancel 3', '🔄 Refresh']);
  expect(wordsOf(list)).toMatch(/1\. .*\na cherry\n2\. .*\na banana\n3\. .*being made\nan apple/);
  expect(await press(person, list.id, '✖ Cancel 1')).toBe('Cancelled.');
  await reads(person, cherry.id, 'Cancelled.');
  await person.waitFor((seen) => seen.find(({ id }) => id === list.id)?.edited === true);
  hold.release();
  await pictures(person, 2);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['an apple', 'a banana']);
});

test('a result that is being delivered can no longer be cancelled, and comes (Q20)', async () => {
  await using app = await openTestApp();
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: { kind: 'slow', ms: 400 } });
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await answerTo(person, '/generate an apple');
  hold.release();
  await app.event('job.produced');
  const before = new Set(person.messages().map(({ id }) => id));
  person.say('/cancel');
  const answer = await newMessage(person, before);
  expect(wordsOf(answer)).toMatch(/nothing to cancel|too late/i);
  const [picture, ...others] = await pictures(person);
  expect([picture?.id, others]).toEqual([statusMessage.id, []]);
  expect(app.events.filter(({ event }) => event === 'job.cancelled')).toEqual([]);
});
