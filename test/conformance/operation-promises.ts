import { expect, test } from 'vitest';
import type { Operation } from '../../src/domain/provider.ts';
import { aTrail } from './call-promises.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, claimed, startMs } from './requests.ts';

const operation: Operation = { run: 'r-1', urls: ['https://provider.example/r-1'], tries: 0, more: null };
const progress = { candidate: 1, attempts: 2, calls: 3 };
const submitted = aTrail(3, { kind: 'submitted', ms: 120 });
const known = { trail: submitted, operation };

/** What an engine promises about work that a provider has taken on. */
export function operationPromises(name: string, makeEngine: MakeEngine): void {
  async function withOperation() {
    const app = await makeEngine();
    await accepted(app.engine, { updateId: 1 });
    const { lease, job } = await claimed(app.engine);
    await app.engine.queue.recordCall(lease, aTrail(3));
    expect(await app.engine.queue.recordOperation(lease, submitted, progress, operation)).toBe(true);
    return { app, lease, id: job.id };
  }

  test(`${name} recordOperation() survives the process: the job is handed out with it, before its turn and once`, async () => {
    const { app, id } = await withOperation();
    await using _app = app;
    const engine = await app.reopen();
    await engine.queue.recover(6);
    expect(await engine.queue.claimSubmitted()).toMatchObject({ job: { id, progress }, operation: known });
    expect(await engine.queue.claimSubmitted()).toBeUndefined();
    expect(await engine.reader.trailOf(id)).toEqual([submitted]);
  });

  test(`${name} hands a job out with its operation in its turn too, handed back or set back`, async () => {
    const { app, lease } = await withOperation();
    await using _app = app;
    const { queue } = app.engine;
    await queue.requeueFront(lease);
    const again = await claimed(app.engine);
    expect(again.operation).toEqual(known);
    await queue.requeueDelayed(again.lease, startMs + 5_000);
    expect(await queue.claimSubmitted()).toBeUndefined();
    expect((await claimed(app.engine.at(startMs + 5_000))).operation).toEqual(known);
  });

  test(`${name} recordOperation() changes nothing under an older fence`, async () => {
    await using app = await makeEngine();
    const { queue, reader } = app.engine;
    const { id } = await accepted(app.engine, { updateId: 1 });
    const { lease: old } = await claimed(app.engine);
    await queue.requeueFront(old);
    await claimed(app.engine);
    expect(await queue.recordOperation(old, submitted, progress, operation)).toBe(false);
    expect((await reader.find(id))?.progress.calls).toBe(0);
  });

  test(`${name} keeps how the call ended under a newer lease too`, async () => {
    const { app, lease, id } = await withOperation();
    await using _app = app;
    const { queue, reader } = app.engine;
    await queue.requeueFront(lease);
    const newer = await claimed(app.engine);
    const answered = aTrail(3, { kind: 'answered', ms: 60_000 });
    expect(await queue.recordAnswer(newer.lease, answered, progress, { model: 'fox' })).toBe(true);
    expect(await reader.trailOf(id)).toEqual([answered]);
  });

  const failed = aTrail(3, { kind: 'failed', reason: 'failed-run', sureness: 'sure', detail: '', ms: 9 });
  test.each(['answered', 'failed', 'followed by another call', 'parked'] as const)(
    `${name} forgets an operation that was %s`,
    async (how) => {
      const { app, lease } = await withOperation();
      await using _app = app;
      const { queue } = app.engine;
      if (how === 'answered') await queue.recordAnswer(lease, submitted, progress, { model: 'fox', url: 'https://x' });
      if (how === 'failed') await queue.recordCall(lease, failed);
      if (how === 'followed by another call') await queue.recordCall(lease, aTrail(4));
      if (how === 'parked') {
        await queue.park(lease, { line: 'bytez', readyAtMs: startMs, reason: 'backing-off', progress });
      } else {
        await queue.requeueFront(lease);
      }
      expect(await queue.claimSubmitted()).toBeUndefined();
      expect((await claimed(app.engine)).operation).toBeUndefined();
    },
  );

  test.each([{ model: 'fox' }, { model: 'fox', url: 'https://x', further: [null] }])(
    `${name} keeps an operation whose answer held a file itself, as %j, to ask it again`,
    async (answer) => {
      const { app, lease, id } = await withOperation();
      await using _app = app;
      const answered = aTrail(3, { kind: 'answered', ms: 60_000 });
      expect(await app.engine.queue.recordAnswer(lease, answered, progress, answer)).toBe(true);
      const engine = await app.reopen();
      await engine.queue.recover(6);
      const claim = await engine.queue.claimSubmitted();
      expect(claim).toMatchObject({ job: { id, progress }, operation: known });
      expect(claim).not.toHaveProperty('answer');
      expect(await engine.reader.trailOf(id)).toEqual([answered]);
    },
  );

  test(`${name} cancel() returns the operation of a job that waits`, async () => {
    const { app, lease, id } = await withOperation();
    await using _app = app;
    const { queue } = app.engine;
    await queue.requeueFront(lease);
    const { origin } = (await app.engine.reader.find(id)) ?? { origin: { userId: 0 } };
    expect(await queue.cancel(id, origin.userId)).toMatchObject({ kind: 'cancelled', operation: known });
    expect(await queue.claimSubmitted()).toBeUndefined();
  });
}
