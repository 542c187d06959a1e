import { expect, test } from 'vitest';
import { createRetryAfterStore } from '../../../src/storage/stores/retry-after-store.ts';
import { onBothEngines } from '../on-both-engines.ts';

onBothEngines(({ open }) => {
  test('createRetryAfterStore() remembers chats, groups and methods until their rest is over', async () => {
    await using store = await open();
    const { database } = store;
    const rests = createRetryAfterStore(database);
    await rests.keep({ place: 7, untilMs: 2_000.5 }, 1_000);
    await rests.keep({ place: -1_000_000_000_100, untilMs: 3_000 }, 1_000);
    await rests.keep({ place: 'everything', untilMs: 4_000 }, 1_000);
    const again = createRetryAfterStore(database);
    expect(await again.active(1_500)).toEqual([
      { place: -1_000_000_000_100, untilMs: 3_000 },
      { place: 7, untilMs: 2_001 },
      { place: 'everything', untilMs: 4_000 },
    ]);
    expect(await again.active(3_000)).toEqual([{ place: 'everything', untilMs: 4_000 }]);
  });

  test('createRetryAfterStore() keeps the longer of two rests, and none that is over', async () => {
    await using store = await open();
    const { database } = store;
    const rests = createRetryAfterStore(database);
    await rests.keep({ place: 7, untilMs: 9_000 }, 1_000);
    await rests.keep({ place: 7, untilMs: 2_000 }, 1_000);
    expect(await rests.active(1_000)).toEqual([{ place: 7, untilMs: 9_000 }]);
    await rests.keep({ place: 8, untilMs: 20_000 }, 10_000);
    expect(await store.rows('SELECT place FROM rests')).toEqual([{ place: '8' }]);
  });
});
