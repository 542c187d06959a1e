import type { KeyId } from '../../src/domain/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { poolViewOf } from '../../src/domain/views.ts';
import { JobStopped } from '../../src/jobs/running-jobs.ts';
import { anAttemptStage, cut, done, down, limited, noModel, refusedKey, timedOut } from './attempt-stage.ts';
import { runs } from '../support/property-runs.ts';

const replies = [done, limited(500), limited(60_000), refusedKey, down, cut, timedOut, noModel] as const;

type Waits = { readonly ms: number; readonly fails: boolean };

/** A pool of another process: each answer takes its time, and now and then there is none. */
function farPool(stage: ReturnType<typeof anAttemptStage>, waits: readonly Waits[]) {
  const script = [...waits];
  const { pool } = stage;
  return {
    acquire: async (...asked: Parameters<typeof pool.lease>) => {
      const { ms, fails } = script.shift() ?? { ms: 0, fails: false };
      await stage.clock.sleep(ms, new AbortController().signal);
      if (fails) throw new Error('the pool is away');
      return pool.lease(...asked);
    },
    resume: (keyId: KeyId) => pool.resume(keyId),
    expectedMs: () => undefined,
    latency: () => undefined,
    acquit: () => undefined,
    acquitModel: () => undefined,
    served: () => undefined,
    snapshot: () => poolViewOf([]),
  };
}

test('runAttempts() gives every seat back, however late the pool answers and whenever the job is stopped', async () => {
  const wait = fc.record({ ms: fc.integer({ min: 0, max: 300 }), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...replies), { minLength: 1, maxLength: 6 }),
      fc.array(fc.oneof({ weight: 5, arbitrary: wait.map(({ ms }) => ({ ms, fails: false })) }, wait), {
        maxLength: 8,
      }),
      fc.integer({ min: 0, max: 2_000 }),
      fc.constantFrom('cancelled' as const, 'closing' as const, 'nothing' as const, 'fenced' as const),
      async (script, waits, stopMs, stop) => {
        const stage = anAttemptStage({ replies: script, delayMs: 200 });
        const seat = stage.pool.lease('bytez');
        const inHand = seat.kind === 'seat' ? seat.lease : undefined;
        const ending = stage.run({ pool: farPool(stage, waits) }, stage.job, inHand).catch((error: unknown) => error);
        await stage.clock.advance(stopMs);
        if (stop === 'fenced') stage.overtake();
        else if (stop !== 'nothing') stage.abort.abort(new JobStopped(stop));
        await stage.clock.advance(700_000);
        await ending;
        expect(stage.pool.snapshot().keys.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
      },
    ),
    { numRuns: runs(300) },
  );
});

test('runAttempts() makes one job the probe of a silent provider, also when two ask for a seat at the same time', async () => {
  const stage = anAttemptStage({ replies: [down, down, down, down, done], delayMs: 10 });
  for (let job = 1; !stage.breaker.isOpen; job += 1) {
    for (const { id } of stage.pool.snapshot().keys) {
      stage.breaker.noteFault({ keyId: id, model: 'm1', jobId: `tg-${job}` as typeof stage.job.id });
    }
    await stage.clock.advance(11_000);
  }
  await stage.clock.advance(10_000);
  expect(stage.breaker.mayProbe).toBe(true);
  const pool = farPool(stage, [
    { ms: 50, fails: false },
    { ms: 50, fails: false },
  ]);
  const endings = Promise.all([stage.run({ pool }), stage.run({ pool })]);
  await stage.clock.advance(60);
  expect((await endings).map(({ kind }) => kind).sort()).toEqual(['parked', 'parked']);
  expect(stage.asked).toHaveLength(1);
  expect(stage.pool.snapshot().keys.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
});
