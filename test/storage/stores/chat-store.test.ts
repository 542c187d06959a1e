import { expect, test } from 'vitest';
import { createChatStore } from '../../../src/storage/stores/people-and-chats.ts';
import { onBothEngines } from '../on-both-engines.ts';

onBothEngines(({ open }) => {
  test('createChatStore() takes a chat that nothing is known of as open', async () => {
    await using store = await open();
    const { database } = store;
    expect(await createChatStore(database).find(-(2 ** 52))).toEqual({ isClosed: false });
  });

  test('createChatStore() remembers which chats are closed until somebody writes there', async () => {
    await using store = await open();
    const { database } = store;
    const chats = createChatStore(database);
    await chats.close(7, 1_000.5);
    await chats.close(7, 2_000);
    expect([await chats.find(7), await chats.find(8)]).toEqual([{ isClosed: true }, { isClosed: false }]);
    await chats.open(8);
    await chats.open(7);
    expect(await createChatStore(database).find(7)).toEqual({ isClosed: false });
  });

  test('createChatStore() tells what it has stored, however often and of however many chats it was asked', async () => {
    await using store = await open();
    const { database } = store;
    const chats = createChatStore(database);
    for (let id = 1; id <= 2_100; id += 1) expect(await chats.find(id)).toEqual({ isClosed: false });
    for (const id of [1, 2_100]) {
      await chats.close(id, 1_000);
      expect(await chats.find(id)).toEqual({ isClosed: true });
      await chats.open(id);
      expect(await chats.find(id)).toEqual({ isClosed: false });
    }
  });

  test('createChatStore() remembers where a group went, closed or not', async () => {
    await using store = await open();
    const { database } = store;
    const chats = createChatStore(database);
    await chats.move(-100, -1_000_000_000_100);
    await chats.close(-100, 1_000);
    expect(await chats.find(-100)).toEqual({ isClosed: true, movedTo: -1_000_000_000_100 });
    await chats.open(-100);
    await chats.move(-100, -1_000_000_000_200);
    expect(await chats.find(-100)).toEqual({ isClosed: false, movedTo: -1_000_000_000_200 });
  });
});
