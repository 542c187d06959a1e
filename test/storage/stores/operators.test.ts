import { expect, test } from 'vitest';
import { keyId } from '../../../src/domain/ids.ts';
import { createAuditLog, createNotices, createOperatorKeys } from '../../../src/storage/stores/admin-state.ts';
import { createClientStore } from '../../../src/storage/stores/client-store.ts';
import { aTrail } from '../../conformance/call-promises.ts';
import { startMs } from '../../conformance/requests.ts';
import { onBothEngines } from '../on-both-engines.ts';
import { anEngine } from '../sqlite/an-engine.ts';

const dayMs = 86_400_000;

onBothEngines(({ open }) => {
  test('createOperatorKeys() keeps added keys in order, and what is set for a key until it is cleared', async () => {
    await using store = await open();
    const keys = createOperatorKeys(store.database);
    const key = (id: string, addedAtMs: number) => ({
      id: keyId(id),
      provider: 'bytez',
      sealed: `sealed ${id}`,
      addedAtMs,
    });
    expect([await keys.add(key('b', 2)), await keys.add(key('a', 1.6)), await keys.add(key('b', 3))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await keys.added()).toEqual([key('a', 2), key('b', 2)]);
    await keys.set(keyId('a'), { weight: 3, label: 'spare' });
    await keys.set(keyId('a'), { weight: null, seats: 2 });
    expect(await keys.settings()).toEqual(new Map([['a', { label: 'spare', seats: 2 }]]));
    await keys.set(keyId('a'), { label: null, seats: null });
    expect(await keys.settings()).toEqual(new Map());
    await keys.set(keyId('b'), { group: 'one' });
    await keys.remove(keyId('b'));
    expect([await keys.added(), await keys.settings()]).toEqual([[key('a', 2)], new Map()]);
  });

  test('createAuditLog() shows what was done last, page by page', async () => {
    await using store = await open();
    const audit = createAuditLog(store.database);
    for (const target of ['a', 'b', 'c']) await audit.note({ atMs: 1.4, by: 'http', action: 'wake-keys', target });
    const first = await audit.latest({ count: 2 });
    expect(first.map(({ target, atMs }) => [target, atMs])).toEqual([
      ['c', 1],
      ['b', 1],
    ]);
    const rest = await audit.latest({ count: 2, before: first.at(-1)?.seq ?? 0 });
    expect(rest).toEqual([{ seq: expect.any(Number), atMs: 1, by: 'http', action: 'wake-keys', target: 'a' }]);
  });

  test('createNotices() lets a notice be told once, and another one too', async () => {
    await using store = await open();
    const notices = createNotices(store.database);
    const told = [await notices.mayTell('a', 0.5), await notices.mayTell('a', 9), await notices.mayTell('b', 9)];
    expect(told).toEqual([true, false, true]);
  });

  test('createClientStore() gives each client a number of its own and adds up what its calls cost, day by day', async () => {
    await using store = await open();
    const clients = createClientStore(store.database);
    const [one, other] = [await clients.numberOf('one'), await clients.numberOf('Öther')];
    expect([await clients.numberOf('one'), await clients.names()]).toEqual([
      one,
      new Map([
        [one, 'one'],
        [other, 'Öther'],
      ]),
    ]);
    const cost = (userId: number, call: number, usd?: number) => ({
      userId,
      kind: 'image' as const,
      trail: aTrail(call, { kind: 'answered', ms: 5, ...(usd === undefined ? {} : { usd }) }),
    });
    await clients.add([cost(one, 1, 0.1), cost(one, 2, 0.2), cost(other, 1), cost(one, dayMs, 0.000_000_4)]);
    await clients.add([cost(one, 3, 1 / 3)]);
    const { reader } = anEngine(store.database);
    const rows = (await reader.costs(startMs)).map(({ day, client, calls, usd, unpriced }) => [
      day,
      client,
      calls,
      usd,
      unpriced,
    ]);
    expect(rows).toEqual([
      ['2026-01-01', 'Öther', 1, 0, 1],
      ['2026-01-01', 'one', 3, 0.633_333, 0],
      ['2026-01-02', 'one', 1, 0, 0],
    ]);
    const spending = await reader.spending({ sinceMs: startMs, nowMs: startMs + dayMs, maxPeople: 9 });
    expect(spending.clients).toEqual([
      { userId: one, calls: 4, usd: 0.633_333 },
      { userId: other, calls: 1, usd: 0 },
    ]);
    expect(await reader.costs(startMs + dayMs)).toHaveLength(1);
  });
});
