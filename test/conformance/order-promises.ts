import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, claimed, drained, oneEach, startMs } from './requests.ts';

const progress = { candidate: 1, attempts: 2, calls: 3 };

/** What an engine promises about the order in which it hands jobs out. */
export function orderPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} claim() gives each person one picture a round, in the order of asking`, async () => {
    await using house = await makeEngine();
    for (const [updateId, userId] of [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 3],
      [6, 2],
    ] as const) {
      await accepted(house.engine, { updateId, userId });
    }
    expect(await drained(house.engine)).toEqual([1, 4, 5, 2, 6, 3]);
  });

  test(`${name} claim() lets a video weigh as much as four pictures`, async () => {
    await using house = await makeEngine();
    await accepted(house.engine, { updateId: 1, userId: 1, kind: 'video' });
    for (const updateId of [2, 3, 4, 5, 6]) await accepted(house.engine, { updateId, userId: 2 });
    expect(await drained(house.engine)).toEqual([2, 3, 4, 1, 5, 6]);
  });

  test(`${name} claim() gives one who was away no advantage over those who waited`, async () => {
    await using house = await makeEngine();
    for (const updateId of [1, 2, 3]) await accepted(house.engine, { updateId, userId: 1 });
    await claimed(house.engine);
    await claimed(house.engine);
    await accepted(house.engine, { updateId: 4, userId: 2 });
    await accepted(house.engine, { updateId: 5, userId: 2 });
    expect(await drained(house.engine)).toEqual([3, 4, 5]);
  });

  test(`${name} claim() of an old parked job gives nobody a place in a round that has passed`, async () => {
    await using house = await makeEngine();
    await accepted(house.engine, { updateId: 1, userId: 1 });
    for (const updateId of [2, 3, 4]) await accepted(house.engine, { updateId, userId: 2 });
    const { lease } = await claimed(house.engine);
    const readyAtMs = startMs + 1;
    await house.engine.queue.park(lease, { line: 'bytez', readyAtMs, reason: 'keys-busy', progress });
    const order = [await claimed(house.engine), await claimed(house.engine), await claimed(house.engine.at(readyAtMs))];
    expect(order.map(({ job }) => job.updateId)).toEqual([2, 3, 1]);
    await accepted(house.engine, { updateId: 5, userId: 3 });
    expect(await drained(house.engine)).toEqual([4, 5]);
  });

  test(`${name} claim() hands out one free job after every four premium ones in a row`, async () => {
    await using house = await makeEngine();
    for (let updateId = 1; updateId <= 3; updateId += 1) await accepted(house.engine, { updateId });
    for (let updateId = 11; updateId <= 20; updateId += 1) {
      await accepted(house.engine, { updateId, lane: 'premium' });
    }
    expect(await drained(house.engine)).toEqual([11, 12, 13, 14, 1, 15, 16, 17, 18, 2, 19, 20, 3]);
  });

  test(`${name} claim() keeps lines apart`, async () => {
    await using house = await makeEngine();
    await accepted(house.engine, { updateId: 1, line: 'openai' });
    expect(await house.engine.queue.claim('bytez')).toBeUndefined();
    expect((await claimed(house.engine, 'openai')).job.updateId).toBe(1);
  });

  test(`${name} claim() starts no more of a person's jobs than they may have running, and others go first`, async () => {
    await using house = await makeEngine(oneEach);
    for (const updateId of [1, 2, 3]) await accepted(house.engine, { updateId, userId: 1 });
    await accepted(house.engine, { updateId: 4, userId: 2, line: 'openai' });
    await accepted(house.engine, { updateId: 5, userId: 2 });
    const first = await claimed(house.engine);
    const other = await claimed(house.engine, 'openai');
    expect([first.job.updateId, other.job.updateId]).toEqual([1, 4]);
    expect(await house.engine.queue.claim('bytez')).toBeUndefined();
    await house.engine.queue.settle(other.lease, { kind: 'cancelled' });
    expect((await claimed(house.engine)).job.updateId).toBe(5);
    await house.engine.queue.settle(first.lease, { kind: 'cancelled' });
    expect((await claimed(house.engine)).job.updateId).toBe(2);
  });

  test(`${name} park() keeps the job's place and hands it out no earlier than said`, async () => {
    await using house = await makeEngine();
    const { id } = await accepted(house.engine, { updateId: 1 });
    for (const updateId of [2, 3]) await accepted(house.engine, { updateId });
    const { lease } = await claimed(house.engine);
    const readyAtMs = startMs + 5_000;
    const park = { line: 'bytez', readyAtMs, reason: 'keys-cooling', progress } as const;
    expect(await house.engine.queue.park(lease, park)).toBe(true);
    expect(await house.engine.reader.where(id)).toMatchObject({
      job: { state: { kind: 'waiting', readyAtMs, reason: 'keys-cooling' }, progress, claimedAtMs: startMs },
      ahead: 0,
    });
    expect(await house.engine.queue.nextReadyMs('bytez', startMs)).toBe(readyAtMs);
    expect(await house.engine.queue.nextReadyMs('bytez', readyAtMs)).toBeUndefined();
    expect((await claimed(house.engine.at(readyAtMs - 1))).job.updateId).toBe(2);
    const again = await claimed(house.engine.at(readyAtMs));
    expect(again.job).toMatchObject({ updateId: 1, claimedAtMs: startMs, progress });
    expect(again.lease.fence).toBeGreaterThan(lease.fence);
  });

  test(`${name} park() moves a job to another line with its place`, async () => {
    await using house = await makeEngine();
    await accepted(house.engine, { updateId: 1, line: 'openai' });
    const { lease } = await claimed(house.engine, 'openai');
    for (const updateId of [2, 3]) await accepted(house.engine, { updateId });
    await house.engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs, reason: 'next-candidate', progress });
    expect(await drained(house.engine)).toEqual([1, 2, 3]);
    expect(await house.engine.queue.claim('openai')).toBeUndefined();
  });

  test(`${name} requeueFront() puts the job to the front as if it had not been claimed`, async () => {
    await using house = await makeEngine();
    const asked = await accepted(house.engine, { updateId: 1 });
    const { lease } = await claimed(house.engine.at(startMs + 10));
    for (let updateId = 2; updateId <= 4; updateId += 1) {
      await accepted(house.engine, { updateId, lane: 'premium' });
    }
    expect(await house.engine.queue.requeueFront(lease)).toBe(true);
    expect(await house.engine.reader.where(asked.id)).toEqual({ job: asked, ahead: 0 });
    expect((await house.engine.reader.where(jobId('tg-3')))?.ahead).toBe(2);
    expect(await drained(house.engine)).toEqual([1, 2, 3, 4]);
  });

  test(`${name} requeueFront() counts no premium start twice`, async () => {
    await using house = await makeEngine();
    await accepted(house.engine, { updateId: 9 });
    for (let updateId = 1; updateId <= 5; updateId += 1) {
      await accepted(house.engine, { updateId, lane: 'premium' });
    }
    for (let count = 0; count < 4; count += 1)
      await house.engine.queue.requeueFront((await claimed(house.engine)).lease);
    expect(await drained(house.engine)).toEqual([1, 2, 3, 4, 9, 5]);
  });

  test(`${name} park() of a job that was handed back before gives it its own place, not the front`, async () => {
    await using house = await makeEngine();
    await accepted(house.engine, { updateId: 1 });
    await house.engine.queue.requeueFront((await claimed(house.engine)).lease);
    const { lease } = await claimed(house.engine);
    await accepted(house.engine, { updateId: 2, lane: 'premium' });
    await house.engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs, reason: 'keys-busy', progress });
    expect(await drained(house.engine)).toEqual([2, 1]);
  });

  test(`${name} claimExpired() hands out what was first claimed long ago, parked or not, and nothing else`, async () => {
    await using house = await makeEngine();
    const { engine } = house;
    for (const updateId of [1, 2]) await accepted(engine, { updateId });
    await accepted(engine, { updateId: 3, kind: 'video' });
    const { lease } = await claimed(engine);
    await engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs + 900_000, reason: 'keys-cooling', progress });
    expect(await engine.queue.claimExpired('bytez', 'image', 1)).toBeUndefined();
    expect(await engine.queue.claimExpired('bytez', 'video', 0)).toBeUndefined();
    expect(await engine.queue.claimExpired('openai', 'image', 0)).toBeUndefined();
    const overdue = await engine.queue.claimExpired('bytez', 'image', 0);
    expect(overdue?.job).toMatchObject({ updateId: 1, state: { kind: 'running' }, claimedAtMs: startMs });
    expect(await engine.queue.claimExpired('bytez', 'image', 0)).toBeUndefined();
    expect(await drained(engine.at(startMs + 900_000))).toEqual([2, 3]);
  });
}
