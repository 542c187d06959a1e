import { expect, test } from 'vitest';
import { createDialogues } from '../../../src/storage/stores/people-and-chats.ts';
import { onBothEngines } from '../on-both-engines.ts';

const dayMs = 86_400_000;

onBothEngines(({ open, openKept }) => {
  test('createDialogues() keeps one state a key, the newest, and forgets it when told', async () => {
    await using store = await open();
    const { database } = store;
    const dialogues = createDialogues(database);
    await dialogues.write('1:7', 'first', 10);
    await dialogues.write('1:8', 'other', 11);
    await dialogues.write('1:7', `'; "second" 🦊`, 12.5);
    expect(await dialogues.read('1:7')).toEqual({ state: `'; "second" 🦊`, writtenAtMs: 12 });
    await dialogues.delete('1:7');
    await dialogues.delete('1:9');
    expect(await dialogues.read('1:7')).toBeUndefined();
    expect(await dialogues.read('1:8')).toEqual({ state: 'other', writtenAtMs: 11 });
  });

  test('createDialogues() outlives the process', async () => {
    await using store = await openKept();
    await createDialogues(store.database).write('1:7', 'state', 10);
    expect(await createDialogues(await store.reopen()).read('1:7')).toEqual({ state: 'state', writtenAtMs: 10 });
  });

  test('createDialogues() drops what nobody went on with for seven days, at each write and when asked', async () => {
    await using store = await open();
    const { database } = store;
    const dialogues = createDialogues(database);
    const left = async () => (await store.rows('SELECT key FROM dialogues ORDER BY key')).map((row) => row['key']);
    await dialogues.write('old', 's', 0);
    await dialogues.write('newer', 's', 1);
    await dialogues.write('new', 's', 7 * dayMs);
    expect(await left()).toEqual(['new', 'newer']);
    await dialogues.purge(7 * dayMs + 1);
    expect(await left()).toEqual(['new']);
  });
});
