import { expect, test } from 'vitest';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { groupMessageOf, me } from './raw-updates.ts';
import { answerTo, until, whileTimePasses } from './talk.ts';

/** When the test ends, the bot stops, and what it waits for has time to end. */
function closingInTime(app: TestApp, clock: FakeClock): AsyncDisposable {
  const close = () => whileTimePasses(clock, Promise.resolve(app[Symbol.asyncDispose]()));
  return { [Symbol.asyncDispose]: close };
}

// Time stands still until a test ends: what is answered is answered without any wait.

test.each([
  ['talk', { text: 'what a day' }],
  ['service messages', { new_chat_members: [{ id: 9, is_bot: false, first_name: 'Ann' }] }],
  ['commands of other bots', { text: '/play@other_bot', entities: [{ type: 'bot_command', offset: 0, length: 15 }] }],
  [
    'replies to the bot',
    { text: 'nice', reply_to_message: { message_id: 1, from: { id: 100_000_002, is_bot: true } } },
  ],
])('a stranger is answered at once while a limited group writes 1,050 %s', async (_what, content) => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  await using _ = closingInTime(app, clock);
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  app.telegram.addFault({ chatId: group.id, do: { kind: '429', retryAfterS: 15 } });
  app.person(7).say(`/help${me}`, { in: group });
  await until(() => app.telegram.calls.some(({ error }) => error?.code === 429));
  for (let index = 0; index < 1_050; index += 1) {
    app.telegram.sendUpdate({ message: groupMessageOf(group, 10 + (index % 200), content) });
  }
  expect(wordsOf(await answerTo(app.person(8), '/start'))).toContain('Hi, Person 8!');
});

test('a stranger is answered while many admins’ commands wait in a limited group', async () => {
  const clock = fakeClock();
  const admins = Array.from({ length: 60 }, (_, index) => 1_000 + index);
  await using app = await openTestApp({ clock, env: { ADMIN_IDS: admins.join(',') } });
  await using _ = closingInTime(app, clock);
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  app.telegram.addFault({ chatId: group.id, times: 1, do: { kind: '429', retryAfterS: 15 } });
  let asked = 5_000;
  for (let round = 0; round < 20; round += 1) {
    for (const id of admins) {
      asked += 1;
      const text = `/premium${me}`;
      const entities = [{ type: 'bot_command', offset: 0, length: text.length }];
      app.telegram.sendUpdate({ message: groupMessageOf(group, id, { message_id: asked, text, entities }) });
    }
  }
  const stranger = app.person(8);
  expect(wordsOf(await answerTo(stranger, '/start'))).toContain('Hi, Person 8!');
});
