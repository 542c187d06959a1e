import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import { createChatStore } from '../../../src/storage/stores/people-and-chats.ts';
import { createGroups } from '../../../src/storage/stores/safety/group-store.ts';
import { createSafety } from '../../../src/storage/stores/safety/safety-store.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { onBothEngines } from '../on-both-engines.ts';
import { anEngine } from '../sqlite/an-engine.ts';

const rules = { max: 3, windowMs: 1_000, restMs: 500.5 };

onBothEngines(({ open }) => {
  test('createSafety() bars who is blocked, in person or with their group, until they are unblocked', async () => {
    await using store = await open();
    const safety = createSafety(store.database);
    expect([
      await safety.block({ id: 7, reason: 'spam', sinceMs: 1_000.5 }),
      await safety.block({ id: 7, sinceMs: 2_000 }),
      await safety.block({ id: -100, reason: 'noise', sinceMs: 500 }),
    ]).toEqual([true, false, true]);
    expect(await safety.blocks()).toEqual([
      { id: -100, reason: 'noise', sinceMs: 500 },
      { id: 7, sinceMs: 1_000 },
    ]);
    const barred = [
      await safety.barredFrom(7, 7, 0),
      await safety.barredFrom(8, -100, 0),
      await safety.barredFrom(8, 8, 0),
    ];
    expect(barred).toEqual([{ kind: 'blocked' }, { kind: 'blocked', reason: 'noise' }, undefined]);
    expect([await safety.unblock(7), await safety.unblock(7)]).toEqual([true, false]);
    expect(await safety.barredFrom(7, 7, 0)).toBeUndefined();
  });

  test('createSafety().strike() lets a person rest after refusals that come close together, each counted once', async () => {
    await using store = await open();
    const safety = createSafety(store.database);
    const strike = (id: string, nowMs: number) => safety.strike(7, jobId(id), nowMs, rules);
    expect([await strike('a', 0), await strike('a', 10), await strike('b', 10), await strike('c', 20.7)]).toEqual([
      undefined,
      undefined,
      undefined,
      520.5,
    ]);
    expect(await safety.restrictions(7, 500, rules.windowMs)).toEqual({ restUntilMs: 521, strikes: 3 });
    expect([await safety.barredFrom(7, 7, 520), await safety.barredFrom(7, 7, 521)]).toEqual([
      { kind: 'resting', untilMs: 521 },
      undefined,
    ]);
    await safety.block({ id: 7, sinceMs: 0 });
    expect(await safety.barredFrom(7, 7, 100)).toEqual({ kind: 'blocked' });
    expect(await safety.unblock(7)).toBe(true);
    expect(await safety.restrictions(7, 100, rules.windowMs)).toEqual({ strikes: 0 });
  });

  test('createSafety().report() knows the first, another one, and who has done so before', async () => {
    await using store = await open();
    const safety = createSafety(store.database);
    const id = jobId('tg-1');
    expect([await safety.report(id, 7, 0.5), await safety.report(id, 8, 1), await safety.report(id, 7, 2)]).toEqual([
      'first',
      'another',
      'again',
    ]);
    expect([await safety.reportsOf(id), await safety.reportsOf(jobId('tg-2'))]).toEqual([2, 0]);
  });

  test('createSafety().openJobsOf() finds what a person or a group has waiting or running', async () => {
    await using store = await open();
    const engine = anEngine(store.database);
    await accepted(engine, { updateId: 1, userId: 7 });
    await accepted(engine, { updateId: 2, userId: 7, groupId: -100 });
    await accepted(engine, { updateId: 3, userId: 8 });
    const { lease } = await claimed(engine);
    await engine.queue.settle(lease, { kind: 'cancelled' });
    const openOf = async (id: number) =>
      (await createSafety(store.database).openJobsOf(id)).map((job) => job.id).sort();
    const ended = lease.jobId;
    expect([await openOf(7), await openOf(-100), await openOf(8)]).toEqual([
      ['tg-1', 'tg-2'].filter((id) => id !== ended),
      ['tg-2'].filter((id) => id !== ended),
      ['tg-3'].filter((id) => id !== ended),
    ]);
  });

  test('a group that moves takes its settings and its block along, and leaves what is there already', async () => {
    await using store = await open();
    const { database } = store;
    const [groups, safety, chats] = [createGroups(database), createSafety(database), createChatStore(database)];
    await groups.set(-100, { locale: 'de', kindsOff: ['video'] });
    await safety.block({ id: -100, reason: 'noise', sinceMs: startMs });
    await chats.move(-100, -200);
    expect([await groups.find(-200), await groups.find(-100)]).toEqual([{ locale: 'de', kindsOff: ['video'] }, {}]);
    expect(await safety.blocks()).toEqual([{ id: -200, reason: 'noise', sinceMs: startMs }]);
    await groups.set(-300, { who: 'admins' });
    await chats.move(-200, -300);
    expect(await groups.find(-300)).toEqual({ who: 'admins' });
    await groups.set(-300, {});
    expect(await groups.find(-300)).toEqual({});
    await store.change(`INSERT INTO group_settings (chat_id, settings) VALUES (-1, '{"locale":7}'), (-2, '[')`);
    expect([await groups.find(-1), await groups.find(-2)]).toEqual([{}, {}]);
  });
});
