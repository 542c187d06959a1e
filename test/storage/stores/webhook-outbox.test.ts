import { expect, test } from 'vitest';
import { createWebhookOutbox } from '../../../src/storage/stores/webhook-outbox.ts';
import { onBothEngines } from '../on-both-engines.ts';

const message = (id: string, createdAtMs: number) =>
  ({ id, target: 'jobs', type: 'job.failed', body: `{"words":"🦊 of ${id}"}`, createdAtMs }) as const;

onBothEngines(({ open }) => {
  test('createWebhookOutbox() hands out what is due, oldest first, until it is told or given up', async () => {
    await using store = await open();
    const outbox = createWebhookOutbox(store.database);
    for (const [id, atMs] of [
      ['b', 20],
      ['a', 10],
      ['c', 30],
    ] as const)
      await outbox.add(message(id, atMs), 1_000);
    await outbox.add(message('a', 99), 1_000);
    const due = async (nowMs: number) => (await outbox.due(nowMs, 9)).map(({ id }) => id);
    expect([await due(9), await due(20), await due(30)]).toEqual([[], ['a', 'b'], ['a', 'b', 'c']]);
    await outbox.delivered('a', 31);
    await outbox.postpone('b', 'HTTP 500', 200);
    await outbox.failed('c', 'HTTP 410', 33);
    expect([await due(199), await due(200)]).toEqual([[], ['b']]);
    const at = { giveUpAtMs: 1_000, tries: 1 };
    expect(await outbox.list({ count: 9 })).toEqual([
      { ...message('c', 30), ...at, state: 'failed', dueAtMs: 30, problem: 'HTTP 410' },
      { ...message('b', 20), ...at, state: 'waiting', dueAtMs: 200, problem: 'HTTP 500' },
      { ...message('a', 10), ...at, state: 'delivered', dueAtMs: 10 },
    ]);
    expect((await outbox.list({ count: 9, state: 'failed' })).map(({ id }) => id)).toEqual(['c']);
  });

  test('createWebhookOutbox().replay() tells again what was given up, or what is named, also what was told', async () => {
    await using store = await open();
    const outbox = createWebhookOutbox(store.database);
    for (const id of ['a', 'b', 'c']) await outbox.add(message(id, 1), 10);
    await outbox.delivered('a', 2);
    await outbox.failed('b', 'HTTP 410', 2);
    expect([await outbox.replay('failed', 5, 50), await outbox.replay(['a', 'nobody'], 6, 60)]).toEqual([1, 1]);
    expect((await outbox.due(9, 9)).map(({ id, tries, giveUpAtMs }) => [id, tries, giveUpAtMs])).toEqual([
      ['c', 0, 10],
      ['b', 0, 50],
      ['a', 0, 60],
    ]);
  });

  test('createWebhookOutbox().purge() forgets what ended before, and nothing that waits', async () => {
    await using store = await open();
    const outbox = createWebhookOutbox(store.database);
    for (const id of ['a', 'b', 'c']) await outbox.add(message(id, 1), 10);
    await outbox.delivered('a', 2);
    await outbox.failed('b', 'HTTP 410', 3);
    await outbox.purge(3);
    expect((await outbox.list({ count: 9 })).map(({ id }) => id).sort()).toEqual(['b', 'c']);
  });
});
