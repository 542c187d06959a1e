import { expect, test } from 'vitest';
import { openTestApp } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, runs, until } from './talk.ts';

test('a press acts at once while Telegram wants no answers to presses, and other people hear theirs as ever', async () => {
  await using app = await openTestApp();
  const [ann, ben] = [app.person(7), app.person(8)];
  const hold = app.bytez.hold();
  const [first, second] = [await answerTo(ann, '/generate a fox'), await answerTo(ben, '/generate a hare')];
  await until(() => runs(app).length === 1);
  app.telegram.addFault({ method: 'answerCallbackQuery', times: 1, do: { kind: '429', retryAfterS: 20 } });
  const startedMs = performance.now();
  void ann.press(first.id, '✖ Cancel');
  void ben.press(second.id, '✖ Cancel');
  await until(() => app.events.filter(({ event }) => event === 'job.cancelled').length === 2);
  await answerTo(ben, '/help');
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  hold.release();
});

test('a press acts although its answer hangs', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  const first = await answerTo(person, '/generate a fox');
  app.telegram.addFault({ method: 'answerCallbackQuery', do: { kind: 'slow', ms: 30_000 } });
  void person.press(first.id, '✖ Cancel');
  await app.event('job.cancelled');
  void person.press(first.id, '✖ Cancel');
  expect((await answerTo(person, '/help')).text).not.toBe('');
  hold.release();
});

test('forty chats whose edits hang keep nobody else from a picture', async () => {
  await using app = await openTestApp({ accounts: [[], [], [], []], seats: 20, env: { BYTEZ_SEATS_PER_KEY: '20' } });
  const slow = Array.from({ length: 40 }, (_, index) => app.person(100 + index));
  for (const { id } of slow) app.telegram.addFault({ chatId: id, method: /^edit/, do: { kind: 'slow', ms: 60_000 } });
  for (const person of slow) person.say('/generate a snail');
  const hanging = () => app.telegram.calls.filter(({ method, ok }) => method.startsWith('edit') && ok === undefined);
  await until(() => hanging().length >= 40);
  const other = app.person(7);
  other.say('/generate a hare');
  await pictures(other);
  expect(callsOf(app, 'editMessageMedia').filter(({ params }) => Number(params['chat_id']) === 7)).toHaveLength(1);
});
