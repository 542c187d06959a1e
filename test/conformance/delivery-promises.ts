import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { Outcome } from '../../src/domain/job.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, aRequest, claimed, startMs } from './requests.ts';

const file = { path: 'results/tg-1.png', kind: 'image', mime: 'image/png', bytes: 9, width: 3, height: 3 } as const;
const result = { kind: 'result', payload: { kind: 'file', file }, model: 'bytez:fox' } as const satisfies Outcome;
const cancelled = { kind: 'cancelled' } as const satisfies Outcome;

/** What an engine promises to who delivers outcomes. */
export function deliveryPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} settle() keeps the outcome until it is delivered`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    expect(await engine.delivery.claim(id)).toBeUndefined();
    expect(await engine.queue.settle(lease, result)).toBe(true);
    expect(await engine.delivery.pending()).toEqual([id]);
    expect((await engine.reader.stats()).undelivered).toBe(1);
    const emitting = await engine.delivery.claim(id);
    expect(emitting?.job.state).toEqual({ kind: 'ended', outcome: result });
    expect(await engine.delivery.done(emitting?.lease ?? lease)).toBe(true);
    expect((await engine.reader.find(id))?.state).toEqual({ kind: 'told', outcome: result });
    expect(await engine.delivery.claim(id)).toBeUndefined();
    expect(await engine.delivery.pending()).toEqual([]);
  });

  test(`${name} pending() answers what ended first, first`, async () => {
    await using app = await makeEngine();
    for (const updateId of [1, 2, 3]) await accepted(app.engine, { updateId });
    const leases = [await claimed(app.engine), await claimed(app.engine), await claimed(app.engine)];
    for (const [later, { lease }] of leases.toReversed().entries()) {
      await app.engine.at(startMs + later).queue.settle(lease, cancelled);
    }
    expect(await app.engine.delivery.pending()).toEqual([jobId('tg-3'), jobId('tg-2'), jobId('tg-1')]);
  });

  test(`${name} a result for which words had to stand gives its credit back, one that was shown does not`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const ask = async (updateId: number) => {
      const answer = await engine.queue.accept(aRequest({ updateId, userId: 1 }), { waiting: 99, perDay: 1 });
      return answer.kind === 'refused' ? answer.code : answer.job.id;
    };
    const emit = async (shown?: 'words-instead') => {
      const { lease, job } = await claimed(engine);
      await engine.queue.settle(lease, result);
      const emitting = await engine.delivery.claim(job.id);
      expect(emitting && (await engine.delivery.done(emitting.lease, shown))).toBe(true);
    };
    await ask(1);
    await emit('words-instead');
    expect(await ask(2)).toBe('tg-2');
    await emit();
    expect(await ask(3)).toBe('quota-reached');
  });

  test(`${name} hold() ends the tries, gives the credit back and keeps the outcome for release()`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const ask = async (updateId: number) =>
      (await engine.queue.accept(aRequest({ updateId, userId: 1 }), { waiting: 99, perDay: 1 })).kind;
    await ask(1);
    const { lease, job } = await claimed(engine);
    await engine.queue.settle(lease, result);
    const first = await engine.delivery.claim(job.id);
    if (first === undefined) throw new Error('Cannot deliver a job that has just ended');
    expect(await engine.delivery.postpone(first.lease, { tries: 2, dueAtMs: startMs + 30_000 })).toBe(true);
    expect(await engine.reader.find(job.id)).toMatchObject({ deliveryTries: 2, deliverAtMs: startMs + 30_000 });
    expect(await engine.delivery.hold(first.lease, 'closed')).toBe(true);
    expect(await engine.delivery.postpone(first.lease, { tries: 3, dueAtMs: startMs })).toBe(false);
    expect(await engine.reader.find(job.id)).toMatchObject({ state: { kind: 'told' }, held: 'closed' });
    expect(await engine.delivery.pending()).toEqual([]);
    expect(await engine.delivery.heldFor(job.origin.chatId)).toEqual([job.id]);
    expect(await engine.delivery.heldFor(job.origin.chatId, 2)).toEqual([]);
    expect(await ask(2)).toBe('accepted');
    expect(await engine.delivery.release(job.id)).toBe(true);
    expect(await engine.delivery.release(job.id)).toBe(false);
    const again = await engine.reader.find(job.id);
    expect(again).toMatchObject({ state: { kind: 'ended', outcome: result } });
    expect([again?.held, again?.deliveryTries, again?.deliverAtMs]).toEqual([undefined, undefined, undefined]);
    expect(await engine.delivery.pending()).toEqual([job.id]);
  });

  test(`${name} done() changes nothing under a lease that is not the newest`, async () => {
    await using app = await makeEngine();
    const { queue, delivery, reader } = app.engine;
    const { id } = await accepted(app.engine, { updateId: 1 });
    await queue.settle((await claimed(app.engine)).lease, result);
    const [one, two] = [await delivery.claim(id), await delivery.claim(id)];
    if (one === undefined || two === undefined) throw new Error('Cannot deliver: there is nothing to claim');
    expect([await delivery.holds(one.lease), await delivery.holds(two.lease)]).toEqual([false, true]);
    expect(await delivery.done(one.lease, 'words-instead')).toBe(false);
    expect((await reader.find(id))?.state.kind).toBe('ended');
    expect(await delivery.done(two.lease)).toBe(true);
    expect(await delivery.done(two.lease)).toBe(false);
  });

  test(`${name} keepStatusMessage() keeps the status message with the job`, async () => {
    await using app = await makeEngine();
    const { id } = await accepted(app.engine, { updateId: 1 });
    expect(await app.engine.delivery.keepStatusMessage(id, 4_711)).toBe(true);
    expect((await app.engine.reader.find(id))?.statusMessageId).toBe(4_711);
  });

  test(`${name} keepStatusMessage() says when the outcome was told before`, async () => {
    await using app = await makeEngine();
    const { queue, delivery } = app.engine;
    const { id } = await accepted(app.engine, { updateId: 1 });
    await queue.settle((await claimed(app.engine)).lease, result);
    const claim = await delivery.claim(id);
    if (claim === undefined) throw new Error('Cannot deliver: there is nothing to claim');
    await delivery.done(claim.lease);
    expect(await delivery.keepStatusMessage(id, 4_711)).toBe(false);
    // Kept before, so it is the message that became the outcome, or was closed.
    expect(await delivery.keepStatusMessage(id, 4_711)).toBe(true);
  });
}
