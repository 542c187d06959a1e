import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HandlingRoom, maxHandled } from '../../../src/bot/updates/handling-room.ts';

test('HandlingRoom.free() lets everybody go on who waits as soon as there is room, also by one that rests', async () => {
  const room = new HandlingRoom();
  for (let update = 0; update < maxHandled; update += 1) room.enter();
  const gone: string[] = [];
  // Of several processes the one with the role polls, and takes what others have stored.
  const wait = () => {
    for (const who of ['a poll', 'what is stored']) void room.free().then(() => gone.push(who));
  };
  wait();
  await turn();
  expect(gone).toEqual([]);
  room.leave();
  await turn();
  expect(gone).toEqual(['a poll', 'what is stored']);
  room.enter();
  wait();
  using _rest = room.rest();
  await turn();
  expect(gone).toHaveLength(4);
});
