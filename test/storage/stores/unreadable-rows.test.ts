import { perKind } from '../../../src/domain/kinds.ts';
import { expect, test } from 'vitest';
import { type JobId, jobId } from '../../../src/domain/ids.ts';
import type { JobEngine } from '../../../src/domain/job-engine.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { accepted, aRequest, claimed, drained, startMs } from '../../conformance/requests.ts';
import { onBothEngines, type TestedEngine } from '../on-both-engines.ts';

const setAside = { kind: 'ended', outcome: { kind: 'failed', code: 'set-aside' } };

const progress = { candidate: 0, attempts: 0, calls: 0 };

/** What another version may have left in a row. */
const spoils = [
  `kind = 'hologram'`,
  `options = '{"seed":'`,
  `options = '{"seed": "seven"}'`,
  `chat_type = 'megagroup'`,
  `answer = '{"model": 7}'`,
  `answer = ''`,
] as const;

async function aSpoiltStore({ open }: TestedEngine) {
  const store = await open();
  const { database, change } = store;
  const engine = anEngine(database, { lines: ['bytez', 'openai'] });
  const heard: [JobId, string][] = [];
  engine.queue.onSetAside((id, error) => heard.push([id, String(error)]));
  return { database, change, engine, heard, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

async function mayAskAgain(engine: JobEngine, userId: number): Promise<boolean> {
  const again = await engine.queue.accept(aRequest({ updateId: 99, userId }), { waiting: 1, perDay: 1 });
  return again.kind === 'accepted';
}

onBothEngines((tested) => {
  test.each(spoils)('a job with %s is set aside with its credit, and those behind it start (Q18)', async (spoil) => {
    await using app = await aSpoiltStore(tested);
    const { engine, change, heard } = app;
    for (const updateId of [1, 2, 3]) await accepted(engine, { updateId });
    await change(`UPDATE jobs SET ${spoil} WHERE id = 'tg-1'`);
    expect(await drained(engine)).toEqual([2, 3]);
    const column = spoil.split(' ')[0] ?? '';
    expect(heard).toEqual([['tg-1', expect.stringContaining(`Cannot read a row of "jobs": unexpected ${column}`)]]);
    expect((await engine.reader.find(jobId('tg-1')))?.state).toEqual(setAside);
    expect(await engine.delivery.pending()).toEqual(['tg-1']);
    expect((await engine.delivery.claim(jobId('tg-1')))?.job.origin.chatId).toBe(1_001);
    expect(await mayAskAgain(engine, 1_001)).toBe(true);
  });

  test('a parked job that cannot be read does not keep those whose time has passed from ending (Q18)', async () => {
    await using app = await aSpoiltStore(tested);
    const { engine, change, heard } = app;
    for (const updateId of [1, 2]) await accepted(engine, { updateId });
    const called = { ...progress, calls: 1 };
    for (const { lease } of [await claimed(engine), await claimed(engine)]) {
      await engine.queue.park(lease, {
        line: 'bytez',
        readyAtMs: startMs + 9e5,
        reason: 'keys-cooling',
        progress: called,
      });
    }
    await change(`UPDATE jobs SET reason = 'fog', kind = 'image' WHERE id = 'tg-1'`);
    await change(`UPDATE jobs SET options = '[' WHERE id = 'tg-1'`);
    expect(
      (
        await engine.queue.claimExpired(
          'bytez',
          perKind(() => 0),
        )
      )?.job.updateId,
    ).toBe(2);
    expect(heard.map(([id]) => id)).toEqual(['tg-1']);
  });

  test('an answer that cannot be read does not keep the others from being fetched (Q18)', async () => {
    await using app = await aSpoiltStore(tested);
    const { engine, change, heard } = app;
    for (const updateId of [1, 2]) await accepted(engine, { updateId });
    await change(`UPDATE jobs SET answer = CASE id WHEN 'tg-1' THEN '?' ELSE '{"model":"fox"}' END`);
    expect((await engine.queue.claimAnswered())?.job.updateId).toBe(2);
    expect(heard.map(([id]) => id)).toEqual(['tg-1']);
  });

  test('a start finds a job that it cannot read among those that ran, and goes on (Q18)', async () => {
    await using app = await aSpoiltStore(tested);
    const { engine: dead, database, change } = app;
    for (const updateId of [1, 2]) await accepted(dead, { updateId });
    for (let times = 0; times < 2; times += 1) await claimed(dead);
    await change(`UPDATE jobs SET kind = 'hologram' WHERE id = 'tg-1'`);
    const engine = anEngine(database);
    expect(await engine.queue.recover(6)).toEqual({ handedBack: 1, setAside: [], unreadable: ['tg-1'] });
    expect((await engine.reader.find(jobId('tg-1')))?.state).toEqual(setAside);
    expect(await drained(engine)).toEqual([2]);
  });

  test.each([`line = 'tomorrow'`, `lane = 'gold'`])(
    'a job with %s, which nobody would ever claim, is set aside at the start (Q18)',
    async (spoil) => {
      await using app = await aSpoiltStore(tested);
      const { engine, change } = app;
      for (const updateId of [1, 2]) await accepted(engine, { updateId });
      await change(`UPDATE jobs SET ${spoil} WHERE id = 'tg-1'`);
      await change(
        `UPDATE ${tested.isShared ? 'waiting_parts' : 'waiting_counts'} SET ${spoil} WHERE round = (SELECT round FROM jobs WHERE id = 'tg-1')`,
      );
      expect(await engine.queue.recover(6)).toEqual({ handedBack: 0, setAside: [], unreadable: ['tg-1'] });
      expect(await engine.delivery.pending()).toEqual(['tg-1']);
      expect(await mayAskAgain(engine, 1_001)).toBe(true);
    },
  );

  test('a job that cannot be read can be cancelled, looked for and asked for again (Q18)', async () => {
    await using app = await aSpoiltStore(tested);
    const { engine, change } = app;
    const { id } = await accepted(engine, { updateId: 1, userId: 7 });
    await change(`UPDATE jobs SET kind = 'hologram', options = '['`);
    expect((await engine.reader.where(id))?.job).toMatchObject({
      id,
      state: { kind: 'waiting' },
      prompt: 'a red fox, number 1',
    });
    expect((await engine.reader.jobsOf(7)).map((job) => job.id)).toEqual([id]);
    expect((await engine.queue.accept(aRequest({ updateId: 1, userId: 7 }), { waiting: 1, perDay: 1 })).kind).toBe(
      'known',
    );
    expect(await engine.queue.cancel(id, 7)).toMatchObject({ kind: 'cancelled', job: { id } });
    expect(await engine.queue.claim('bytez')).toBeUndefined();
  });

  test('an outcome that cannot be read is told as set aside, and costs nothing (Q18)', async () => {
    await using app = await aSpoiltStore(tested);
    const { engine, change } = app;
    const { id } = await accepted(engine, { updateId: 1, userId: 7 });
    const file = { path: 'results/1.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
    await engine.queue.settle((await claimed(engine)).lease, {
      kind: 'result',
      payload: { kind: 'file', file },
      model: 'fox',
    });
    await change(`UPDATE jobs SET outcome = '{"kind":"song"}'`);
    expect((await engine.delivery.claim(id))?.job.state).toEqual(setAside);
    expect(await mayAskAgain(engine, 7)).toBe(true);
  });

  test('a call that another version noted is passed over (Q18)', async () => {
    await using app = await aSpoiltStore(tested);
    const { engine, change } = app;
    const { id } = await accepted(engine, { updateId: 1 });
    await change(`INSERT INTO calls (job_id, call, fence, trail) VALUES (?, 1, 1, '{"call": "one"}')`, id);
    expect(await engine.reader.trailOf(id)).toEqual([]);
  });
});
