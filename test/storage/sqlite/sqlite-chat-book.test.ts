import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createSqliteChatStore } from '../../../src/storage/sqlite/people-and-chats.ts';

test('createSqliteChatStore() takes a chat that nothing is known of as open', async () => {
  using database = openDatabase({ path: ':memory:' });
  expect(await createSqliteChatStore(database).find(-(2 ** 52))).toEqual({ isClosed: false });
});

test('createSqliteChatStore() remembers which chats are closed until somebody writes there', async () => {
  using database = openDatabase({ path: ':memory:' });
  const chats = createSqliteChatStore(database);
  await chats.close(7, 1_000.5);
  await chats.close(7, 2_000);
  expect([await chats.find(7), await chats.find(8)]).toEqual([{ isClosed: true }, { isClosed: false }]);
  await chats.open(8);
  await chats.open(7);
  expect(await createSqliteChatStore(database).find(7)).toEqual({ isClosed: false });
});

test('createSqliteChatStore() tells what it has stored, however often and of however many chats it was asked', async () => {
  using database = openDatabase({ path: ':memory:' });
  const chats = createSqliteChatStore(database);
  for (let id = 1; id <= 2_100; id += 1) expect(await chats.find(id)).toEqual({ isClosed: false });
  for (const id of [1, 2_100]) {
    await chats.close(id, 1_000);
    expect(await chats.find(id)).toEqual({ isClosed: true });
    await chats.open(id);
    expect(await chats.find(id)).toEqual({ isClosed: false });
  }
});

test('createSqliteChatStore() remembers where a group went, closed or not', async () => {
  using database = openDatabase({ path: ':memory:' });
  const chats = createSqliteChatStore(database);
  await chats.move(-100, -1_000_000_000_100);
  await chats.close(-100, 1_000);
  expect(await chats.find(-100)).toEqual({ isClosed: true, movedTo: -1_000_000_000_100 });
  await chats.open(-100);
  await chats.move(-100, -1_000_000_000_200);
  expect(await chats.find(-100)).toEqual({ isClosed: false, movedTo: -1_000_000_000_200 });
});
