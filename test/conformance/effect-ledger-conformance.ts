import { expect, test } from 'vitest';
import type { EffectLedger } from '../../src/domain/effect-ledger.ts';
import type { JobEngine, JobLease } from '../../src/domain/job-engine.ts';
import { jobId } from '../../src/domain/ids.ts';
import { accepted, claimed, startMs } from './requests.ts';

type Both = { readonly engine: JobEngine; readonly ledger: EffectLedger };

/** A ledger under test, beside the engine of the same store, which goes when it is disposed. */
export type LedgerUnderTest = AsyncDisposable &
  Both & {
    /** The same store, opened by another owner after the death of the process. */
    reopen(): Promise<Both>;
  };

const go = { kind: 'go' };
const unsure = { kind: 'unsure' };
const fenced = { kind: 'fenced' };

/** An ended job, claimed for delivery. */
async function aDelivery(engine: JobEngine): Promise<JobLease> {
  const { id } = await accepted(engine, { updateId: 1 });
  await engine.queue.settle((await claimed(engine)).lease, { kind: 'failed', code: 'busy' });
  return newLease(engine.delivery, id);
}

async function newLease(delivery: JobEngine['delivery'], id: JobLease['jobId']): Promise<JobLease> {
  const claim = await delivery.claim(id);
  if (claim === undefined) throw new Error(`Cannot deliver job ${id}: there is nothing to claim`);
  return claim.lease;
}

/** Registers the tests that every EffectLedger has to pass. */
export function effectLedgerConformance(name: string, makeLedger: () => Promise<LedgerUnderTest>): void {
  test(`${name} lets an effect go once and remembers its note`, async () => {
    await using app = await makeLedger();
    const { engine, ledger } = app;
    const lease = await aDelivery(engine);
    expect(await ledger.begin(lease, 'result', 'once')).toEqual(go);
    expect(await ledger.end(lease, 'result', '4711')).toBe(true);
    expect(await ledger.begin(lease, 'result', 'once')).toEqual({ kind: 'done', note: '4711' });
    expect(await ledger.begin(lease, 'result', 'idempotent')).toEqual({ kind: 'done', note: '4711' });
    expect(await ledger.begin(lease, 'ping', 'once')).toEqual(go);
    expect(await ledger.end(lease, 'ping', '')).toBe(true);
    expect(await ledger.begin(lease, 'ping', 'once')).toEqual({ kind: 'done', note: '' });
  });

  test(`${name} is unsure after a death about a once-only effect that never ended`, async () => {
    await using app = await makeLedger();
    const lease = await aDelivery(app.engine);
    await app.ledger.begin(lease, 'ping', 'once');
    await app.ledger.begin(lease, 'result', 'idempotent');
    const { engine, ledger } = await app.reopen();
    const again = await newLease(engine.delivery, lease.jobId);
    expect(await ledger.begin(again, 'ping', 'once')).toEqual(unsure);
    expect(await ledger.begin(again, 'ping', 'once')).toEqual(unsure);
    expect(await ledger.begin(again, 'result', 'idempotent')).toEqual(go);
  });

  test(`${name} begins nothing under a lease that is not the newest, not even once more`, async () => {
    await using app = await makeLedger();
    const { engine, ledger } = app;
    const old = await aDelivery(engine);
    expect(await ledger.begin(old, 'message', 'once')).toEqual(go);
    const newest = await newLease(engine.delivery, old.jobId);
    for (const effect of ['message', 'result', 'ping'] as const) {
      expect(await ledger.begin(old, effect, 'once')).toEqual(fenced);
      expect(await ledger.begin(old, effect, 'idempotent')).toEqual(fenced);
    }
    expect(await ledger.begin({ jobId: jobId('tg-404'), fence: 1 }, 'result', 'once')).toEqual(fenced);
    expect(await ledger.begin(newest, 'message', 'once')).toEqual(unsure);
    expect(await ledger.begin(newest, 'result', 'once')).toEqual(go);
  });

  test(`${name} begins nothing under the lease of a job that was put back`, async () => {
    await using app = await makeLedger();
    const { engine, ledger } = app;
    await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    expect(await ledger.begin(lease, 'result', 'once')).toEqual(go);
    await engine.queue.requeueDelayed(lease, startMs);
    expect(await ledger.begin(lease, 'message', 'once')).toEqual(fenced);
  });

  test(`${name} end() takes the word of who began it, until somebody else has begun it again`, async () => {
    await using app = await makeLedger();
    const { engine, ledger } = app;
    const old = await aDelivery(engine);
    await ledger.begin(old, 'message', 'once');
    await ledger.begin(old, 'result', 'idempotent');
    const newest = await newLease(engine.delivery, old.jobId);
    expect(await ledger.end(newest, 'message', '1')).toBe(false);
    expect(await ledger.end(old, 'message', '2')).toBe(true);
    expect(await ledger.begin(newest, 'message', 'once')).toEqual({ kind: 'done', note: '2' });
    expect(await ledger.begin(newest, 'result', 'idempotent')).toEqual(go);
    expect(await ledger.end(old, 'result', '3')).toBe(false);
    expect(await ledger.end(newest, 'result', '4')).toBe(true);
    expect(await ledger.begin(newest, 'result', 'idempotent')).toEqual({ kind: 'done', note: '4' });
    expect(await ledger.end(newest, 'ping', '5')).toBe(false);
  });

  test(`${name} undo() lets the effect begin anew, by who began it and until it is done`, async () => {
    await using app = await makeLedger();
    const { engine, ledger } = app;
    const old = await aDelivery(engine);
    await ledger.begin(old, 'message', 'once');
    expect(await ledger.undo(old, 'message')).toBe(true);
    expect(await ledger.undo(old, 'message')).toBe(false);
    expect(await ledger.begin(old, 'message', 'once')).toEqual(go);
    const newest = await newLease(engine.delivery, old.jobId);
    expect(await ledger.undo(newest, 'message')).toBe(false);
    await ledger.end(old, 'message', '1');
    expect(await ledger.undo(old, 'message')).toBe(false);
    expect(await ledger.begin(newest, 'message', 'once')).toEqual({ kind: 'done', note: '1' });
  });

  test(`${name} tells the next delivery of a message that was begun, until it is undone`, async () => {
    await using app = await makeLedger();
    const { engine, ledger } = app;
    const first = await aDelivery(engine);
    await ledger.begin(first, 'message', 'once');
    expect((await engine.delivery.claim(first.jobId))?.isMessageBegun).toBe(true);
    await ledger.undo(first, 'message');
    expect((await engine.delivery.claim(first.jobId))?.isMessageBegun).toBeUndefined();
  });

  test(`${name} sends the status message once, whoever runs the job meanwhile`, async () => {
    await using app = await makeLedger();
    const { engine, ledger } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const by = { jobId: id };
    expect(await ledger.begin(by, 'receipt', 'once')).toEqual(go);
    expect(await ledger.begin(by, 'receipt', 'once')).toEqual(unsure);
    const { lease } = await claimed(engine);
    expect(await ledger.end(lease, 'receipt', '1')).toBe(false);
    expect(await ledger.end(by, 'receipt', '2')).toBe(true);
    expect(await ledger.begin(by, 'receipt', 'once')).toEqual({ kind: 'done', note: '2' });
    expect(await ledger.begin({ jobId: jobId('tg-2') }, 'receipt', 'once')).toEqual(go);
    expect(await ledger.undo({ jobId: jobId('tg-2') }, 'receipt')).toBe(true);
  });
}
