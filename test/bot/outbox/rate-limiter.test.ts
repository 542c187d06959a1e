import { expect, test } from 'vitest';
import { everything, RateLimiter, type VisibleCall } from '../../../src/bot/outbox/rate-limiter.ts';
import { fakeClock } from '../../support/fake-clock.ts';

/** When each showing goes out that waits for nothing but its turn. */
async function timesOf(showings: readonly VisibleCall[], isStatus = false): Promise<readonly number[]> {
  const clock = fakeClock();
  const rateLimiter = new RateLimiter(clock);
  const times: number[] = [];
  for (const showing of showings) {
    await clock.advance(rateLimiter.waitMs(showing, isStatus));
    rateLimiter.note(showing);
    times.push(clock.monotonicMs());
  }
  return times;
}

const messages = (chatId: number, count: number): readonly VisibleCall[] =>
  Array.from({ length: count }, () => ({ chatId, kind: 'send' }));
const edits = (chatId: number, count: number): readonly VisibleCall[] =>
  Array.from({ length: count }, () => ({ chatId, kind: 'edit', messageId: 1 }));

test('Pace.waitMs() allows a short burst in a chat, then one message a second', async () => {
  expect(await timesOf(messages(7, 9))).toEqual([0, 0, 0, 0, 0, 0, 1_000, 2_000, 3_000]);
});

test('Pace.waitMs() allows twenty messages a minute in a group', async () => {
  const times = await timesOf(messages(-7, 45));
  expect(times.slice(0, 8)).toEqual([0, 0, 0, 0, 0, 0, 1_000, 2_000]);
  expect(times[19]).toBe(14_000);
  expect(times[20]).toBe(60_000);
  expect(times[44]).toBe(120_000);
});

test.each([
  [7, 1_100],
  [-7, 3_100],
])('Pace.waitMs() keeps the edits of a message of chat %i apart by %i ms', async (chatId, gapMs) => {
  expect(await timesOf(edits(chatId, 4))).toEqual([0, gapMs, 2 * gapMs, 3 * gapMs]);
});

test('Pace.waitMs() lets edits of different messages follow each other', async () => {
  const [first, second] = [1, 2].map((messageId): VisibleCall => ({ chatId: 7, kind: 'edit', messageId }));
  expect(await timesOf([first, second, first, second].flatMap((one) => one ?? []))).toEqual([0, 0, 1_100, 1_100]);
});

test('Pace.waitMs() keeps a status message away from whatever was shown in its chat before', async () => {
  const clock = fakeClock();
  const rateLimiter = new RateLimiter(clock);
  const status: VisibleCall = { chatId: 7, kind: 'edit' };
  expect(rateLimiter.waitMs(status, true)).toBe(0);
  rateLimiter.note({ chatId: 7, kind: 'send' });
  expect(rateLimiter.waitMs(status, true)).toBe(1_100);
  expect(rateLimiter.waitMs(status)).toBe(0);
  expect(rateLimiter.waitMs({ chatId: 8, kind: 'edit' }, true)).toBe(0);
});

test('Pace.waitMs() keeps room in a group for what is waited for', async () => {
  const status = await timesOf(edits(-7, 16), true);
  expect(status[14]).toBe(14 * 3_100);
  expect(status[15]).toBe(60_000);
});

test('RateLimiter.waitMs() counts every item of an album in a group', async () => {
  const album: VisibleCall = { chatId: -7, kind: 'send', messages: 4 };
  const times = await timesOf([...messages(-7, 3), album, ...messages(-7, 10), album, ...messages(-7, 2)]);
  // Seventeen are counted before the second album: with it there would be twenty-one.
  expect(times.at(-4)).toBeLessThan(60_000);
  expect(times.at(-3)).toBe(60_000);
});

test('RateLimiter.minuteWaitMs() is the wait for room in the minute of a group alone, from when a call was answered', async () => {
  const clock = fakeClock();
  const rateLimiter = new RateLimiter(clock);
  const [send, album]: readonly VisibleCall[] = [
    { chatId: -7, kind: 'send' },
    { chatId: -7, kind: 'send', messages: 4 },
  ];
  if (send === undefined || album === undefined) throw new Error('Cannot send');
  const answered = rateLimiter.note(send);
  await clock.advance(3_000);
  answered();
  for (let sent = 0; sent < 15; sent += 1) rateLimiter.note(send)();
  expect([rateLimiter.minuteWaitMs(send), rateLimiter.minuteWaitMs(album)]).toEqual([0, 0]);
  rateLimiter.note(send)();
  expect([rateLimiter.minuteWaitMs(send), rateLimiter.minuteWaitMs(album)]).toEqual([0, 60_000]);
  for (let sent = 0; sent < 3; sent += 1) rateLimiter.note(send);
  expect(rateLimiter.minuteWaitMs(send)).toBe(60_000);
  await clock.advance(59_999);
  expect(rateLimiter.minuteWaitMs(send)).toBe(1);
  for (let sent = 0; sent < 40; sent += 1) rateLimiter.note({ chatId: 7, kind: 'send' })();
  expect(rateLimiter.minuteWaitMs({ chatId: 7, kind: 'send' })).toBe(0);
});

test('Pace.waitMs() lets a message follow a flood of answers after one moment', () => {
  const clock = fakeClock();
  const rateLimiter = new RateLimiter(clock);
  for (const showing of messages(7, 100)) rateLimiter.note(showing);
  expect(rateLimiter.waitMs({ chatId: 7, kind: 'send' })).toBe(1_000);
});

test('RateLimiter.takeProactive() lets fewer than thirty messages through in any second', async () => {
  const clock = fakeClock();
  const rateLimiter = new RateLimiter(clock);
  const turns: number[] = [];
  while (turns.length < 200) {
    const waitMs = rateLimiter.takeProactive();
    if (waitMs === 0) turns.push(clock.monotonicMs());
    await clock.advance(waitMs);
  }
  const [first = 0] = turns;
  expect(turns.slice(0, 7).map((atMs) => atMs - first)).toEqual([0, 0, 0, 0, 0, 40, 80]);
  const inASecond = turns.map((fromMs) => turns.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000).length);
  expect(Math.max(...inASecond)).toBe(29);
});

test('Pace.hold() holds a chat for the longest that was asked, and a global one holds all', async () => {
  const clock = fakeClock();
  const rateLimiter = new RateLimiter(clock);
  rateLimiter.hold(7, 5_000);
  rateLimiter.hold(7, 2_000);
  expect([rateLimiter.heldMs(7), rateLimiter.heldMs(8), rateLimiter.heldMs('setMyCommands')]).toEqual([5_000, 0, 0]);
  await clock.advance(1_000);
  rateLimiter.hold(everything, 10_000);
  expect([rateLimiter.heldMs(7), rateLimiter.heldMs(8), rateLimiter.heldMs('setMyCommands')]).toEqual([
    10_000, 10_000, 10_000,
  ]);
  await clock.advance(10_000);
  expect([rateLimiter.heldMs(7), rateLimiter.heldMs(8)]).toEqual([0, 0]);
});

test('Pace forgets no chat that has to wait, however many others there are', async () => {
  const clock = fakeClock();
  const rateLimiter = new RateLimiter(clock);
  for (const showing of edits(7, 1)) rateLimiter.note(showing);
  rateLimiter.hold(8, 60_000);
  for (let chatId = 100; chatId < 12_000; chatId += 1) rateLimiter.note({ chatId, kind: 'send' });
  expect(rateLimiter.waitMs({ chatId: 7, kind: 'edit', messageId: 1 })).toBe(1_100);
  await clock.advance(59_000);
  for (let chatId = 100; chatId < 12_000; chatId += 1) rateLimiter.note({ chatId, kind: 'send' });
  expect(rateLimiter.heldMs(8)).toBe(1_000);
});
