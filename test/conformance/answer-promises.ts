import { expect, test } from 'vitest';
import type { KnownAnswer } from '../../src/domain/job-engine.ts';
import { aTrail } from './call-promises.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, claimed, drained, startMs } from './requests.ts';

const answer: KnownAnswer = { model: 'fox', url: 'https://cdn.example/fox.png' };
const progress = { candidate: 1, attempts: 2, calls: 3 };
const answered = aTrail(3, { kind: 'answered', ms: 45_200 });

/** What an engine promises about answers whose result is not on the disk yet. */
export function answerPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} noteAnswer() survives the process: the job is handed out with its answer, before its turn`, async () => {
    await using app = await makeEngine();
    for (const updateId of [1, 2, 3]) await accepted(app.engine, { updateId });
    const [first, second] = [await claimed(app.engine), await claimed(app.engine)];
    await app.engine.queue.recordCall(second.lease, aTrail(3));
    expect(await app.engine.queue.recordAnswer(second.lease, answered, progress, answer)).toBe(true);
    const engine = await app.reopen();
    await engine.queue.recover(6);
    const claim = await engine.queue.claimAnswered();
    expect(claim).toMatchObject({ job: { id: second.job.id, state: { kind: 'running' }, progress }, answer });
    expect(await engine.reader.trailOf(second.job.id)).toEqual([answered]);
    expect(await engine.queue.claimAnswered()).toBeUndefined();
    expect((await claimed(engine)).job.id).toBe(first.job.id);
    expect(await drained(engine)).toEqual([3]);
  });

  test(`${name} hands an answered job out with its answer also in its turn, and to no second one`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    await engine.queue.recordAnswer(lease, answered, progress, { model: 'fox' });
    await engine.queue.requeueFront(lease);
    const again = await claimed(engine);
    expect(again.answer).toEqual({ model: 'fox' });
    expect(await engine.queue.claimAnswered()).toBeUndefined();
    await engine.queue.requeueFront(again.lease);
    expect((await engine.queue.claimAnswered())?.answer).toEqual({ model: 'fox' });
  });

  test(`${name} noteAnswer() changes nothing under an older fence, and for a job that waits or has ended`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const { lease: old } = await claimed(engine);
    await engine.queue.requeueFront(old);
    const refusals = [await engine.queue.recordAnswer(old, answered, progress, answer)];
    const { lease } = await claimed(engine);
    refusals.push(await engine.queue.recordAnswer(old, answered, progress, answer));
    await engine.queue.settle(lease, { kind: 'failed', code: 'busy' });
    refusals.push(await engine.queue.recordAnswer(lease, answered, progress, answer));
    expect(refusals).toEqual([false, false, false]);
    expect(await engine.reader.trailOf(id)).toEqual([]);
    expect((await engine.reader.find(id))?.progress).toEqual({ candidate: 0, attempts: 0, calls: 0 });
  });

  test.each([
    ['parked', 'bytez'],
    ['sent on', 'openai'],
  ] as const)(`${name} forgets the answer of a job that is %s`, async (_how, line) => {
    await using app = await makeEngine();
    const { engine } = app;
    await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    await engine.queue.recordAnswer(lease, answered, progress, answer);
    await engine.queue.park(lease, { line, readyAtMs: startMs, reason: 'backing-off', progress });
    expect(await engine.queue.claimAnswered()).toBeUndefined();
    expect(await claimed(engine, line)).not.toHaveProperty('answer');
  });

  test(`${name} requeueDelayed() keeps the answer, the deadline and the place before all others, until its time`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    for (const updateId of [1, 2]) await accepted(engine, { updateId });
    const { lease, job } = await claimed(engine);
    await engine.queue.recordAnswer(lease, answered, progress, answer);
    expect(await engine.queue.requeueDelayed(lease, startMs + 5_000)).toBe(true);
    expect(await engine.queue.requeueDelayed(lease, startMs + 9_000)).toBe(false);
    expect(await engine.queue.claimAnswered()).toBeUndefined();
    expect(await engine.queue.nextReadyMs('bytez', startMs)).toBe(startMs + 5_000);
    await accepted(engine, { updateId: 3, lane: 'premium' });
    const again = await claimed(engine.at(startMs + 5_000));
    expect(again).toMatchObject({ job: { id: job.id, claimedAtMs: startMs, progress }, answer });
  });
}
