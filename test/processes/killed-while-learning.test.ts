import { expect, test } from 'vitest';
import type { KeyState, KeyRecord } from '../../src/domain/key-state.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createKeyStore } from '../../src/storage/stores/key-store.ts';
import { startChild } from './child.ts';
import { type Scratch, scratch } from '../storage/sqlite/scratch.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { learningKeys } from './children/learning-keys.ts';

const lanes = 4;
const killsOfEach = 10;

type Batch = { readonly saving: number; readonly records: readonly KeyRecord[] };
/** Undefined for a key of which nothing is surely kept. */
type Candidates = readonly (KeyRecord | undefined)[];
type Line = Batch | { readonly saved: number };

/** The kill may cut the last line off. */
function linesOf(printed: readonly string[]): readonly Line[] {
  return printed.flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

/** For each key what may be found: the record that is surely kept, and those whose keeping was not reported any more. */
function expectedOf(lines: readonly Line[], before: ReadonlyMap<string, KeyRecord>): ReadonlyMap<string, Candidates> {
  const expected = new Map<string, Candidates>([...before].map(([id, record]) => [id, [record]]));
  const batches = new Map<number, readonly KeyRecord[]>();
  for (const line of lines) {
    if ('records' in line) {
      batches.set(line.saving, line.records);
      for (const record of line.records) expected.set(record.id, [...(expected.get(record.id) ?? [undefined]), record]);
    } else {
      for (const record of batches.get(line.saved) ?? []) expected.set(record.id, [record]);
    }
  }
  return expected;
}

async function keptIn(place: Scratch): Promise<ReadonlyMap<string, KeyRecord>> {
  using database = openDatabase({ path: place.file });
  return new Map((await createKeyStore(database).load()).map((record) => [record.id, record]));
}

type Lane = { readonly batches: number; readonly records: readonly KeyRecord[] };

/** Starts, uses keys badly for a random while, is killed, again and again; answers what was surely kept, and found. */
async function oneLane(place: Scratch): Promise<Lane> {
  let before: ReadonlyMap<string, KeyRecord> = new Map();
  let batches = 0;
  const records: KeyRecord[] = [];
  for (let kill = 1; kill <= killsOfEach; kill += 1) {
    await using child = startChild('learning.ts', place.file);
    await child.printed(1 + Math.floor(Math.random() * 20));
    const lines = linesOf(await child.kill());
    batches += lines.filter((line) => 'saved' in line).length;
    const kept = await keptIn(place);
    for (const [id, candidates] of expectedOf(lines, before)) expect(candidates).toContainEqual(kept.get(id));
    expectRemembered(kept);
    records.push(...kept.values());
    before = kept;
  }
  return { batches, records };
}

/** A pool that begins with these records rests, and holds back, as the one that was killed. */
function expectRemembered(kept: ReadonlyMap<string, KeyRecord>): void {
  const records = [...kept.values()];
  const clock = fakeClock(Math.max(...records.map(({ savedAtMs }) => savedAtMs)));
  using pool = new KeyPool({
    keys: learningKeys,
    remembered: records,
    strategy: 'round-robin',
    clock,
    random: Math.random,
    emit: () => undefined,
  });
  for (const view of pool.snapshot().keys) {
    const record = kept.get(view.id);
    if (record === undefined) continue;
    if (rests(record.state, clock.now())) expect(view.state).toEqual(record.state);
    if (record.account === undefined) expect(view.seats).toBe(Math.floor(record.seats.limit));
    expect(view.account).toBe(record.account);
    expect(view.calls).toBe(record.health.calls);
  }
}

/** A guessed rest may be cut to its half when no other key is left. */
function rests(state: KeyState, nowMs: number): boolean {
  if (state.kind !== 'cooling') return state.kind === 'benched' || state.kind === 'disabled';
  return (state.stated ? state.untilMs : (state.sinceMs + state.untilMs) / 2) > nowMs;
}

test('a process that is killed at forty random moments has forgotten no rest, no bench and no limit that it had saved', async () => {
  const places = Array.from({ length: lanes }, () => scratch());
  try {
    // All of them to their end, so that no process is left behind.
    const ended = await Promise.allSettled(places.map(oneLane));
    expect(ended.flatMap((lane) => (lane.status === 'rejected' ? [lane.reason as unknown] : []))).toEqual([]);
    const lived = ended.flatMap((lane) => (lane.status === 'fulfilled' ? [lane.value] : []));
    for (const lane of lived) expect(lane.batches).toBeGreaterThan(killsOfEach);
    // There was something to forget.
    const records = lived.flatMap((lane) => lane.records);
    expect([...new Set(records.map(({ state }) => state.kind))]).toEqual(
      expect.arrayContaining(['cooling', 'benched']),
    );
    expect(records.some(({ seats }) => seats.ceiling !== undefined)).toBe(true);
    expect(records.some(({ seats }) => seats.limit >= 2)).toBe(true);
  } finally {
    for (const place of places) place[Symbol.dispose]();
  }
});
