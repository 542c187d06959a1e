import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import { createExports } from '../../../src/storage/stores/people/people-store.ts';
import { createRewrites } from '../../../src/storage/stores/jobs/rewrites.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { createStatusLists } from '../../../src/storage/stores/status-lists.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { onBothEngines } from '../on-both-engines.ts';
import { anEngine } from '../sqlite/an-engine.ts';

onBothEngines(({ open }) => {
  test('createStatusLists() finds lists that are old or offer to cancel what has ended', async () => {
    await using store = await open();
    const engine = anEngine(store.database);
    const lists = createStatusLists(store.database);
    for (const updateId of [1, 2]) await accepted(engine, { updateId, userId: 7 });
    const list = (messageId: number, jobs: readonly string[], chatId = 7) => ({
      chatId,
      messageId,
      userId: 7,
      locale: 'de',
      lane: 'free' as const,
      withCalls: false,
      jobs: jobs.map((id) => jobId(id)),
    });
    await lists.keep(list(10, ['tg-1', 'tg-2']));
    expect(await lists.stale()).toEqual([]);
    await lists.keep(list(11, ['tg-2']));
    expect(await lists.stale(7)).toEqual([{ ...list(10, ['tg-1', 'tg-2']), isOld: true }]);
    await lists.delete(7, 10);
    const { lease } = await claimed(engine);
    await engine.queue.settle(lease, { kind: 'cancelled' });
    await lists.keep(list(5, [lease.jobId], -100));
    await lists.keep(list(6, ['tg-404'], -200));
    expect(new Set((await lists.stale(7)).map(({ chatId }) => chatId))).toEqual(new Set([-100, -200]));
    expect(await lists.stale(8)).toEqual([]);
    await lists.keep(list(11, []));
    expect([await lists.find(7, 11), await lists.find(-200, 6)]).toEqual([
      undefined,
      { ...list(6, ['tg-404'], -200), isOld: false },
    ]);
  });

  test('createStatusLists() keeps a list as an old one when a later one of the person was kept before', async () => {
    await using store = await open();
    const engine = anEngine(store.database);
    const lists = createStatusLists(store.database);
    await accepted(engine, { updateId: 1, userId: 7 });
    const list = { chatId: 7, userId: 7, locale: 'de', lane: 'free' as const, withCalls: false, jobs: [jobId('tg-1')] };
    await lists.keep({ ...list, messageId: 11 });
    await lists.keep({ ...list, messageId: 10 });
    expect([(await lists.find(7, 10))?.isOld, (await lists.find(7, 11))?.isOld]).toEqual([true, false]);
  });

  test('createExports() takes one request of a person in a while, and keeps it until it is sent', async () => {
    await using store = await open();
    const exports = createExports(store.database);
    const request = { userId: 7, chatId: 7, locale: 'de' };
    const later = { ...request, locale: 'en' };
    expect([await exports.ask(request, 1_000.5, 100), await exports.ask(later, 1_099, 100)]).toEqual([
      'asked',
      'too-soon',
    ]);
    expect(await exports.unsent()).toEqual([request]);
    await exports.noteSent(7);
    expect(await exports.unsent()).toEqual([]);
    expect([await exports.ask(later, 1_100, 100), await exports.unsent()]).toEqual(['asked', [later]]);
  });

  test('createRewrites() keeps the first words of a request that is there, and none of a person who is forgotten', async () => {
    await using store = await open();
    const engine = anEngine(store.database);
    const rewrites = createRewrites(store.database);
    const { id } = await accepted(engine, { updateId: 1, userId: 7 });
    expect([await rewrites.keep(id, 'first', undefined), await rewrites.keep(id, 'second', undefined)]).toEqual([
      'first',
      'first',
    ]);
    expect(await rewrites.keep(jobId('tg-404'), 'of nobody', undefined)).toBe('');
    await engine.queue.settle((await claimed(engine)).lease, { kind: 'cancelled' });
    await createPersonalData(store.database).mark(7, startMs);
    expect([await rewrites.find(id), await rewrites.keep(id, 'again', undefined)]).toEqual([undefined, '']);
  });
});
