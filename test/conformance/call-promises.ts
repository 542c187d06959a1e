import { expect, test } from 'vitest';
import type { AttemptEnding, AttemptTrail } from '../../src/domain/attempt-trail.ts';
import { jobId, keyId } from '../../src/domain/ids.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, claimed, startMs } from './requests.ts';

const answered: AttemptEnding = { kind: 'answered', ms: 45_200 };

/** One call as the loop keeps it; sent and not ended unless the test says otherwise. */
export function aTrail(call: number, ending: AttemptEnding = { kind: 'sent' }): AttemptTrail {
  return {
    call,
    candidate: { provider: 'bytez', model: 'fox' },
    attempt: 1,
    of: 3,
    keyId: keyId('9f2c'),
    keyName: 'bytez #3',
    choice: { why: 'soonest', of: 4, skipped: { cooling: 2, busy: 1 }, expectedMs: 40_000 },
    waitedMs: 7,
    startedAtMs: startMs + call,
    ending,
  };
}

/** What an engine promises about the calls of a job. */
export function callPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} recordCall() refuses to send under an older fence, and for a job that waits or has ended`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const { lease: old } = await claimed(engine);
    await engine.queue.requeueFront(old);
    const refusals = [await engine.queue.recordCall(old, aTrail(1))];
    const { lease } = await claimed(engine);
    refusals.push(await engine.queue.recordCall(old, aTrail(1)));
    await engine.queue.settle(lease, { kind: 'failed', code: 'busy' });
    refusals.push(await engine.queue.recordCall(lease, aTrail(1)));
    refusals.push(await engine.queue.recordCall({ jobId: jobId('tg-404'), fence: 1 }, aTrail(1)));
    expect(refusals).toEqual([false, false, false, false]);
    expect(await engine.reader.trailOf(id)).toEqual([]);
  });

  test(`${name} recordCall() keeps the ending of a call for its sender only`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1, userId: 7 });
    const { lease } = await claimed(engine);
    await engine.queue.recordCall(lease, aTrail(1));
    await engine.queue.cancel(id, 7);
    const newer = { ...lease, fence: lease.fence + 1 };
    expect(await engine.queue.recordCall(newer, aTrail(1, answered))).toBe(false);
    expect(await engine.queue.recordCall(lease, aTrail(2, answered))).toBe(false);
    expect(await engine.queue.recordCall(lease, aTrail(1, { kind: 'broken-off', ms: 5 }))).toBe(true);
    expect(await engine.reader.trailOf(id)).toEqual([aTrail(1, { kind: 'broken-off', ms: 5 })]);
  });

  test(`${name} a call that was sent when the process died stays sent, and the next one is counted after it`, async () => {
    await using app = await makeEngine();
    const { id } = await accepted(app.engine, { updateId: 1 });
    const { lease } = await claimed(app.engine);
    await app.engine.queue.recordCall(lease, aTrail(1));
    const engine = await app.reopen();
    await engine.queue.recover(6);
    const again = await claimed(engine);
    expect(again.job.progress).toEqual({ candidate: 0, attempts: 0, calls: 1 });
    await engine.queue.recordCall(again.lease, aTrail(2));
    await engine.queue.recordCall(again.lease, aTrail(2, answered));
    expect(await engine.reader.trailOf(id)).toEqual([aTrail(1), aTrail(2, answered)]);
  });

  test(`${name} keeps how many calls met a silent provider, and when a failed job is worth asking again`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    const progress = { candidate: 0, attempts: 1, calls: 9, probes: 8 };
    await engine.queue.park(lease, { line: 'bytez', readyAtMs: startMs + 5, reason: 'provider-silent', progress });
    expect(await engine.reader.find(id)).toMatchObject({
      progress,
      state: { kind: 'waiting', readyAtMs: startMs + 5, reason: 'provider-silent' },
    });
    const outcome = { kind: 'failed', code: 'busy', againAtMs: startMs + 900_000 } as const;
    await engine.at(startMs + 6).queue.settle((await claimed(engine.at(startMs + 5))).lease, outcome);
    expect((await engine.reader.find(id))?.state).toEqual({ kind: 'ended', outcome });
  });
}
