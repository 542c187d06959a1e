import { expect, test } from 'vitest';
import type { AttemptEnding } from '../../src/domain/attempt-trail.ts';
import { jobId, keyId } from '../../src/domain/ids.ts';
import { aTrail } from './call-promises.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { accepted, aRequest, claimed, startMs } from './requests.ts';

const dayMs = 86_400_000;
const progress = { candidate: 0, attempts: 1, calls: 1 };
const cancelled = { kind: 'cancelled' } as const;
const answered: AttemptEnding = { kind: 'answered', ms: 45_200 };
const limited: AttemptEnding = { kind: 'failed', reason: 'rate-limited', sureness: 'sure', detail: '429', ms: 12 };

/** What an engine promises to who only looks. */
export function readerPromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} trailOf() answers every call in order, as it was kept last`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    expect(await engine.reader.trailOf(id)).toEqual([]);
    expect(await engine.queue.recordCall(lease, aTrail(1))).toBe(true);
    expect(await engine.queue.recordCall(lease, aTrail(1, limited))).toBe(true);
    expect(await engine.queue.recordCall(lease, aTrail(2))).toBe(true);
    expect(await engine.reader.trailOf(id)).toEqual([aTrail(1, limited), aTrail(2)]);
    expect(await engine.reader.trailOf(jobId('tg-404'))).toEqual([]);
  });

  test(`${name} jobsOf() answers what is open and the one told last, newest first`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    for (const updateId of [1, 2, 3, 4, 5]) await accepted(engine, { updateId, userId: 1 });
    await accepted(engine, { updateId: 6, userId: 2 });
    const leases = [await claimed(engine), await claimed(engine), await claimed(engine)];
    for (const [later, { lease, job }] of leases.entries()) {
      await engine.at(startMs + later).queue.settle(lease, cancelled);
      const emitting = job.updateId === 3 ? undefined : await engine.delivery.claim(job.id);
      if (emitting !== undefined) await engine.at(startMs + later).delivery.done(emitting.lease);
    }
    const updates = (await engine.reader.jobsOf(1)).map((job) => job.updateId);
    expect(leases.map(({ job }) => job.updateId)).toEqual([1, 6, 2]);
    expect(updates).toEqual([5, 4, 3, 2]);
  });

  test(`${name} stats() counts what waits and runs, by line and lane`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    for (const updateId of [1, 2, 3]) await accepted(engine, { updateId });
    await accepted(engine, { updateId: 4, lane: 'premium' });
    await accepted(engine, { updateId: 5, lane: 'premium', line: 'openai' });
    await claimed(engine);
    await engine.queue.settle((await claimed(engine)).lease, cancelled);
    const { lease } = await claimed(engine);
    await engine.queue.park(lease, { line: 'openai', readyAtMs: startMs + 1, reason: 'next-candidate', progress });
    expect(await engine.reader.stats()).toEqual({
      lines: [
        {
          line: 'bytez',
          waiting: { premium: 0, free: 1 },
          ahead: { premium: 0, free: 1 },
          running: 1,
          people: { premium: 0, free: 1 },
        },
        {
          line: 'openai',
          waiting: { premium: 1, free: 1 },
          ahead: { premium: 1, free: 2 },
          running: 0,
          people: { premium: 1, free: 0 },
        },
      ],
      undelivered: 1,
    });
    expect(await engine.queue.claim('bytez')).toMatchObject({ job: { updateId: 3 } });
  });

  test(`${name} stats() and where() agree on how many go before a new job, in every lane`, async () => {
    await using app = await makeEngine();
    const { engine } = app;
    for (const updateId of [1, 2, 3]) await accepted(engine, { updateId });
    for (let updateId = 11; updateId <= 17; updateId += 1) await accepted(engine, { updateId, lane: 'premium' });
    for (let count = 0; count < 2; count += 1) await claimed(engine);
    await engine.queue.requeueFront((await claimed(engine)).lease);
    const [stats] = (await engine.reader.stats()).lines;
    for (const [updateId, lane] of [
      [21, 'premium'],
      [22, 'free'],
    ] as const) {
      const { id } = await accepted(engine, { updateId, lane });
      expect((await engine.reader.where(id))?.ahead).toBe(stats?.ahead[lane]);
      await engine.queue.cancel(id, 1_000 + updateId);
    }
  });

  test(`${name} latest() lists what was accepted last, page by page and as filtered`, async () => {
    await using app = await makeEngine();
    const { reader } = app.engine;
    for (const updateId of [1, 2, 3, 4]) await accepted(app.engine, { updateId, userId: updateId % 2 });
    await accepted(app.engine, { updateId: 5, line: 'openai' });
    const { lease, job } = await claimed(app.engine);
    await app.engine.at(startMs + 9).queue.settle(lease, cancelled);
    const ids = async (filter: Parameters<typeof reader.latest>[0]) =>
      (await reader.latest(filter)).map((past) => past.job.updateId);
    expect(await ids({ count: 3 })).toEqual([5, 4, 3]);
    expect(await ids({ count: 3, before: jobId('tg-3') })).toEqual([2, 1]);
    expect(await ids({ count: 9, userId: 1 })).toEqual([3, 1]);
    expect(await ids({ count: 9, line: 'openai' })).toEqual([5]);
    expect(await ids({ count: 9, state: 'ended' })).toEqual([job.updateId]);
    expect(await ids({ count: 1, userId: 0, state: 'waiting' })).toEqual([4]);
    expect(await reader.past(job.id)).toMatchObject({ job: { id: job.id }, endedAtMs: startMs + 9 });
    expect(await reader.past(jobId('tg-404'))).toBeUndefined();
  });

  test(`${name} costs() sums what answered calls cost, by day, model, kind, key and person, each call once`, async () => {
    await using app = await makeEngine();
    const { queue, reader } = app.engine;
    const note = async (updateId: number, calls: readonly (readonly [number, string, AttemptEnding, string?])[]) => {
      await accepted(app.engine, { updateId, kind: updateId === 1 ? 'image' : 'video' });
      const { lease } = await claimed(app.engine);
      for (const [index, [startedAtMs, model, ending, key = 'key-1']] of calls.entries()) {
        const of = { keyId: keyId(key), keyName: `bytez ${key}` };
        const trail = { ...aTrail(index + 1), ...of, startedAtMs, candidate: { provider: 'bytez', model } as const };
        await queue.recordCall(lease, trail);
        // An end may be stored twice, and once more when its result is refused.
        for (let times = 0; times < 3; times += 1) await queue.recordCall(lease, { ...trail, ending });
      }
    };
    const paid = (usd: number) => ({ ...answered, usd });
    await note(1, [
      [startMs, 'fox', limited],
      [startMs + 1, 'fox', answered],
      [startMs + 2, 'hen', { kind: 'broken-off', ms: 3 }],
      [startMs + dayMs, 'fox', paid(0.1)],
    ]);
    await note(2, [
      [startMs, 'fox', paid(0.25)],
      [startMs + 4, 'fox', answered],
      [startMs + 5, 'fox', paid(0.5)],
      [startMs + 6, 'fox', paid(0), 'key-2'],
    ]);
    const fox = {
      provider: 'bytez',
      model: 'fox',
      kind: 'image',
      keyId: keyId('key-1'),
      keyName: 'bytez key-1',
    } as const;
    const first = { ...fox, day: '2026-01-01', userId: aRequest({ updateId: 1 }).origin.userId };
    const second = { ...first, kind: 'video', userId: aRequest({ updateId: 2 }).origin.userId };
    const later = { ...first, day: '2026-01-02', calls: 1, usd: 0.1, unpriced: 0 };
    expect(await reader.costs(startMs)).toEqual([
      { ...first, calls: 1, usd: 0, unpriced: 1 },
      { ...second, calls: 3, usd: 0.75, unpriced: 1 },
      { ...second, keyId: keyId('key-2'), keyName: 'bytez key-2', calls: 1, usd: 0, unpriced: 0 },
      later,
    ]);
    expect(await reader.costs(startMs + dayMs)).toEqual([later]);
  });
}
