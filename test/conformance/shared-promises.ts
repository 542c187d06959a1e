import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Claim, RunningCaps } from '../../src/domain/job-engine.ts';
import type { TimedEngine } from './engine-under-test.ts';
import { accepted, aRequest, claimed, oneEach, roomy } from './requests.ts';

/** One of several processes that share a store. */
export type SharingEngine = {
  readonly engine: TimedEngine;
  /** The process is silent from now on, and has been for so long that it counts as dead. */
  die(): Promise<void>;
};

export type SharedStore = AsyncDisposable & {
  open(): Promise<SharingEngine>;
};

export type MakeSharedStore = (running?: RunningCaps) => Promise<SharedStore>;

const failed = { kind: 'failed', code: 'busy' } as const;

async function twoOn(store: SharedStore): Promise<readonly [SharingEngine, SharingEngine]> {
  return [await store.open(), await store.open()];
}

/** Claims with all engines at once until none finds anything. */
async function claimedByAll(engines: readonly TimedEngine[], lines: readonly string[]): Promise<readonly Claim[]> {
  const all: Claim[] = [];
  await Promise.all(
    engines.flatMap((engine) =>
      lines.map(async (line) => {
        for (let claim = await engine.queue.claim(line); claim !== undefined; claim = await engine.queue.claim(line)) {
          all.push(claim);
        }
      }),
    ),
  );
  return all;
}

/** Registers the tests that an engine has to pass whose store several processes share. */
export function sharedPromises(name: string, makeStore: MakeSharedStore): void {
  test(`${name} lets a recovery by one owner take nothing from another one that lives`, async () => {
    await using store = await makeStore();
    const [a, b] = await twoOn(store);
    await accepted(a.engine, { updateId: 1 });
    await accepted(a.engine, { updateId: 2 });
    const { lease } = await claimed(a.engine);
    expect(await b.engine.queue.recover(6)).toEqual({ handedBack: 0, setAside: [], unreadable: [] });
    expect(await a.engine.queue.settle(lease, failed)).toBe(true);
    expect(await b.engine.delivery.pending()).toEqual([]);
    expect(await a.engine.delivery.pending()).toEqual([lease.jobId]);
  });

  test(`${name} takes back what an owner that died was running and delivering, once`, async () => {
    await using store = await makeStore();
    const [a, b] = await twoOn(store);
    const c = await store.open();
    for (const updateId of [1, 2]) await accepted(a.engine, { updateId, userId: updateId });
    const [ended, running] = [await claimed(a.engine), await claimed(a.engine)];
    await a.engine.queue.settle(ended.lease, failed);
    await a.die();
    const recovered = await Promise.all([b, c].map(({ engine }) => engine.queue.recover(6)));
    expect(recovered.reduce((sum, { handedBack }) => sum + handedBack, 0)).toBe(1);
    const pending = await Promise.all([b, c].map(({ engine }) => engine.delivery.pending()));
    expect(pending).toEqual([[ended.job.id], [ended.job.id]]);
    expect(await c.engine.delivery.claim(ended.job.id)).toMatchObject({ job: { id: ended.job.id } });
    expect(await b.engine.delivery.pending()).toEqual([]);
    expect((await claimed(b.engine)).job.id).toBe(running.job.id);
    expect(await a.engine.queue.settle(running.lease, failed)).toBe(false);
  });

  test(`${name} hands out each job once, and never more of a person than the cap, whoever claims and in whichever line`, async () => {
    await using store = await makeStore(oneEach);
    const [a, b] = await twoOn(store);
    const lines = ['bytez', 'openai'];
    const people = [1, 2, 3, 4, 5];
    let updateId = 0;
    for (const userId of people) {
      for (const line of lines) {
        for (let count = 0; count < 2; count += 1) {
          await accepted(a.engine, { updateId: (updateId += 1), userId, line });
        }
      }
    }
    for (let round = 0; round < 4; round += 1) {
      const claims = await claimedByAll([a.engine, b.engine], lines);
      expect(claims.map(({ job }) => job.origin.userId).toSorted((one, other) => one - other)).toEqual(people);
      const settled = claims.map(({ lease }) => (round % 2 === 0 ? a : b).engine.queue.settle(lease, failed));
      expect(new Set(await Promise.all(settled))).toEqual(new Set([true]));
    }
    expect(await claimedByAll([a.engine, b.engine], lines)).toEqual([]);
  });

  test(`${name} makes one job of an update that two owners accept at once`, async () => {
    await using store = await makeStore();
    const [a, b] = await twoOn(store);
    for (let updateId = 1; updateId <= 5; updateId += 1) {
      const both = await Promise.all(
        [a, b].map(({ engine }) => engine.queue.accept(aRequest({ updateId, userId: updateId }), roomy, 'receipt')),
      );
      expect(both.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'known']);
    }
    expect(await claimedByAll([a.engine, b.engine], ['bytez'])).toHaveLength(5);
  });

  test(`${name} holds the limits of a person whose requests two owners accept at once`, async () => {
    await using store = await makeStore();
    const [a, b] = await twoOn(store);
    const limits = { ...roomy, waiting: 3 };
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? a : b).engine.queue.accept(aRequest({ updateId: index + 1, userId: 7 }), limits),
      ),
    );
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(3);
  });

  test(`${name} ends a job once that one owner cancels while the other settles it`, async () => {
    await using store = await makeStore();
    const [a, b] = await twoOn(store);
    for (let updateId = 1; updateId <= 10; updateId += 1) {
      await accepted(a.engine, { updateId, userId: updateId });
      const { lease, job } = await claimed(a.engine);
      const [isSettled, cancelled] = await Promise.all([
        a.engine.queue.settle(lease, failed),
        b.engine.queue.cancel(job.id, job.origin.userId),
      ]);
      expect(cancelled.kind).toBe(isSettled ? 'too-late' : 'running');
    }
  });

  test(`${name} tells the owner that runs a job of its cancellation by another one`, async () => {
    await using store = await makeStore();
    const [a, b] = await twoOn(store);
    await accepted(a.engine, { updateId: 1 });
    const { job, lease } = await claimed(a.engine);
    const stopped = Promise.withResolvers<string>();
    using _ = a.engine.queue.onStop((id) => stopped.resolve(id));
    expect(await b.engine.queue.cancel(job.id, job.origin.userId)).toMatchObject({ kind: 'running' });
    expect(await Promise.race([stopped.promise, setTimeout(30_000, 'nothing', { ref: false })])).toBe(job.id);
    expect(await a.engine.queue.settle(lease, failed)).toBe(false);
  });

  test(`${name} tells every owner of a job that waits and of one that has ended`, async () => {
    await using store = await makeStore();
    const [a, b] = await twoOn(store);
    const heard = Promise.withResolvers<string | undefined>();
    using _ = a.engine.queue.onWork((line) => heard.resolve(line));
    await accepted(b.engine, { updateId: 1 });
    expect(await heard.promise).toBe('bytez');
    const { lease } = await claimed(b.engine);
    const ended = Promise.withResolvers<string>();
    using __ = a.engine.queue.onWork((_line, why) => (why === 'stopped' ? ended.resolve(why) : undefined));
    await b.engine.queue.settle(lease, failed);
    expect(await ended.promise).toBe('stopped');
  });
}
