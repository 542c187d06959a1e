import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, aRequest, claimed, drained, startMs } from './requests.ts';

/** What an engine promises across the death of its process. */
export function restartPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} reopened keeps jobs, status messages, order, credits and the count of premium starts`, async () => {
    await using app = await makeEngine();
    for (const updateId of [1, 2]) await accepted(app.engine, { updateId });
    for (let updateId = 11; updateId <= 16; updateId += 1) {
      await accepted(app.engine, { updateId, lane: 'premium' });
    }
    await app.engine.delivery.keepStatusMessage(jobId('tg-1'), 55);
    for (let count = 0; count < 3; count += 1) {
      await app.engine.queue.settle((await claimed(app.engine)).lease, { kind: 'cancelled' });
    }
    const before = await Promise.all([1, 2, 11, 14].map((id) => app.engine.reader.where(jobId(`tg-${id}`))));
    const engine = await app.reopen();
    expect(await Promise.all([1, 2, 11, 14].map((id) => engine.reader.where(jobId(`tg-${id}`))))).toEqual(before);
    const limits = { waiting: 9, perDay: 1 };
    expect(await engine.queue.accept(aRequest({ updateId: 3, userId: 1_001 }), limits)).toEqual({
      kind: 'refused',
      code: 'quota-reached',
    });
    expect(await drained(engine)).toEqual([14, 1, 15, 16, 2]);
  });

  test(`${name} recover() puts what was running to the front and voids its leases`, async () => {
    await using app = await makeEngine();
    for (const updateId of [1, 2, 3]) await accepted(app.engine, { updateId });
    const { lease, job } = await claimed(app.engine);
    await app.engine.queue.checkpoint(lease, { candidate: 1, attempts: 2, calls: 3 });
    await accepted(app.engine, { updateId: 4, lane: 'premium' });
    const engine = await app.reopen();
    expect(await engine.at(startMs + 1).queue.recover(6)).toEqual({ handedBack: 1, setAside: [], unreadable: [] });
    expect(await engine.delivery.holds(lease)).toBe(false);
    expect(await engine.queue.settle(lease, { kind: 'cancelled' })).toBe(false);
    expect(await engine.reader.where(job.id)).toMatchObject({
      job: { state: { kind: 'waiting' }, progress: { candidate: 1, attempts: 2, calls: 3 }, claimedAtMs: startMs },
      ahead: 0,
    });
    expect(await engine.at(startMs + 1).queue.recover(6)).toEqual({ handedBack: 0, setAside: [], unreadable: [] });
    expect(await drained(engine)).toEqual([1, 4, 2, 3]);
  });

  test(`${name} recover() sets a job aside on which six processes died, with its credit, and the others go on`, async () => {
    await using app = await makeEngine();
    let { engine } = app;
    const limits = { waiting: 9, perDay: 1 };
    await engine.queue.accept(aRequest({ updateId: 1, userId: 1 }), limits);
    await accepted(engine, { updateId: 2, userId: 2 });
    for (let crash = 1; crash <= 6; crash += 1) {
      expect((await claimed(engine)).job.updateId).toBe(1);
      engine = await app.reopen();
      const setAside = crash === 6 ? [jobId('tg-1')] : [];
      expect(await engine.queue.recover(6)).toEqual({
        handedBack: 1 - setAside.length,
        setAside,
        unreadable: [],
      });
    }
    expect((await engine.reader.find(jobId('tg-1')))?.state).toEqual({
      kind: 'ended',
      outcome: { kind: 'failed', code: 'set-aside' },
    });
    expect(await engine.delivery.pending()).toEqual([jobId('tg-1')]);
    const again = await engine.queue.accept(aRequest({ updateId: 3, userId: 1 }), limits);
    expect(again.kind).toBe('accepted');
    expect(await drained(engine)).toEqual([2, 3]);
  });

  test(`${name} recover() leaves what ended and was not told`, async () => {
    await using app = await makeEngine();
    const { id } = await accepted(app.engine, { updateId: 1 });
    await app.engine.queue.settle((await claimed(app.engine)).lease, { kind: 'failed', code: 'refused' });
    await app.engine.delivery.claim(id);
    const engine = await app.reopen();
    expect(await engine.queue.recover(6)).toEqual({ handedBack: 0, setAside: [], unreadable: [] });
    expect(await engine.delivery.pending()).toEqual([id]);
    expect(await engine.delivery.claim(id)).toMatchObject({ job: { state: { kind: 'ended' } } });
  });

  test(`${name} recover() takes nothing from an owner that lives`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    for (const updateId of [1, 2]) await accepted(engine, { updateId });
    const running = await claimed(engine);
    const { lease, job } = await claimed(engine);
    await engine.queue.settle(lease, { kind: 'failed', code: 'refused' });
    const delivery = await engine.delivery.claim(job.id);
    expect(await engine.queue.recover(1)).toEqual({ handedBack: 0, setAside: [], unreadable: [] });
    expect(await engine.delivery.holds(running.lease)).toBe(true);
    expect(delivery && (await engine.delivery.done(delivery.lease))).toBe(true);
    expect(await engine.queue.settle(running.lease, { kind: 'cancelled' })).toBe(true);
  });
}
