import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Availability, availabilityOf, isUsable, type KeyView } from '../../src/domain/views.ts';
import type { SeatAnswer } from '../../src/domain/key-leases.ts';
import { viewOf } from '../../src/jobs/running-jobs.ts';
import type { KeyPool } from '../../src/keys/pool/key-pool.ts';
import { aPool, failures, fail, hour } from '../support/a-pool.ts';
import { runs } from '../support/property-runs.ts';
import { aJob } from '../support/builders.ts';

const happenings = [
  'probe-begins',
  'probe-passed',
  'probe-failed',
  'probe-unsure',
  'wake',
  'disable',
  'enable',
] as const;
/** Mostly what takes a key out of use: it is interesting when none is left. */
const endings = [
  undefined,
  failures.rejected,
  failures.rejected,
  failures.rejected,
  failures.limited,
  failures.limited,
  failures.limited,
  ...Object.values(failures),
];
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      failure: fc.constantFrom(...endings),
      keeps: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 2 * hour })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('note' as const),
      key: fc.nat(2),
      kind: fc.constantFrom('probe-begins' as const, 'probe-begins' as const, ...happenings),
    }),
  },
);

/** What the answer to who asks for a seat says of all keys. */
function faceOf(answer: SeatAnswer, views: readonly KeyView[]): Availability {
  switch (answer.kind) {
    case 'seat':
    case 'slow':
      return { kind: 'taking' };
    case 'busy': {
      const isProbing = views.every(({ state }) => !['ready', 'suspect', 'half-open'].includes(state.kind));
      return isProbing ? availabilityOf(views) : { kind: 'taking' };
    }
    case 'cooling':
    case 'benched':
    case 'no-keys':
      return answer;
  }
}

const waiting = (nowMs: number) => aJob({ state: { kind: 'waiting', readyAtMs: nowMs }, acceptedAtMs: nowMs });

/** What each face says of the keys, beside what it has to say. */
function facesOf(pool: KeyPool, nowMs: number) {
  const view = pool.snapshot('bytez');
  const availability = availabilityOf(view.keys);
  const answer = pool.lease('bytez');
  if (answer.kind === 'seat') answer.lease.release({ kind: 'unused' });
  const { phase: seen } = viewOf(waiting(nowMs), {
    ahead: 3,
    live: undefined,
    pool: () => view,
    isBehindOwn: false,
    nowMs,
  });
  const inMs = Math.max(0, (view.nextWakeMs ?? Infinity) - nowMs);
  // The estimate of a wait in line is not what the keys say.
  const phase = seen.kind === 'queued' ? { kind: seen.kind, ahead: seen.ahead } : seen;
  const isPaused = view.ready === 0 && view.cooling > 0;
  return {
    said: {
      pool: faceOf(answer, view.keys),
      isUsable: isUsable(availability),
      phase,
      wakeMs: answer.kind === 'cooling' ? answer.untilMs : undefined,
    },
    expected: {
      pool: availability,
      // At least one key is ready or only cools.
      isUsable: view.ready + view.cooling > 0,
      phase: isPaused ? { kind: 'paused', ahead: 3, inMs } : { kind: 'queued', ahead: 3 },
      wakeMs: answer.kind === 'cooling' ? view.nextWakeMs : undefined,
    },
  };
}

test('the pool, readiness, /status and the view of the keys say the same of them, whatever has happened', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      const { pool, clock } = aPool();
      using _pool = pool;
      for (const each of steps) {
        if (each.do === 'wait') await clock.advance(each.ms);
        else if (each.do === 'note') {
          const key = pool.keys()[each.key];
          if (key !== undefined) pool.note(key.key.id, { kind: each.kind });
        } else {
          const answer = pool.lease('bytez');
          if (answer.kind === 'seat' && !each.keeps) {
            answer.lease.release(each.failure === undefined ? { kind: 'succeeded', ms: 10 } : fail(each.failure));
          }
        }
        const { said, expected } = facesOf(pool, clock.now());
        expect(said).toEqual(expected);
      }
    }),
    { numRuns: runs(400) },
  );
});

test('availabilityOf() tells an empty set of keys from one in which all are disabled', () => {
  expect(availabilityOf([])).toEqual({ kind: 'no-keys' });
  expect(availabilityOf([{ state: { kind: 'disabled' } }])).toEqual({ kind: 'benched', reason: 'rejected' });
});
