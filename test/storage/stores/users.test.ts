import { expect, test } from 'vitest';
import { anEngine } from '../sqlite/an-engine.ts';
import { createUsers } from '../../../src/storage/stores/people-and-chats.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { perKind } from '../../../src/domain/kinds.ts';
import { onBothEngines } from '../on-both-engines.ts';

const dayMs = 86_400_000;

onBothEngines(({ open }) => {
  test('createUsers().find() knows nothing but the id of a stranger', async () => {
    await using store = await open();
    const { database } = store;
    expect(await createUsers(database).find(2 ** 52)).toEqual({ id: 2 ** 52 });
  });

  test('createUsers() keeps language and premium beside each other', async () => {
    await using store = await open();
    const { database } = store;
    const users = createUsers(database);
    await users.setLocale(1, 'de');
    await users.addPremium(1, 30, startMs);
    await users.setLocale(1, 'ar');
    expect(await users.find(1)).toEqual({ id: 1, locale: 'ar', premiumUntilMs: startMs + 30 * dayMs });
  });

  test('createUsers() keeps the language in which somebody was answered beside the one that they chose', async () => {
    await using store = await open();
    const { database } = store;
    const users = createUsers(database);
    await users.hear(1, 'es');
    await users.setLocale(1, 'ru');
    await users.hear(1, 'ru');
    expect(await users.find(1)).toEqual({ id: 1, locale: 'ru', heardLocale: 'ru' });
  });

  test('createUsers().addPremium() gives once what an update gives, also when it is handled again after a kill', async () => {
    await using store = await open();
    const { database } = store;
    const users = createUsers(database);
    expect(await users.addPremium(1, 2, startMs, 'tg-70')).toBe(startMs + 2 * dayMs);
    expect(await users.addPremium(1, 2, startMs + 1_000, 'tg-70')).toBe(startMs + 2 * dayMs);
    expect(await users.addPremium(1, 2, startMs, 'tg-71')).toBe(startMs + 4 * dayMs);
    expect(await users.addPremium(1, 2, startMs + 7 * dayMs, 'tg-70')).toBe(startMs + 9 * dayMs);
    expect(await users.find(1)).toEqual({ id: 1, premiumUntilMs: startMs + 9 * dayMs });
  });

  test('createUsers().addPremium() adds to what is left, and begins anew once it is over', async () => {
    await using store = await open();
    const { database } = store;
    const users = createUsers(database);
    expect(await users.addPremium(1, 2, startMs)).toBe(startMs + 2 * dayMs);
    expect(await users.addPremium(1, 3, startMs + dayMs)).toBe(startMs + 5 * dayMs);
    expect(await users.addPremium(1, 1, startMs + 9 * dayMs)).toBe(startMs + 10 * dayMs);
  });

  test('createUsers().usedToday() counts what was asked for this UTC day and not given back', async () => {
    await using store = await open();
    const { database } = store;
    const [users, engine] = [createUsers(database), anEngine(database)];
    await accepted(engine.at(startMs - dayMs), { updateId: 1, userId: 1 });
    await accepted(engine.at(startMs), { updateId: 2, userId: 1 });
    await accepted(engine, { updateId: 3, userId: 1 });
    await accepted(engine, { updateId: 4, userId: 1, kind: 'video' });
    await accepted(engine, { updateId: 5, userId: 2 });
    const used = async () => [
      await users.usedToday(1, 'image', startMs - dayMs),
      await users.usedToday(1, 'image', startMs),
      await users.usedToday(1, 'video', startMs),
    ];
    expect(await used()).toEqual([1, 2, 1]);
    const yesterdays = await claimed(engine);
    await engine.queue.settle(yesterdays.lease, { kind: 'failed', code: 'busy' });
    expect(await used()).toEqual([0, 2, 1]);
    expect(await users.usedOfEachToday(1, startMs)).toEqual({ ...perKind(() => 0), image: 2, video: 1 });
  });
});
