import { expect, test } from 'vitest';
import { maxPromptLength } from '../../../src/jobs/request/generation-request.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { accepted, claimed, oneEach } from '../../conformance/requests.ts';
import { onBothEngines } from '../on-both-engines.ts';

onBothEngines(({ open, openKept }) => {
  test('a job on which six processes died is set aside, and the others go on (Q4)', async () => {
    await using store = await openKept();
    const afterCrash = async (times: number): Promise<readonly unknown[]> => {
      const setAside: unknown[] = [];
      for (let crash = 0; crash < times; crash += 1) {
        const engine = anEngine(await store.reopen(), { running: oneEach });
        setAside.push(...(await engine.queue.recover(6)).setAside);
        expect((await claimed(engine)).job.updateId).toBe(1);
      }
      return setAside;
    };
    const first = anEngine(store.database, { running: oneEach });
    await accepted(first, { updateId: 1 });
    await accepted(first, { updateId: 2 });
    expect(await afterCrash(6)).toEqual([]);
    const engine = anEngine(await store.reopen(), { running: oneEach });
    const { setAside, handedBack } = await engine.queue.recover(6);
    expect({ setAside, handedBack }).toEqual({ setAside: ['tg-1'], handedBack: 0 });
    expect((await engine.reader.find(setAside[0] ?? ('' as never)))?.state).toEqual({
      kind: 'ended',
      outcome: { kind: 'failed', code: 'set-aside' },
    });
    expect((await claimed(engine)).job.updateId).toBe(2);
  });

  test('whoever has thousands of jobs waiting keeps nobody else from starting (Q12)', async () => {
    const few = await claimsBeside(20);
    const many = await claimsBeside(2_000);
    expect(many.started).toEqual(new Set([1, 2, 3, 4]));
    // Walking the rows of all who wait would cost a hundred times as much.
    expect(many.msAClaim / few.msAClaim).toBeLessThan(20);
  });

  /** Who is started, and at what cost, while one person has so many jobs waiting and three others have one each. */
  async function claimsBeside(waiting: number) {
    await using store = await open();
    const engine = anEngine(store.database, { running: oneEach });
    for (let updateId = 1; updateId <= waiting; updateId += 1) await accepted(engine, { updateId, userId: 1 });
    for (const userId of [2, 3, 4]) await accepted(engine, { updateId: 10_000 + userId, userId });
    const turns = 6;
    const started = new Set<number>();
    const startedAtMs = performance.now();
    for (let turn = 0; turn < turns; turn += 1) {
      const { job, lease } = await claimed(engine);
      started.add(job.origin.userId);
      await engine.queue.settle(lease, { kind: 'failed', code: 'busy' });
    }
    return { started, msAClaim: (performance.now() - startedAtMs) / turns };
  }

  test('what is kept of a request is small: words are cut off at acceptance, pictures are named by their files (Q14)', async () => {
    await using store = await open();
    const { database } = store;
    const engine = anEngine(database, { running: oneEach });
    expect(maxPromptLength * 4).toBeLessThan(64 * 1024);
    await accepted(engine, { updateId: 1 });
    const { lease } = await claimed(engine);
    const file = { path: 'results/tg-1.png', kind: 'image', mime: 'image/png', bytes: 20_000_000 } as const;
    await engine.queue.settle(lease, { kind: 'result', payload: { kind: 'file', file }, model: 'org/model' });
    const [row = {}] = await store.rows('SELECT * FROM jobs');
    expect(JSON.stringify(row).length).toBeLessThan(4_096);
  });
});
