import { expect, test } from 'vitest';
import type { InboxUpdate } from '../../../src/domain/inbox.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { onBothEngines } from '../on-both-engines.ts';

const nowMs = Date.UTC(2026, 0, 1);
const weekMs = 7 * 86_400_000;
const anUpdate = (updateId: number, body = `{"update_id":${updateId}}`) => ({ updateId, body });

onBothEngines(({ open, openKept }) => {
  test('createInbox().keep() answers only what is new, in the order given, also within one batch', async () => {
    await using store = await open();
    const { database } = store;
    const inbox = createInbox(database);
    expect(await inbox.keep([anUpdate(5), anUpdate(3)], nowMs)).toEqual([anUpdate(5), anUpdate(3)]);
    const batch = [anUpdate(3, 'again'), anUpdate(9), anUpdate(9), anUpdate(5), anUpdate(1)];
    expect(await inbox.keep(batch, nowMs)).toEqual([anUpdate(9), anUpdate(1)]);
    expect(await inbox.keep([], nowMs)).toEqual([]);
    expect(await inbox.unhandled()).toEqual([5, 3, 9, 1].map((updateId) => anUpdate(updateId)));
  });

  test('createInbox().keep() keeps the whole batch or nothing', async () => {
    await using store = await open();
    const { database } = store;
    const inbox = createInbox(database);
    const broken = { updateId: Number.NaN, body: '{}' };
    await expect(inbox.keep([anUpdate(1), broken], nowMs)).rejects.toThrow(
      /NOT NULL constraint failed|invalid input syntax for type bigint/,
    );
    expect(await inbox.unhandled()).toEqual([]);
  });

  test('createInbox().unhandled() answers after a restart what was kept and not handled', async () => {
    await using store = await openKept();
    const before = createInbox(store.database);
    await before.keep([anUpdate(1), anUpdate(2)], nowMs);
    await before.handled(1);
    const inbox = createInbox(await store.reopen());
    expect(await inbox.unhandled()).toEqual([anUpdate(2)]);
    expect(await inbox.keep([anUpdate(1)], nowMs)).toEqual([]);
  });

  test('createInbox().failed() sets an update aside at its third failure', async () => {
    await using store = await open();
    const { database } = store;
    const inbox = createInbox(database);
    await inbox.keep([anUpdate(1)], nowMs);
    expect([await inbox.failed(1), await inbox.failed(1)]).toEqual(['again', 'again']);
    expect(await inbox.unhandled()).toEqual([anUpdate(1)]);
    expect(await inbox.failed(1)).toBe('set-aside');
    expect(await inbox.unhandled()).toEqual([]);
    expect(await inbox.keep([anUpdate(1)], nowMs)).toEqual([]);
    expect([await inbox.failed(1), await inbox.failed(404)]).toEqual(['set-aside', 'set-aside']);
  });

  test('createInbox() forgets an id after seven days, but never what was not handled', async () => {
    await using store = await open();
    const { database } = store;
    const inbox = createInbox(database);
    await inbox.keep([anUpdate(1), anUpdate(2)], nowMs);
    await inbox.handled(1);
    await inbox.purge(nowMs + weekMs - 1);
    expect(await inbox.keep([anUpdate(1)], nowMs + weekMs - 1)).toEqual([]);
    const aMinuteLaterMs = nowMs + weekMs + 60_000;
    expect(await inbox.keep([anUpdate(1), anUpdate(2)], aMinuteLaterMs)).toEqual([anUpdate(1)]);
    await inbox.purge(nowMs + 3 * weekMs);
    expect(await inbox.unhandled()).toEqual([anUpdate(2), anUpdate(1)]);
  });

  test('createInbox().takeUp() tells what a process died on from what was only there', async () => {
    await using store = await open();
    const { database } = store;
    const inbox = createInbox(database);
    const [one, two, three] = [1, 2, 3].map((updateId) => anUpdate(updateId)) as [
      InboxUpdate,
      InboxUpdate,
      InboxUpdate,
    ];
    await inbox.keep([one, two], nowMs);
    expect(await inbox.takeUp()).toEqual({ plain: [one, two], suspects: [], setAside: [] });
    await inbox.keep([three], nowMs);
    expect(await inbox.takeUp()).toEqual({ plain: [three], suspects: [one, two], setAside: [] });
    await inbox.inHand(1);
    expect(await inbox.takeUp()).toEqual({ plain: [], suspects: [two, three, one], setAside: [] });
    await inbox.handled(2);
    await inbox.inHand(1);
    expect(await inbox.takeUp()).toEqual({ plain: [], suspects: [three], setAside: [1] });
    await inbox.inHand(3);
    expect(await inbox.unhandled()).toEqual([three]);
    expect(await inbox.keep([one], nowMs)).toEqual([]);
  });

  test('createInbox().survived() clears an update, or all of them, of every suspicion', async () => {
    await using store = await open();
    const { database } = store;
    const inbox = createInbox(database);
    await inbox.keep([anUpdate(1), anUpdate(2)], nowMs);
    for (let start = 0; start < 5; start += 1) {
      await inbox.takeUp();
      await inbox.inHand(1);
      await inbox.survived(start % 2 === 0 ? undefined : 1);
    }
    expect(await inbox.takeUp()).toEqual({ plain: [anUpdate(1), anUpdate(2)], suspects: [], setAside: [] });
  });

  test('createInbox().handled() keeps the id of an update, and none of its words', async () => {
    await using store = await open();
    const { database } = store;
    const inbox = createInbox(database);
    await inbox.keep([anUpdate(1), anUpdate(2)], nowMs);
    await inbox.handled(1);
    expect(await store.rows('SELECT update_id, body FROM inbox ORDER BY update_id')).toEqual([
      { update_id: 1, body: '' },
      { update_id: 2, body: '{"update_id":2}' },
    ]);
  });
});
