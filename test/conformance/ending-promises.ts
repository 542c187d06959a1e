import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { Outcome } from '../../src/domain/job.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, aRequest, claimed, drained, startMs } from './requests.ts';

const progress = { candidate: 0, attempts: 1, calls: 1 };
const file = { path: 'results/tg-1.png', kind: 'image', mime: 'image/png', bytes: 9, width: 3, height: 3 } as const;
const result = { kind: 'result', payload: { kind: 'file', file }, model: 'bytez:fox' } as const satisfies Outcome;
const cancelled = { kind: 'cancelled' } as const satisfies Outcome;

/** What an engine promises about endings, fences and credits. */
export function endingPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} refuses every act under an older fence`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const park = { line: 'bytez', readyAtMs: startMs, reason: 'backing-off', progress } as const;
    const { lease: old } = await claimed(engine);
    expect(await engine.delivery.holds(old)).toBe(true);
    await engine.queue.park(old, park);
    const { lease: newest } = await claimed(engine);
    const before = await engine.reader.find(id);
    const refusals = [
      await engine.queue.checkpoint(old, { candidate: 9, attempts: 9, calls: 9 }),
      await engine.queue.park(old, park),
      await engine.queue.requeueFront(old),
      await engine.queue.settle(old, result),
      await engine.delivery.done(old),
      await engine.delivery.holds(old),
      await engine.delivery.holds({ jobId: jobId('tg-404'), fence: 1 }),
    ];
    expect(refusals).toEqual(refusals.map(() => false));
    expect(await engine.reader.find(id)).toEqual(before);
    expect(await engine.queue.checkpoint(newest, progress)).toBe(true);
    expect((await engine.reader.find(id))?.progress).toEqual(progress);
  });

  test(`${name} claim() hands out no job that is cancelled in the same moment`, async () => {
    await using app = await makeEngine();
    const { queue, reader } = app.engine;
    const [first, second] = [
      await accepted(app.engine, { updateId: 1, userId: 1 }),
      await accepted(app.engine, { updateId: 2, userId: 2 }),
    ];
    const [, claim] = await Promise.all([queue.cancel(first.id, 1), queue.claim('bytez')]);
    expect(claim?.job.id).toBe(second.id);
    expect((await reader.find(first.id))?.state).toMatchObject({ kind: 'ended', outcome: { kind: 'cancelled' } });
    expect(await reader.countWaiting('bytez')).toBe(0);
  });

  test(`${name} a lease ends with what it was for`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const first = await claimed(engine);
    await engine.queue.requeueFront(first.lease);
    expect(await engine.delivery.holds(first.lease)).toBe(false);
    expect(await engine.queue.settle(first.lease, result)).toBe(false);
    const { lease } = await claimed(engine);
    await engine.queue.settle(lease, cancelled);
    expect(await engine.queue.settle(lease, result)).toBe(false);
    expect(await engine.queue.requeueFront(lease)).toBe(false);
    const [one, two] = [await engine.delivery.claim(id), await engine.delivery.claim(id)];
    expect(await engine.delivery.done(one?.lease ?? lease)).toBe(false);
    expect(await engine.delivery.done(two?.lease ?? lease)).toBe(true);
    expect(await engine.delivery.done(two?.lease ?? lease)).toBe(false);
  });

  test(`${name} cancel() ends a waiting job for its owner only`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1, userId: 1 });
    expect(await engine.queue.cancel(id, 2)).toEqual({ kind: 'not-found' });
    expect(await engine.queue.cancel(jobId('tg-404'), 1)).toEqual({ kind: 'not-found' });
    const ended = { id, state: { kind: 'ended', outcome: cancelled } };
    expect(await engine.queue.cancel(id, 1)).toMatchObject({ kind: 'cancelled', job: ended });
    expect(await engine.queue.cancel(id, 1)).toMatchObject({ kind: 'too-late', job: ended });
    expect(await drained(engine)).toEqual([]);
    expect(await engine.delivery.pending()).toEqual([id]);
  });

  test(`${name} cancel() with wipes leaves no words, neither of a waiting nor of a running job`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const running = await accepted(engine, { updateId: 1, userId: 1 });
    await claimed(engine);
    const waiting = await accepted(engine, { updateId: 2, userId: 1 });
    for (const { id, prompt } of [running, waiting]) {
      expect(prompt).not.toBe('');
      await engine.queue.cancel(id, 1, true);
      expect((await engine.delivery.claim(id))?.job).toMatchObject({ prompt: '', state: { kind: 'ended' } });
    }
  });

  test(`${name} cancel() of a running job voids the lease of whoever runs it`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1, userId: 1 });
    const { lease } = await claimed(engine);
    expect(await engine.queue.cancel(id, 1)).toMatchObject({
      kind: 'running',
      job: { state: { kind: 'ended' } },
    });
    expect(await engine.delivery.holds(lease)).toBe(false);
    expect(await engine.queue.settle(lease, result)).toBe(false);
    expect((await engine.reader.find(id))?.state).toEqual({ kind: 'ended', outcome: cancelled });
  });

  test(`${name} a failed or cancelled job gives its credit back once, a result does not`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const ask = async (updateId: number) => {
      const answer = await engine.queue.accept(aRequest({ updateId, userId: 1 }), { waiting: 99, perDay: 2 });
      return answer.kind === 'refused' ? answer.code : answer.job.id;
    };
    const end = async (outcome: Outcome) => engine.queue.settle((await claimed(engine)).lease, outcome);
    await ask(1);
    await ask(2);
    expect(await ask(3)).toBe('quota-reached');
    await end({ kind: 'failed', code: 'provider-down' });
    expect(await ask(4)).toBe('tg-4');
    expect(await ask(5)).toBe('quota-reached');
    await end(result);
    expect(await ask(6)).toBe('quota-reached');
    const running = await claimed(engine);
    await engine.queue.cancel(running.job.id, 1);
    await engine.queue.settle(running.lease, { kind: 'failed', code: 'busy' });
    await engine.queue.cancel(running.job.id, 1);
    expect(await ask(7)).toBe('tg-7');
    expect(await ask(8)).toBe('quota-reached');
  });
}
