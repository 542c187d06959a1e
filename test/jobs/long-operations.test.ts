import { expect, test } from 'vitest';
import { anOperationStage, done, failedRun, file, id, running, unclear } from './operation-stage.ts';

const delivered = {
  kind: 'ended',
  outcome: { kind: 'result', payload: { kind: 'file', file }, model: 'film' },
};
const first = 'secret-of-key-1';

test('a run that takes its time is submitted once, asked about more and more slowly, and brought', async () => {
  using stage = anOperationStage();
  const { clock, farm } = stage;
  const startMs = clock.now();
  const looksAtMs: number[] = [];
  farm.answers((looks) => {
    looksAtMs.push(clock.now() - startMs);
    return looks < 6 ? running : { kind: 'ended', reply: done };
  });
  await stage.ask();
  expect(JSON.parse(String(stage.operation()))).toMatchObject({
    operation: { run: 'run-1', urls: ['https://farm.example/1'] },
    trail: { call: 1, keyName: 'bytez #1', ending: { kind: 'submitted', ms: 0 } },
  });
  expect(await stage.endings()).toEqual(['submitted']);
  expect(stage.inFlight()).toEqual([1, 0]);
  await clock.advance(60_000);
  expect(looksAtMs).toEqual([2_000, 4_000, 7_000, 11_500, 18_250, 28_250]);
  expect(farm.submits).toEqual([first]);
  expect(await stage.state()).toEqual(delivered);
  expect(stage.operation()).toBeNull();
  expect(await stage.endings()).toEqual(['answered']);
  expect(stage.inFlight()).toEqual([0, 0]);
  expect(stage.names()).toEqual(['attempt.started', 'attempt.submitted', 'attempt.succeeded']);
});

test('looks that bring nothing never fail a run, and cost no attempt', async () => {
  using stage = anOperationStage();
  const { clock, farm } = stage;
  farm.answers((looks) => {
    if (looks % 3 === 0) throw new Error('a bug in the adapter');
    return looks < 40 ? unclear : { kind: 'ended', reply: done };
  });
  await stage.ask();
  await clock.advance(600_000);
  expect(await stage.state()).toEqual(delivered);
  expect(farm.submits).toHaveLength(1);
  expect((await stage.engine.reader.find(id))?.progress).toEqual({ candidate: 0, attempts: 0, calls: 1 });
});

test('a look that hangs is given up and made again', async () => {
  using stage = anOperationStage();
  const { clock, farm } = stage;
  farm.answers((looks) => (looks === 1 ? new Promise(() => undefined) : { kind: 'ended', reply: done }));
  await stage.ask();
  await clock.advance(120_000);
  expect(await stage.state()).toEqual(delivered);
  expect(farm.looks).toHaveLength(2);
});

test('the pace that the provider asks for is kept', async () => {
  using stage = anOperationStage();
  const { clock, farm } = stage;
  farm.answers(() => ({ kind: 'running', askAgainInMs: 30_000 }));
  await stage.ask();
  await clock.advance(300_000);
  const late = farm.looks.length;
  await clock.advance(300_000);
  expect(farm.looks.length - late).toBe(10);
});

test('the key that submitted is the one that asks, also while it cools, and its seat stays taken', async () => {
  using stage = anOperationStage({ keys: 1 });
  const { clock, farm } = stage;
  farm.answers(() => (clock.monotonicMs() < 100_000 ? running : { kind: 'ended', reply: done }));
  await stage.ask();
  const [key] = stage.pool.snapshot().keys;
  if (key === undefined) throw new Error('Cannot find the key');
  const limited = { blame: 'key', reason: 'rate-limited', retryAfterMs: 3_000_000, detail: '' } as const;
  (await stage.pool.resume(key.id))?.release({ kind: 'failed', failure: limited, ms: 1 });
  expect(stage.pool.snapshot().keys[0]?.state.kind).toBe('cooling');
  await clock.advance(20_000);
  expect(stage.inFlight()).toEqual([1]);
  const looks = farm.looks.length;
  await clock.advance(60_000);
  expect(farm.looks.length).toBeGreaterThan(looks);
  expect(new Set(farm.looks)).toEqual(new Set([`run-1 ${first}`]));
});

test('of a run whose state goes back, and that ends twice, the first end counts (C22)', async () => {
  using stage = anOperationStage();
  const { clock, farm } = stage;
  farm.answers((looks) => {
    if (looks === 2) return unclear;
    if (looks < 4) return running;
    return looks === 4 ? { kind: 'ended', reply: done } : failedRun;
  });
  await stage.ask();
  await clock.advance(600_000);
  expect(await stage.state()).toEqual(delivered);
  // What has ended is not asked about again, so a second end is never heard.
  expect([farm.looks.length, farm.submits]).toEqual([4, [first]]);
  expect(await stage.endings()).toEqual(['answered']);
});

test('a process that dies leaves the run to the next one, which asks at once and submits nothing (C23)', async () => {
  using stage = anOperationStage();
  const { clock, farm } = stage;
  await stage.ask();
  await clock.advance(30_000);
  const looks = farm.looks.length;
  await stage.dieAndOpen();
  expect(farm.looks).toHaveLength(looks + 1);
  expect(stage.inFlight()).toEqual([1, 0]);
  farm.answers(() => ({ kind: 'ended', reply: done }));
  await clock.advance(10_000);
  expect(await stage.state()).toEqual(delivered);
  expect(farm.submits).toEqual([first]);
  expect(new Set(farm.looks)).toEqual(new Set([`run-1 ${first}`]));
  expect(await stage.endings()).toEqual(['answered']);
  expect(stage.names().slice(2)).toEqual(['attempt.resumed', 'attempt.succeeded']);
});

test('a run that the provider finished while nobody was there is brought, however long ago', async () => {
  using stage = anOperationStage();
  await stage.ask();
  stage.clock.jump(5 * 3_600_000);
  stage.farm.answers(() => ({ kind: 'ended', reply: done }));
  await stage.dieAndOpen();
  await stage.clock.advance(0);
  expect(await stage.state()).toEqual(delivered);
  expect(stage.farm.submits).toHaveLength(1);
});

test('a stop in order hands the job back with its run, which is not cancelled', async () => {
  using stage = anOperationStage();
  const { farm } = stage;
  await stage.ask();
  await stage.stopAndOpen();
  farm.answers(() => ({ kind: 'ended', reply: done }));
  await stage.clock.advance(10_000);
  expect(await stage.state()).toEqual(delivered);
  expect([farm.submits.length, farm.cancels]).toEqual([1, []]);
});

test('every run that was under way is taken up before anything new begins, each on the seat of its key', async () => {
  using stage = anOperationStage({ keys: 2, people: 4 });
  const { farm } = stage;
  await stage.ask();
  expect(farm.submits).toHaveLength(2);
  await stage.dieAndOpen();
  expect(stage.inFlight()).toEqual([1, 1]);
  expect(farm.submits).toHaveLength(2);
  farm.answers(() => ({ kind: 'ended', reply: done }));
  await stage.clock.advance(60_000);
  expect(farm.submits).toHaveLength(4);
  expect((await stage.engine.delivery.pending()).length).toBe(4);
});

test('a run that fails costs an attempt, and another one is submitted', async () => {
  using stage = anOperationStage();
  const { farm } = stage;
  farm.answers((looks) => (looks === 1 ? failedRun : { kind: 'ended', reply: done }));
  await stage.ask();
  await stage.clock.advance(60_000);
  expect(await stage.state()).toEqual(delivered);
  expect(farm.submits).toHaveLength(2);
  expect(await stage.endings()).toEqual(['failed', 'answered']);
});

test('a run that fails after a restart is forgotten before the next one is submitted', async () => {
  using stage = anOperationStage();
  const { farm } = stage;
  await stage.ask();
  farm.answers(() => failedRun);
  await stage.dieAndOpen();
  expect(stage.operation()).toBeNull();
  farm.answers(() => ({ kind: 'ended', reply: done }));
  await stage.clock.advance(60_000);
  expect(await stage.state()).toEqual(delivered);
  expect(await stage.endings()).toEqual(['failed', 'answered']);
});

test('a person who cancels has the run cancelled at the provider, and the seat comes back after that', async () => {
  using stage = anOperationStage();
  const { farm } = stage;
  const asked = Promise.withResolvers<void>();
  farm.cancelsBy(() => asked.promise);
  await stage.ask();
  expect((await stage.service.cancel(id, 1)).kind).toBe('running');
  await stage.clock.advance(0);
  expect(farm.cancels).toEqual([`run-1 ${first}`]);
  expect(stage.inFlight()).toEqual([1, 0]);
  asked.resolve();
  await stage.clock.advance(0);
  expect(stage.inFlight()).toEqual([0, 0]);
  expect(await stage.state()).toEqual({ kind: 'ended', outcome: { kind: 'cancelled' } });
  expect(await stage.endings()).toEqual(['broken-off']);
});

test('a provider that does not answer the cancelling holds nobody up for long', async () => {
  using stage = anOperationStage();
  stage.farm.cancelsBy(() => new Promise(() => undefined));
  await stage.ask();
  await stage.service.cancel(id, 1);
  await stage.clock.advance(60_000);
  expect(stage.inFlight()).toEqual([0, 0]);
});

test('a job that is cancelled while nobody works on it has its run cancelled too', async () => {
  using stage = anOperationStage();
  await stage.ask();
  await stage.service.drain(AbortSignal.abort());
  expect((await stage.service.cancel(id, 1)).kind).toBe('cancelled');
  await stage.clock.advance(0);
  expect(stage.farm.cancels).toEqual([`run-1 ${first}`]);
  expect(stage.operation()).toBeNull();
});

test('at the job’s deadline there is a last look, then the run is cancelled and the person is told (C22)', async () => {
  using stage = anOperationStage();
  await stage.ask();
  await stage.clock.advance(1_800_000 + 5_000);
  expect(await stage.state()).toMatchObject({ kind: 'ended', outcome: { kind: 'failed', code: 'taking-longer' } });
  expect(stage.farm.cancels).toEqual([`run-1 ${first}`]);
  expect(stage.farm.submits).toHaveLength(1);
});

test('a run whose key is gone is given up, and another key makes the result', async () => {
  using stage = anOperationStage();
  const { farm } = stage;
  await stage.ask();
  farm.answers(() => ({ kind: 'ended', reply: done }));
  await stage.dieAndOpen([2]);
  await stage.clock.advance(60_000);
  expect(farm.submits).toEqual([first, 'secret-of-key-2']);
  expect(await stage.state()).toEqual(delivered);
});

test('what is kept of a run holds no key', async () => {
  using stage = anOperationStage();
  await stage.ask();
  expect(String(stage.operation())).not.toContain(first);
});

test.each([
  ['was let run at once', running, 2],
  ['waited for others of its account', { ...running, isQueued: true }, 1],
] as const)('a key whose run %s has that many seats afterwards', async (_, look, seats) => {
  using stage = anOperationStage({ keys: 1 });
  const { clock, farm } = stage;
  farm.answers((looks) => (looks < 2 ? look : { kind: 'ended', reply: done }));
  await stage.ask();
  await clock.advance(10_000);
  expect(await stage.state()).toEqual(delivered);
  expect(stage.pool.seats('bytez')).toBe(seats);
});
