import { expect, test } from 'vitest';
import { HandlingRoom, maxHandled } from '../../../src/bot/updates/handling-room.ts';

test('HandlingRoom.free() lets everybody go on who waits as soon as there is room, also by one that rests', async () => {
  const room = new HandlingRoom();
  for (let update = 0; update < maxHandled; update += 1) room.enter();
  const gone: string[] = [];
  // Of several processes the one with the role polls, and takes what others have stored.
  const wait = () => ['a poll', 'what is stored'].map((who) => room.free().then(() => gone.push(who)));
  const first = wait();
  await Promise.resolve();
  expect(gone).toEqual([]);
  room.leave();
  await Promise.all(first);
  room.enter();
  const second = wait();
  using _rest = room.rest();
  await Promise.all(second);
  expect(gone).toHaveLength(4);
});
