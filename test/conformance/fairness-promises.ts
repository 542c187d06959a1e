import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Claim } from '../../src/domain/job-engine.ts';
import { jobId } from '../../src/domain/ids.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, claimed, oneEach } from './requests.ts';
import { runs } from '../support/property-runs.ts';

/** What an engine promises to people who share it with others that ask for much. */
export function fairnessPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} a newcomer starts within two turns of each person, however much the others asked for`, async () => {
    const crowd = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(crowd, fc.integer({ min: 0, max: 25 }), async (jobsOfEach, startsBefore) => {
        await using app = await makeEngine(oneEach);
        const { engine } = app;
        let updateId = 0;
        for (const [userId, jobs] of jobsOfEach.entries()) {
          for (let count = 0; count < jobs; count += 1) await accepted(engine, { updateId: ++updateId, userId });
        }
        const startOne = async () => {
          const claim = await engine.queue.claim('bytez');
          if (claim !== undefined) await engine.queue.settle(claim.lease, { kind: 'cancelled' });
          return claim?.job.updateId;
        };
        for (let count = 0; count < startsBefore; count += 1) await startOne();
        await accepted(engine, { updateId: 9_999, userId: 9_999 });
        let starts = 1;
        while ((await startOne()) !== 9_999) starts += 1;
        expect(starts).toBeLessThanOrEqual(2 * jobsOfEach.length + 1);
      }),
      { numRuns: runs(15) },
    );
  });

  test(`${name} the members of a group share one place, however many they are`, async () => {
    await using app = await makeEngine(oneEach);
    const { engine } = app;
    const groupId = -100;
    for (let updateId = 1; updateId <= 6; updateId += 1) await accepted(engine, { updateId, groupId });
    await accepted(engine, { updateId: 7, userId: 7 });
    await accepted(engine, { updateId: 8, userId: 7 });
    // Two members never run at once, so the second seat is for somebody else.
    const [first, second] = [await claimed(engine), await claimed(engine)];
    expect([first.job.updateId, second.job.updateId]).toEqual([1, 7]);
    expect(await engine.queue.claim('bytez')).toBeUndefined();
    expect([await engine.reader.runningOf(groupId), await engine.reader.runningOf(1_001)]).toEqual([1, 0]);
    const order: number[] = [];
    for (let claim: Claim | undefined = first; claim !== undefined; claim = await engine.queue.claim('bytez')) {
      order.push(claim.job.updateId);
      await engine.queue.settle(claim.lease, { kind: 'cancelled' });
      if (claim === first) await engine.queue.settle(second.lease, { kind: 'cancelled' });
    }
    // In turn, the person who came last and the group.
    expect(order).toEqual([1, 2, 8, 3, 4, 5, 6]);
    expect(await engine.queue.cancel(jobId('tg-6'), 1_006)).toMatchObject({ kind: 'too-late' });
  });

  test(`${name} a free job starts within five starts although premium jobs never end`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), async (premiumBefore) => {
        await using app = await makeEngine();
        const { engine } = app;
        let updateId = 100;
        const premiumAsks = () => accepted(engine, { updateId: ++updateId, lane: 'premium' });
        for (let count = 0; count < premiumBefore; count += 1) {
          await premiumAsks();
          await claimed(engine);
        }
        await accepted(engine, { updateId: 1 });
        const started: number[] = [];
        while (!started.includes(1)) {
          await premiumAsks();
          started.push((await claimed(engine)).job.updateId);
        }
        expect(started.length).toBeLessThanOrEqual(5);
      }),
      { numRuns: runs(13) },
    );
  });
}
