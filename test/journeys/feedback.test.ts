import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { adminId, fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, count, newMessage, press, troubles, until } from './talk.ts';

const button = '💬 Say what went wrong';

async function failed(app: TestApp, person: Person, words: string): Promise<SeenMessage> {
  const before = count(app, 'job.notified');
  const status = await answerTo(person, `/generate ${words}`);
  await until(() => count(app, 'job.notified') > before);
  const [shown] = await person
    .waitFor((seen) =>
      seen.some(({ id, buttons }) => id === status.id && buttons.flat().some(({ text }) => text === button)),
    )
    .then((seen) => seen.filter(({ id }) => id === status.id));
  if (shown === undefined) throw new Error('Cannot find the failure');
  return shown;
}

async function ask(person: Person, failure: SeenMessage): Promise<SeenMessage> {
  const before = new Set(person.messages().map(({ id }) => id));
  await press(person, failure.id, button);
  return newMessage(person, before);
}

test('under a failure a person says what went wrong; the admins read it, but not endlessly', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'refused' } }]],
    env: { FREE_IMAGES_PER_DAY: '50' },
  });
  const [person, admin] = [app.person(7), app.person(adminId)];
  await answerTo(admin, '/start');
  expect(wordsOf(await answerTo(admin, '/feedback'))).toContain('Nobody has said');
  const failure = await failed(app, person, 'a fox');
  expect(wordsOf(await ask(person, failure))).toContain('What went wrong?');
  await app.restart();
  expect(wordsOf(await answerTo(person, 'It refused <b>my</b> fox, see @fox'))).toContain('Thank you.');
  await admin.waitFor((seen) => fromBot(seen).some((message) => wordsOf(message).includes('It refused <b>my</b> fox')));
  expect(await press(person, failure.id, button)).toBe('Already on it.');
  for (const words of ['a hen', 'a crow']) {
    await ask(person, await failed(app, person, words));
    expect(wordsOf(await answerTo(person, `about ${words}`))).toContain('Thank you.');
  }
  // Three a day are enough, and a command inside leaves the question.
  expect(await press(person, (await failed(app, person, 'an owl')).id, button)).toBe('Already on it.');
  expect(fromBot(admin.messages()).filter((message) => wordsOf(message).includes('what went wrong'))).toHaveLength(3);
  const listed = wordsOf(await answerTo(admin, '/feedback'));
  expect(listed).toContain('The last feedback: 3');
  expect(listed.indexOf('about a crow')).toBeLessThan(listed.indexOf('It refused <b>my</b> fox'));
  expect(wordsOf(await answerTo(person, '/feedback'))).toContain('don’t know that command');
  expect(troubles(app)).toEqual([]);
});
