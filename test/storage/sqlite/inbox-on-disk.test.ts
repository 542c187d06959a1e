import { expect, test, vi } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { WriteAheadLog } from '../../../src/storage/sqlite/write-ahead-log.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { scratch } from './scratch.ts';

test('createInbox().keep() tells of new updates before they are durable: what follows is kept or lost with them', async () => {
  using place = scratch();
  const syncs: ((error: Error | null) => void)[] = [];
  const beside = (_file: number, done: (error: Error | null) => void) => void syncs.push(done);
  using database = openDatabase({
    path: place.file,
    log: new WriteAheadLog(place.file, { beside, now: () => undefined, monotonicMs: () => 0 }),
  });
  const inbox = createInbox(database);
  const order: string[] = [];
  const keep = inbox.keep([{ updateId: 1, body: '{}' }], 0, (fresh) => {
    order.push(`begun ${fresh.length}`);
    void inbox.inHand(1).then(
      () => order.push('followed'),
      () => order.push('lost too'),
    );
  });
  void keep.then(
    () => order.push('kept'),
    () => order.push('lost'),
  );
  await vi.waitUntil(() => syncs.length > 0);
  expect(order).toEqual(['begun 1']);
  syncs[0]?.(new Error('the disk is broken'));
  await vi.waitUntil(() => order.length === 3);
  expect(order).toEqual(['begun 1', 'lost', 'lost too']);
});
