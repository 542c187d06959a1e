import { expect, test } from 'vitest';
import { StatusLists, type StatusListsOptions } from '../../../src/bot/delivery/status-lists.ts';
import { perKind } from '../../../src/domain/kinds.ts';

test('StatusLists.viewFor() puts few lists together at once, however many people ask', async () => {
  const running = { now: 0, most: 0, all: 0 };
  const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
  const options = {
    outbox: { health: { onRecovery: () => ({ [Symbol.dispose]: () => undefined }) } },
    service: {
      findAll: async () => {
        running.all += 1;
        running.now += 1;
        running.most = Math.max(running.most, running.now);
        await turn();
        running.now -= 1;
        return [];
      },
    },
    users: { usedOfEachToday: async () => perKind(() => 0) },
    payments: { resultsLeft: async () => 0 },
    perDay: {},
    quotaDay: { zone: 'UTC', nextDayMs: () => 0 },
    messages: { status: () => ({ text: 'a list', rows: [] }) },
    clock: { now: () => 0 },
  };
  using lists = new StatusLists(options as unknown as StatusListsOptions);
  const reader = { locale: 'en', lane: 'free', withCalls: false } as const;
  const views = await Promise.all(Array.from({ length: 100 }, (_, userId) => lists.viewFor({ ...reader, userId })));
  expect([views.length, running.most]).toEqual([100, 16]);
  const before = running.all;
  await Promise.all(Array.from({ length: 100 }, (_, index) => lists.viewFor({ ...reader, userId: index % 20 })));
  // Those that begin at once, and one for each person who waits.
  expect(running.all - before).toBeLessThanOrEqual(36);
});
