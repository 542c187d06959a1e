import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { keyId } from '../../../src/domain/ids.ts';
import type { KeyRecord } from '../../../src/domain/key-state.ts';
import { WriteBehindStore } from '../../../src/keys/maintenance/write-behind.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const health = { calls: 0, successes: 0, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 } as const;

function aRecord(place: number, savedAtMs: number): KeyRecord {
  return {
    id: keyId(`id-${place}`),
    provider: 'bytez',
    name: `bytez #${place}`,
    savedAtMs,
    state: { kind: 'ready' },
    limitedInARow: 0,
    seats: { limit: 1 },
    inFlight: 0,
    health,
  };
}

function learned(place: number, savedAtMs: number) {
  return [keyId(`id-${place}`), () => aRecord(place, savedAtMs)] as const;
}

/** A saver over a store that refuses the first `refusals` saves. */
function aDesk(refusals = 0) {
  const clock = fakeClock();
  const saved: string[][] = [];
  const events: AppEvent[] = [];
  let left = refusals;
  const saver = new WriteBehindStore({
    store: {
      save: async (records) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (left > 0) {
          left -= 1;
          throw new Error('Cannot write: the disk is full');
        }
        saved.push(records.map(({ name, savedAtMs }) => `${name} at ${savedAtMs}`));
      },
    },
    clock,
    emit: (event) => events.push(event),
  });
  return { clock, saved, events, saver };
}

test('WriteBehindStore saves what is urgent of one turn at once, together, without moving the clock', async () => {
  const { clock, saved, saver } = aDesk();
  saver.remember(...learned(1, 1), true);
  saver.remember(...learned(2, 1), false);
  saver.remember(...learned(1, 2), true);
  saver.remember(...learned(3, 1), true);
  await clock.advance(0);
  expect(saved).toEqual([['bytez #1 at 2', 'bytez #3 at 1']]);
});

test('WriteBehindStore gathers counters for a second and saves the newest of each key', async () => {
  const { clock, saved, saver } = aDesk();
  for (let count = 1; count <= 50; count += 1) {
    saver.remember(...learned(1 + (count % 2), count), false);
    await clock.advance(10);
  }
  await clock.advance(499);
  expect(saved).toEqual([]);
  await clock.advance(1);
  expect(saved).toEqual([['bytez #2 at 49', 'bytez #1 at 50']]);
  await clock.advance(10_000);
  expect(saved).toHaveLength(1);
});

test('WriteBehindStore never saves an older record after a newer one, also while a save is under way', async () => {
  const { clock, saved, saver } = aDesk();
  saver.remember(...learned(1, 1), false);
  saver.remember(...learned(1, 2), true);
  await Promise.resolve();
  await Promise.resolve();
  saver.remember(...learned(1, 3), true);
  saver.remember(...learned(1, 4), false);
  await clock.advance(5_000);
  expect(saved).toEqual([['bytez #1 at 2'], ['bytez #1 at 4']]);
});

test('WriteBehindStore says once that it cannot save, keeps everything and tries again until it can', async () => {
  const { clock, saved, events, saver } = aDesk(3);
  saver.remember(...learned(1, 1), true);
  await clock.advance(0);
  saver.remember(...learned(1, 2), true);
  saver.remember(...learned(2, 1), false);
  await clock.advance(9_000);
  expect(saved).toEqual([]);
  expect(events).toMatchObject([{ event: 'app.error', what: 'save the key records' }]);
  await clock.advance(6_000);
  expect(saved.flat().sort()).toEqual(['bytez #1 at 2', 'bytez #2 at 1']);

  saver.remember(...learned(1, 3), true);
  await clock.advance(0);
  expect(saved.at(-1)).toEqual(['bytez #1 at 3']);
  expect(events).toHaveLength(1);
});

test('WriteBehindStore.flush() saves everything that is remembered', async () => {
  const { saved, saver } = aDesk();
  saver.remember(...learned(1, 1), false);
  saver.remember(...learned(2, 1), true);
  await saver.flush();
  expect(saved.flat().sort()).toEqual(['bytez #1 at 1', 'bytez #2 at 1']);
  await saver.flush();
  expect(saved.flat()).toHaveLength(2);
});
