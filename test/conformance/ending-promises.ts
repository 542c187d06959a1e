import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, anyNumber, aRequest, claimed, drained, startMs } from './requests.ts';

const progress = { candidate: 0, attempts: 1, calls: 1 };
const file = { path: 'results/tg-1.png', kind: 'image', mime: 'image/png', bytes: 9, width: 3, height: 3 } as const;
const result = { kind: 'result', file, model: 'bytez:fox' } as const satisfies Outcome;
const cancelled = { kind: 'cancelled' } as const satisfies Outcome;

/** What an engine promises about endings, fences and credits. */
export function endingPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} settle() keeps the outcome until the person was told`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    const { id } = await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    expect(await engine.claimTelling(id)).toBeUndefined();
    expect(await engine.settle(lease, result, startMs)).toBe(true);
    expect(await engine.untold()).toEqual([id]);
    expect((await engine.stats()).untold).toBe(1);
    const telling = await engine.claimTelling(id);
    expect(telling?.job.state).toEqual({ kind: 'ended', outcome: result });
    expect(await engine.told(telling?.lease ?? lease, startMs)).toBe(true);
    expect((await engine.find(id))?.state).toEqual({ kind: 'told', outcome: result });
    expect(await engine.claimTelling(id)).toBeUndefined();
    expect(await engine.untold()).toEqual([]);
  });

  test(`${name} untold() answers what ended first, first`, async () => {
    await using house = await makeEngine();
    for (const updateId of [1, 2, 3]) await accepted(house.engine, { updateId });
    const leases = [await claimed(house.engine), await claimed(house.engine), await claimed(house.engine)];
    for (const [later, { lease }] of leases.toReversed().entries()) {
      await house.engine.settle(lease, cancelled, startMs + later);
    }
    expect(await house.engine.untold()).toEqual([jobId('tg-3'), jobId('tg-2'), jobId('tg-1')]);
  });

  test(`${name} refuses every act under an older fence`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    const { id } = await accepted(engine, { updateId: 1 });
    const park = { line: 'bytez', readyAtMs: startMs, reason: 'backing-off', progress } as const;
    const { lease: old } = await claimed(engine);
    expect(await engine.holds(old)).toBe(true);
    await engine.park(old, park);
    const { lease: newest } = await claimed(engine);
    const before = await engine.find(id);
    const refusals = [
      await engine.checkpoint(old, { candidate: 9, attempts: 9, calls: 9 }),
      await engine.park(old, park),
      await engine.handBack(old),
      await engine.settle(old, result, startMs),
      await engine.told(old, startMs),
      await engine.holds(old),
      await engine.holds({ jobId: jobId('tg-404'), fence: 1 }),
    ];
    expect(refusals).toEqual(refusals.map(() => false));
    expect(await engine.find(id)).toEqual(before);
    expect(await engine.checkpoint(newest, progress)).toBe(true);
    expect((await engine.find(id))?.progress).toEqual(progress);
  });

  test(`${name} a lease ends with what it was for`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    const { id } = await accepted(engine, { updateId: 1 });
    const first = await claimed(engine);
    await engine.handBack(first.lease);
    expect(await engine.holds(first.lease)).toBe(false);
    expect(await engine.settle(first.lease, result, startMs)).toBe(false);
    const { lease } = await claimed(engine);
    await engine.settle(lease, cancelled, startMs);
    expect(await engine.settle(lease, result, startMs)).toBe(false);
    expect(await engine.handBack(lease)).toBe(false);
    const [one, two] = [await engine.claimTelling(id), await engine.claimTelling(id)];
    expect(await engine.told(one?.lease ?? lease, startMs)).toBe(false);
    expect(await engine.told(two?.lease ?? lease, startMs)).toBe(true);
    expect(await engine.told(two?.lease ?? lease, startMs)).toBe(false);
  });

  test(`${name} cancel() ends a waiting job for its owner only`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    const { id } = await accepted(engine, { updateId: 1, userId: 1 });
    expect(await engine.cancel(id, 2, startMs)).toEqual({ kind: 'not-found' });
    expect(await engine.cancel(jobId('tg-404'), 1, startMs)).toEqual({ kind: 'not-found' });
    const ended = { id, state: { kind: 'ended', outcome: cancelled } };
    expect(await engine.cancel(id, 1, startMs)).toMatchObject({ kind: 'cancelled', job: ended });
    expect(await engine.cancel(id, 1, startMs)).toMatchObject({ kind: 'too-late', job: ended });
    expect(await drained(engine)).toEqual([]);
    expect(await engine.untold()).toEqual([id]);
  });

  test(`${name} cancel() of a running job voids the lease of whoever runs it`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    const { id } = await accepted(engine, { updateId: 1, userId: 1 });
    const { lease } = await claimed(engine);
    expect(await engine.cancel(id, 1, startMs)).toMatchObject({ kind: 'running', job: { state: { kind: 'ended' } } });
    expect(await engine.holds(lease)).toBe(false);
    expect(await engine.settle(lease, result, startMs)).toBe(false);
    expect((await engine.find(id))?.state).toEqual({ kind: 'ended', outcome: cancelled });
  });

  test(`${name} a failed or cancelled job gives its credit back once, a result does not`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    const ask = async (updateId: number) => {
      const answer = await engine.accept(aRequest({ updateId, userId: 1 }), { waiting: 99, perDay: 2 }, startMs);
      return answer.kind === 'refused' ? answer.code : answer.job.id;
    };
    const end = async (outcome: Outcome) => engine.settle((await claimed(engine)).lease, outcome, startMs);
    await ask(1);
    await ask(2);
    expect(await ask(3)).toBe('quota-reached');
    await end({ kind: 'failed', code: 'provider-down' });
    expect(await ask(4)).toBe('tg-4');
    expect(await ask(5)).toBe('quota-reached');
    await end(result);
    expect(await ask(6)).toBe('quota-reached');
    const running = await claimed(engine);
    await engine.cancel(running.job.id, 1, startMs);
    await engine.settle(running.lease, { kind: 'failed', code: 'busy' }, startMs);
    await engine.cancel(running.job.id, 1, startMs);
    expect(await ask(7)).toBe('tg-7');
    expect(await ask(8)).toBe('quota-reached');
  });

  test(`${name} a result for which words had to stand gives its credit back, one that was shown does not`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    const ask = async (updateId: number) => {
      const answer = await engine.accept(aRequest({ updateId, userId: 1 }), { waiting: 99, perDay: 1 }, startMs);
      return answer.kind === 'refused' ? answer.code : answer.job.id;
    };
    const tell = async (shown?: 'words-instead') => {
      const { lease, job } = await claimed(engine);
      await engine.settle(lease, result, startMs);
      const telling = await engine.claimTelling(job.id);
      expect(telling && (await engine.told(telling.lease, startMs, shown))).toBe(true);
    };
    await ask(1);
    await tell('words-instead');
    expect(await ask(2)).toBe('tg-2');
    await tell();
    expect(await ask(3)).toBe('quota-reached');
  });

  test(`${name} jobsOf() answers what is open and the one told last, newest first`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    for (const updateId of [1, 2, 3, 4, 5]) await accepted(engine, { updateId, userId: 1 });
    await accepted(engine, { updateId: 6, userId: 2 });
    const leases = [await claimed(engine), await claimed(engine), await claimed(engine)];
    for (const [later, { lease, job }] of leases.entries()) {
      await engine.settle(lease, cancelled, startMs + later);
      const telling = job.updateId === 3 ? undefined : await engine.claimTelling(job.id);
      if (telling !== undefined) await engine.told(telling.lease, startMs + later);
    }
    const updates = (await engine.jobsOf(1)).map((job) => job.updateId);
    expect(leases.map(({ job }) => job.updateId)).toEqual([1, 6, 2]);
    expect(updates).toEqual([5, 4, 3, 2]);
  });

  test(`${name} stats() counts what waits and runs, by line and lane`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    for (const updateId of [1, 2, 3]) await accepted(engine, { updateId });
    await accepted(engine, { updateId: 4, lane: 'premium' });
    await accepted(engine, { updateId: 5, lane: 'premium', line: 'openai' });
    await claimed(engine);
    await engine.settle((await claimed(engine)).lease, cancelled, startMs);
    const { lease } = await claimed(engine);
    await engine.park(lease, { line: 'openai', readyAtMs: startMs + 1, reason: 'next-candidate', progress });
    expect(await engine.stats()).toEqual({
      lines: [
        { line: 'bytez', waiting: { premium: 0, free: 1 }, running: 1 },
        { line: 'openai', waiting: { premium: 1, free: 1 }, running: 0 },
      ],
      untold: 1,
    });
    expect(await engine.claim('openai', { running: { premium: 0, free: 0 } }, startMs)).toBeUndefined();
    expect(await engine.claim('bytez', anyNumber, startMs)).toMatchObject({ job: { updateId: 3 } });
  });
}
