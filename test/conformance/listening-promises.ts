import { expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobQueue } from '../../src/domain/job-engine.ts';
import { aTrail } from './call-promises.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, aRequest, claimed, oneEach, roomy, startMs } from './requests.ts';

const progress = { candidate: 0, attempts: 1, calls: 1 };

function heardOf(queue: JobQueue) {
  const work: (string | undefined)[] = [];
  const stops: JobId[] = [];
  const listening = new DisposableStack();
  listening.use(queue.onWork((line) => work.push(line)));
  listening.use(queue.onStop((id) => stops.push(id)));
  return {
    /** Since the last time it was asked. */
    work: () => work.splice(0),
    stops,
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}

/** What an engine promises to who waits for work, or does it. */
export function listeningPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} onWork() tells of each change after which a claim may return a job, once it is durable`, async () => {
    await using app = await makeEngine(oneEach);
    const { queue } = app.engine;
    using heard = heardOf(queue);
    for (const updateId of [1, 2]) await accepted(app.engine, { updateId, userId: 1 });
    expect(heard.work()).toEqual(['bytez', 'bytez']);
    const first = await claimed(app.engine);
    expect(await queue.claim('bytez')).toBeUndefined();
    expect(heard.work()).toEqual([]);
    await queue.settle(first.lease, { kind: 'failed', code: 'busy' });
    expect(heard.work()).not.toEqual([]);
    const second = await claimed(app.engine);
    await queue.park(second.lease, { line: 'openai', readyAtMs: startMs, reason: 'next-candidate', progress });
    expect(heard.work()).not.toEqual([]);
    const third = await claimed(app.engine, 'openai');
    await queue.requeueFront(third.lease);
    expect(heard.work()).not.toEqual([]);
    const fourth = await claimed(app.engine, 'openai');
    await queue.requeueDelayed(fourth.lease, startMs + 5);
    expect(heard.work()).not.toEqual([]);
    await accepted(app.engine, { updateId: 3, userId: 1 });
    const fifth = await claimed(app.engine);
    await queue.cancel(fifth.job.id, 1);
    expect(heard.work()).toEqual(['bytez', undefined]);
  });

  test(`${name} onWork() says nothing of what changes nothing`, async () => {
    await using app = await makeEngine();
    const { queue } = app.engine;
    const { id } = await accepted(app.engine, { updateId: 1, userId: 1 });
    const { lease } = await claimed(app.engine);
    await queue.cancel(id, 1);
    using heard = heardOf(queue);
    await queue.accept(aRequest({ updateId: 1, userId: 1 }), roomy);
    await queue.accept(aRequest({ updateId: 2, userId: 1 }), { ...roomy, waiting: 0 });
    await queue.settle(lease, { kind: 'cancelled' });
    await queue.park(lease, { line: 'bytez', readyAtMs: startMs, reason: 'keys-busy', progress });
    await queue.requeueFront(lease);
    await queue.requeueDelayed(lease, startMs);
    await queue.recordCall(lease, aTrail(1));
    await queue.cancel(id, 1);
    await queue.recover(6);
    expect(heard.work()).toEqual([]);
  });

  test(`${name} onStop() tells of a running job that was cancelled, and of no other ending`, async () => {
    await using app = await makeEngine();
    const { queue } = app.engine;
    for (const updateId of [1, 2, 3]) await accepted(app.engine, { updateId, userId: updateId });
    const [first, second] = [await claimed(app.engine), await claimed(app.engine)];
    using heard = heardOf(queue);
    await queue.cancel(first.job.id, 99);
    await queue.settle(second.lease, { kind: 'failed', code: 'busy' });
    await queue.cancel(second.job.id, 2);
    const third = await accepted(app.engine, { updateId: 4, userId: 4 });
    await queue.cancel(third.id, 4);
    expect(heard.stops).toEqual([]);
    await queue.cancel(first.job.id, 1);
    await queue.cancel(first.job.id, 1);
    expect(heard.stops).toEqual([first.job.id]);
  });

  test(`${name} calls no listener that was disposed`, async () => {
    await using app = await makeEngine();
    const heard = heardOf(app.engine.queue);
    heard[Symbol.dispose]();
    const { id } = await accepted(app.engine, { updateId: 1, userId: 1 });
    await claimed(app.engine);
    await app.engine.queue.cancel(id, 1);
    expect([heard.work(), heard.stops]).toEqual([[], []]);
  });
}
