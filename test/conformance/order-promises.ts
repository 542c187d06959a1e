import { type JobKind, perKind } from '../../src/domain/kinds.ts';
import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, claimed, drained, oneEach, startMs } from './requests.ts';

const progress = { candidate: 1, attempts: 2, calls: 3 };

/** What an engine promises about the order in which it hands jobs out. */
export function orderPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} claim() gives each person one picture a round, in the order of asking`, async () => {
    await using app = await makeEngine();
    for (const [updateId, userId] of [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 3],
      [6, 2],
    ] as const) {
      await accepted(app.engine, { updateId, userId });
    }
    expect(await drained(app.engine)).toEqual([1, 4, 5, 2, 6, 3]);
  });

  test(`${name} claim() lets a video weigh as much as four pictures`, async () => {
    await using app = await makeEngine();
    await accepted(app.engine, { updateId: 1, userId: 1, kind: 'video' });
    for (const updateId of [2, 3, 4, 5, 6]) await accepted(app.engine, { updateId, userId: 2 });
    expect(await drained(app.engine)).toEqual([2, 3, 4, 1, 5, 6]);
  });

  test(`${name} claim() gives one who was away no advantage over those who waited`, async () => {
    await using app = await makeEngine();
    for (const updateId of [1, 2, 3]) await accepted(app.engine, { updateId, userId: 1 });
    await claimed(app.engine);
    await claimed(app.engine);
    await accepted(app.engine, { updateId: 4, userId: 2 });
    await accepted(app.engine, { updateId: 5, userId: 2 });
    expect(await drained(app.engine)).toEqual([3, 4, 5]);
  });

  test(`${name} claim() of an old parked job gives nobody a place in a round that has passed`, async () => {
    await using app = await makeEngine();
    await accepted(app.engine, { updateId: 1, userId: 1 });
    for (const updateId of [2, 3, 4]) await accepted(app.engine, { updateId, userId: 2 });
    const { lease } = await claimed(app.engine);
    const readyAtMs = startMs + 1;
    await app.engine.queue.park(lease, { line: 'bytez', readyAtMs, reason: 'keys-busy', progress });
    const order = [await claimed(app.engine), await claimed(app.engine), await claimed(app.engine.at(readyAtMs))];
    expect(order.map(({ job }) => job.updateId)).toEqual([2, 3, 1]);
    await accepted(app.engine, { updateId: 5, userId: 3 });
    expect(await drained(app.engine)).toEqual([4, 5]);
  });

  test(`${name} claim() hands out one free job after every four premium ones in a row`, async () => {
    await using app = await makeEngine();
    for (let updateId = 1; updateId <= 3; updateId += 1) await accepted(app.engine, { updateId });
    for (let updateId = 11; updateId <= 20; updateId += 1) {
      await accepted(app.engine, { updateId, lane: 'premium' });
    }
    expect(await drained(app.engine)).toEqual([11, 12, 13, 14, 1, 15, 16, 17, 18, 2, 19, 20, 3]);
  });

  test(`${name} claim() keeps lines apart`, async () => {
    await using app = await makeEngine();
    await accepted(app.engine, { updateId: 1, line: 'openai' });
    expect(await app.engine.queue.claim('bytez')).toBeUndefined();
    expect((await claimed(app.engine, 'openai')).job.updateId).toBe(1);
  });

  test(`${name} claim() starts no more of a person's jobs than they may have running, and others go first`, async () => {
    await using app = await makeEngine(oneEach);
    for (const updateId of [1, 2, 3]) await accepted(app.engine, { updateId, userId: 1 });
    await accepted(app.engine, { updateId: 4, userId: 2, line: 'openai' });
    await accepted(app.engine, { updateId: 5, userId: 2 });
    const first = await claimed(app.engine);
    const other = await claimed(app.engine, 'openai');
    expect([first.job.updateId, other.job.updateId]).toEqual([1, 4]);
    expect(await app.engine.queue.claim('bytez')).toBeUndefined();
    await app.engine.queue.settle(other.lease, { kind: 'cancelled' });
    expect((await claimed(app.engine)).job.updateId).toBe(5);
    await app.engine.queue.settle(first.lease, { kind: 'cancelled' });
    expect((await claimed(app.engine)).job.updateId).toBe(2);
  });

  test(`${name} park() keeps the job's place and hands it out no earlier than said`, async () => {
    await using app = await makeEngine();
    const { id } = await accepted(app.engine, { updateId: 1 });
    for (const updateId of [2, 3]) await accepted(app.engine, { updateId });
    const { lease } = await claimed(app.engine);
    const readyAtMs = startMs + 5_000;
    const park = { line: 'bytez', readyAtMs, reason: 'keys-cooling', progress } as const;
    expect(await app.engine.queue.park(lease, park)).toBe(true);
    expect(await app.engine.reader.where(id)).toMatchObject({
      job: { state: { kind: 'waiting', readyAtMs, reason: 'keys-cooling' }, progress, claimedAtMs: startMs },
      ahead: 0,
    });
    expect(await app.engine.queue.nextReadyMs('bytez', startMs)).toBe(readyAtMs);
    expect(await app.engine.queue.nextReadyMs('bytez', readyAtMs)).toBeUndefined();
    expect((await claimed(app.engine.at(readyAtMs - 1))).job.updateId).toBe(2);
    const again = await claimed(app.engine.at(readyAtMs));
    expect(again.job).toMatchObject({ updateId: 1, claimedAtMs: startMs, progress });
    expect(again.lease.fence).toBeGreaterThan(lease.fence);
  });

  test(`${name} wakeCooling() hands out those whose keys cooled, at their old place, and nobody else early`, async () => {
    await using app = await makeEngine();
    for (const updateId of [1, 2, 3, 4]) await accepted(app.engine, { updateId });
    const park = { line: 'bytez', readyAtMs: startMs + 60_000, progress } as const;
    const first = await claimed(app.engine);
    const second = await claimed(app.engine);
    await app.engine.queue.park(first.lease, { ...park, reason: 'keys-cooling' });
    await app.engine.queue.park(second.lease, { ...park, reason: 'backing-off' });
    await app.engine.queue.wakeCooling('openai');
    expect((await claimed(app.engine)).job.updateId).toBe(3);
    await app.engine.queue.wakeCooling('bytez');
    expect(await drained(app.engine)).toEqual([1, 4]);
  });

  test(`${name} park() of a job whose keys cool begins no deadline before its first call`, async () => {
    await using app = await makeEngine();
    await accepted(app.engine, { updateId: 1 });
    const { lease } = await claimed(app.engine);
    const unused = { candidate: 0, attempts: 0, calls: 0 };
    const readyAtMs = startMs + 900_000;
    await app.engine.queue.park(lease, { line: 'bytez', readyAtMs, reason: 'keys-cooling', progress: unused });
    const again = await claimed(app.engine.at(readyAtMs));
    expect(again.job.claimedAtMs).toBe(readyAtMs);
  });

  test(`${name} park() moves a job to another line with its place`, async () => {
    await using app = await makeEngine();
    await accepted(app.engine, { updateId: 1, line: 'openai' });
    const { lease } = await claimed(app.engine, 'openai');
    for (const updateId of [2, 3]) await accepted(app.engine, { updateId });
    await app.engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs, reason: 'next-candidate', progress });
    expect(await drained(app.engine)).toEqual([1, 2, 3]);
    expect(await app.engine.queue.claim('openai')).toBeUndefined();
  });

  test(`${name} requeueFront() puts the job to the front as if it had not been claimed`, async () => {
    await using app = await makeEngine();
    const asked = await accepted(app.engine, { updateId: 1 });
    const { lease } = await claimed(app.engine.at(startMs + 10));
    for (let updateId = 2; updateId <= 4; updateId += 1) {
      await accepted(app.engine, { updateId, lane: 'premium' });
    }
    expect(await app.engine.queue.requeueFront(lease)).toBe(true);
    expect(await app.engine.reader.where(asked.id)).toEqual({ job: asked, ahead: 0 });
    expect((await app.engine.reader.where(jobId('tg-3')))?.ahead).toBe(2);
    expect(await drained(app.engine)).toEqual([1, 2, 3, 4]);
  });

  test(`${name} requeueFront() counts no premium start twice`, async () => {
    await using app = await makeEngine();
    await accepted(app.engine, { updateId: 9 });
    for (let updateId = 1; updateId <= 5; updateId += 1) {
      await accepted(app.engine, { updateId, lane: 'premium' });
    }
    for (let count = 0; count < 4; count += 1) await app.engine.queue.requeueFront((await claimed(app.engine)).lease);
    expect(await drained(app.engine)).toEqual([1, 2, 3, 4, 9, 5]);
  });

  test(`${name} park() of a job that was handed back before gives it its own place, not the front`, async () => {
    await using app = await makeEngine();
    await accepted(app.engine, { updateId: 1 });
    await app.engine.queue.requeueFront((await claimed(app.engine)).lease);
    const { lease } = await claimed(app.engine);
    await accepted(app.engine, { updateId: 2, lane: 'premium' });
    await app.engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs, reason: 'keys-busy', progress });
    expect(await drained(app.engine)).toEqual([2, 1]);
  });

  test(`${name} claimExpired() hands out what was first claimed long ago, parked or not, and nothing else`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const only = (kind: JobKind, deadlineMs: number) => ({ ...perKind(() => Infinity), [kind]: deadlineMs });
    for (const updateId of [1, 2]) await accepted(engine, { updateId });
    await accepted(engine, { updateId: 3, kind: 'video' });
    const { lease } = await claimed(engine);
    await engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs + 900_000, reason: 'keys-cooling', progress });
    expect(await engine.queue.claimExpired('bytez', only('image', 1))).toBeUndefined();
    expect(await engine.queue.claimExpired('bytez', only('video', 0))).toBeUndefined();
    expect(await engine.queue.claimExpired('openai', only('image', 0))).toBeUndefined();
    const expired = await engine.queue.claimExpired('bytez', only('image', 0));
    expect(expired?.job).toMatchObject({ updateId: 1, state: { kind: 'running' }, claimedAtMs: startMs });
    expect(await engine.queue.claimExpired('bytez', only('image', 0))).toBeUndefined();
    expect(await drained(engine.at(startMs + 900_000))).toEqual([2, 3]);
  });
}
