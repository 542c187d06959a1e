import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Database } from '../../src/storage/database.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createStores } from '../../src/storage/stores/create-stores.ts';
import { startMs } from '../conformance/requests.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { hasPostgres } from '../support/postgres-server.ts';
import { runs } from '../support/property-runs.ts';
import { emptiedDatabase } from './on-both-engines.ts';
import { type Given, operations, type Played } from './store-operations.ts';

const texts = [
  '',
  'a fox',
  'A FOX',
  '%',
  '_',
  `o'x "q"`,
  'a\0b',
  '\\u0000',
  '{"a":"\\u0000"}',
  '[1]',
  'null',
  '🦊 é',
  '\ud800',
  '? $1 ?1',
  'line\n',
  '-- x',
];
const words = ['', 'Ada', 'ada', 'ÄDA', 'tg-1', '7'];

const given: fc.Arbitrary<Given> = fc.record({
  id: fc.constantFrom(1, 7, 8, -100, -1_000_000_000_100, 2 ** 52),
  other: fc.constantFrom(1, 7, -100, -200),
  text: fc.constantFrom(...texts),
  word: fc.constantFrom(...words),
  ms: fc.constantFrom(0, 1_000, 1_000.5, startMs, startMs + 0.5),
  later: fc.constantFrom(1_500.5, startMs, startMs + 3_600_000, startMs + 40 * 86_400_000),
  count: fc.integer({ min: 1, max: 4 }),
  isSo: fc.boolean(),
});
/** A request goes through all of these: they come so often that many do. */
const often = ['accept', 'claim', 'call', 'settle', 'tell an outcome', 'find a job', 'past requests', 'check'];
const what = fc.oneof(fc.constantFrom(...Object.keys(operations)), fc.constantFrom(...often));
const steps = fc.array(fc.record({ what, given }), { minLength: 1, maxLength: 200, size: 'max' });
type Steps = typeof steps extends fc.Arbitrary<infer One> ? One : never;

/** What PostgreSQL does not keep: the character 0 and half a character, their escapes in JSON too, and what it keeps instead. */
const unkept = /(?:\\*u(?:0000|d800|fffd)|\ufffd)+/g;

/** What each operation returned, as text. */
async function played(database: Database, all: Steps): Promise<readonly string[]> {
  const clock = fakeClock(startMs);
  const running = { premium: 2, free: 1 };
  const stores: Played = {
    ...createStores({ database, clock, running, onUnreadableKey: () => undefined }),
    database,
    held: {},
  };
  const results: string[] = [];
  for (const { what, given } of all) {
    const result = await operations[what]?.(stores, given).catch(() => 'refused');
    const text = JSON.stringify(result) ?? 'nothing';
    results.push(`${what}: ${text.replaceAll(unkept, '\ufffd')}`);
  }
  return results;
}

test.skipIf(!hasPostgres)('the stores answer the same on both engines, whatever they are asked', async () => {
  await using shared = await emptiedDatabase();
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      using sqlite = openDatabase({ path: ':memory:' });
      await shared.empty();
      expect(await played(shared.storage.database, all)).toEqual(await played(sqlite, all));
    }),
    { numRuns: runs(15) },
  );
});
