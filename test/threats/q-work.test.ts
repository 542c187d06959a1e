import { expect, test } from 'vitest';
import type { Provider } from '../../src/domain/provider.ts';
import { longestPrompt } from '../../src/generation/prompt-rules.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createSqliteJobEngine } from '../../src/storage/sqlite-job-engine.ts';
import { accepted, claimed, oneEach, startMs } from '../conformance/requests.ts';
import { anAttemptStage, done } from '../generation/attempt-stage.ts';
import { describeError } from '../../src/observability/describe-error.ts';
import { scratch } from '../storage/scratch.ts';

/** The stage of one job, with a provider whose calls do this. */
function aStageWith(generate: Provider['generate']) {
  const stage = anAttemptStage({ replies: [done], keys: 8 });
  const provider: Provider = { name: 'bytez', probe: async () => ({ ok: true }), generate };
  return { ...stage, run: () => stage.run({ providers: new Map([['bytez', provider]]) }) };
}

test('Q4 a job on which six processes died is set aside, and the others go on', async () => {
  using place = scratch();
  const afterCrash = async (times: number): Promise<readonly unknown[]> => {
    const setAside: unknown[] = [];
    for (let crash = 0; crash < times; crash += 1) {
      using database = openDatabase({ path: place.file });
      const engine = createSqliteJobEngine(database);
      setAside.push(...(await engine.queue.recover(6, startMs)).setAside);
      expect((await claimed(engine, oneEach)).job.updateId).toBe(1);
    }
    return setAside;
  };
  {
    using database = openDatabase({ path: place.file });
    const engine = createSqliteJobEngine(database);
    await accepted(engine, { updateId: 1 });
    await accepted(engine, { updateId: 2 });
  }
  expect(await afterCrash(6)).toEqual([]);
  using database = openDatabase({ path: place.file });
  const engine = createSqliteJobEngine(database);
  const { setAside, handedBack } = await engine.queue.recover(6, startMs);
  expect({ setAside, handedBack }).toEqual({ setAside: ['tg-1'], handedBack: 0 });
  expect((await engine.reader.find(setAside[0] ?? ('' as never)))?.state).toEqual({
    kind: 'ended',
    outcome: { kind: 'failed', code: 'set-aside' },
  });
  expect((await claimed(engine, oneEach)).job.updateId).toBe(2);
});

test('Q12 whoever has thousands of jobs waiting keeps nobody else from starting', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = createSqliteJobEngine(database);
  for (let updateId = 1; updateId <= 2_000; updateId += 1) await accepted(engine, { updateId, userId: 1 });
  for (const userId of [2, 3, 4]) await accepted(engine, { updateId: 10_000 + userId, userId });
  const slots = 2;
  const started: number[] = [];
  const startedAtMs = performance.now();
  for (let turn = 0; turn < 4 + slots; turn += 1) {
    const { job, lease } = await claimed(engine, oneEach);
    started.push(job.origin.userId);
    await engine.queue.settle(lease, { kind: 'failed', code: 'busy' }, startMs);
  }
  expect(new Set(started)).toEqual(new Set([1, 2, 3, 4]));
  // The promise is under a millisecond a claim on a quiet machine; walking 2,000 rows each time takes far more.
  expect((performance.now() - startedAtMs) / started.length).toBeLessThan(50);
});

test('Q14 what is kept of a request is small: words are cut off at the door, pictures are named by their files', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = createSqliteJobEngine(database);
  expect(longestPrompt * 4).toBeLessThan(64 * 1024);
  await accepted(engine, { updateId: 1 });
  const { lease } = await claimed(engine);
  const file = { path: 'results/tg-1.png', kind: 'image', mime: 'image/png', bytes: 20_000_000 } as const;
  await engine.queue.settle(lease, { kind: 'result', file, model: 'org/model' }, startMs);
  const [row = {}] = database.all('SELECT * FROM jobs');
  expect(JSON.stringify(row).length).toBeLessThan(4_096);
});

/** Ends what is left of the job, so that nothing goes on after the test. */
async function stopped(stage: ReturnType<typeof anAttemptStage>, running: Promise<unknown>): Promise<void> {
  stage.abort.abort(new Error('Cancelled'));
  const ended = running.catch((error: unknown) => error);
  await stage.clock.advance(31_000);
  expect(await ended).toMatchObject({ message: 'Cancelled' });
  expect(stage.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
}

test('Q15 a call that never ends is stopped by its deadline, and its seat is free again', async () => {
  const stage = anAttemptStage({ replies: [done], hang: true });
  const running = stage.run();
  await stage.clock.advance(90_000);
  expect(stage.noted.map(({ ending }) => ending)).toMatchObject([
    { kind: 'sent' },
    { kind: 'failed', reason: 'timed-out' },
  ]);
  expect(stage.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
  await stopped(stage, running);
});

test('Q15 a call that goes on although it was told to stop is left behind after half a minute, and that is told', async () => {
  const stage = aStageWith(() => new Promise(() => undefined));
  const running = stage.run();
  await stage.clock.advance(90_000 + 29_000);
  expect(stage.noted.map(({ ending }) => ending.kind)).toEqual(['sent']);
  await stage.clock.advance(1_000);
  expect(stage.noted.at(-1)?.ending).toMatchObject({ kind: 'failed', reason: 'timed-out' });
  expect(stage.events).toContainEqual({
    event: 'house.trouble',
    what: 'the adapter of bytez',
    error: expect.objectContaining({ name: 'WentOn' }) as unknown,
  });
  await stopped(stage, running);
});

test('Q15 a cancelled job whose call goes on is over after half a minute', async () => {
  const stage = aStageWith(() => new Promise(() => undefined));
  const running = stage.run();
  await stage.clock.advance(1_000);
  expect(stage.noted.map(({ ending }) => ending.kind)).toEqual(['sent']);
  await stopped(stage, running);
  expect(stage.noted.at(-1)?.ending.kind).toBe('broken-off');
});

const cyclic: { name: string; cause?: unknown } = { name: 'Round' };
cyclic.cause = cyclic;
const hostile = new Proxy(new Error('canary'), {
  get: () => {
    throw new Error('canary');
  },
});

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['a text', 'canary'],
  ['an object that goes round', cyclic],
  ['an error whose properties throw', hostile],
  ['an object without a prototype', Object.create(null)],
  ['an error that quotes a key', new TypeError('Headers.append: "canary\r\n" is an invalid header value.')],
])(
  'Q16 an adapter that throws %s costs the job an attempt, and nothing of what it threw is kept',
  async (_what, thrown) => {
    let calls = 0;
    const stage = aStageWith(async () => {
      calls += 1;
      if (calls > 1) return done;
      throw thrown;
    });
    const running = stage.run();
    await stage.clock.advance(5_000);
    expect(await running).toMatchObject({ kind: 'answered', progress: { attempts: 1, calls: 2 } });
    const ending = stage.noted.find(({ ending: { kind } }) => kind === 'failed')?.ending;
    expect(ending).toMatchObject({ reason: 'failed-run', detail: 'the adapter failed' });
    expect(stage.events.filter(({ event }) => event === 'house.trouble')).toHaveLength(1);
    expect(describeError(thrown).length).toBeGreaterThan(0);
  },
);
