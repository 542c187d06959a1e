import { expect, test } from 'vitest';
import { poolViewOf } from '../../src/domain/views.ts';
import type { AttemptTrail } from '../../src/domain/attempt-trail.ts';
import type { AttemptTools } from '../../src/jobs/attempt-loop.ts';
import { JobStopped } from '../../src/jobs/running-jobs.ts';
import type { SeatAnswer, SeatRequest } from '../../src/domain/key-leases.ts';
import { anAttemptStage, cut, done, down, failed, limited, noModel, refusedKey, timedOut } from './attempt-stage.ts';

test('runAttempts() goes on to another key at once when a key is refused, at no cost', async () => {
  const stage = anAttemptStage({ replies: [refusedKey, limited(30_000), done] });
  const ending = await stage.run();
  expect(ending).toMatchObject({ kind: 'answered', progress: { candidate: 0, attempts: 0, calls: 3 } });
  expect(stage.asked).toEqual(['1:m1', '2:m1', '3:m1']);
});

test('runAttempts() goes on to another key at once when a key is not entitled to the model', async () => {
  const notEntitled = failed({ blame: 'key', reason: 'not-entitled', detail: '' });
  const stage = anAttemptStage({ replies: [notEntitled, done] });
  expect(await stage.run()).toMatchObject({ kind: 'answered', progress: { attempts: 0, calls: 2 } });
  expect(stage.asked).toEqual(['1:m1', '2:m1']);
});

test('runAttempts() spends three attempts on a candidate and goes on to the next one', async () => {
  const stage = anAttemptStage({ keys: 8, replies: [down, down, down, done], delayMs: 1_000 });
  const running = stage.run();
  await stage.clock.advance(10_000);
  expect(await running).toMatchObject({
    kind: 'answered',
    candidate: { model: 'm2' },
    progress: { candidate: 1, attempts: 0, calls: 4 },
  });
  expect(stage.asked.map((call) => call.slice(2))).toEqual(['m1', 'm1', 'm1', 'm2']);
});

test('runAttempts() parks the job when the wait is longer than two seconds', async () => {
  const stage = anAttemptStage({ keys: 8, replies: [down], delayMs: 2_000 });
  const running = stage.run();
  await stage.clock.advance(2_000);
  expect(await running).toEqual({
    kind: 'parked',
    line: 'bytez',
    readyAtMs: stage.clock.now() + 4_000,
    reason: 'backing-off',
    progress: { candidate: 0, attempts: 2, calls: 2 },
  });
});

test('runAttempts() takes another key at once when that one has just worked', async () => {
  const stage = anAttemptStage({ keys: 3, replies: [cut, done] });
  const [, second] = stage.pool.snapshot().keys;
  if (second !== undefined) stage.breaker.noteSuccess(second.id, 50);
  expect(await stage.run()).toMatchObject({ kind: 'answered', progress: { attempts: 1, calls: 2 } });
  expect(stage.asked).toEqual(['1:m1', '2:m1']);
  expect(stage.clock.pending).toBe(0);
});

test('runAttempts() backs off when only the key that failed has just worked', async () => {
  const stage = anAttemptStage({ keys: 3, replies: [cut, done] });
  stage.answered(1, 50);
  const running = stage.run();
  await stage.clock.advance(1_999);
  expect(stage.asked).toHaveLength(1);
  await stage.clock.advance(1);
  expect(await running).toMatchObject({ kind: 'answered', progress: { attempts: 1, calls: 2 } });
});

test('runAttempts() never asks before the provider’s own time, although another key has just worked', async () => {
  const busy = failed({ blame: 'provider', reason: 'overloaded', retryAfterMs: 7_000, detail: '' });
  const stage = anAttemptStage({ keys: 3, replies: [busy] });
  for (const { id } of stage.pool.snapshot().keys) stage.breaker.noteSuccess(id, 50);
  expect(await stage.run()).toMatchObject({ kind: 'parked', readyAtMs: stage.clock.now() + 7_000 });
});

test('runAttempts() parks until the first key wakes when all of them cool', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [limited(30_000), limited(9_000)] });
  expect(await stage.run()).toMatchObject({
    kind: 'parked',
    readyAtMs: stage.clock.now() + 9_000,
    reason: 'keys-cooling',
    progress: { attempts: 0, calls: 2 },
  });
});

test('runAttempts() fails at once when every key of every candidate is benched, and says when one is tried again', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [refusedKey] });
  const ending = await stage.run();
  expect(ending).toMatchObject({ kind: 'failed', code: 'keys-being-set-up', calls: 2 });
  const probes = stage.pool.snapshot().keys.flatMap(({ state }) => (state.kind === 'benched' ? [state.probeAtMs] : []));
  expect(ending).toHaveProperty('againAtMs', Math.min(...probes));
});

test('runAttempts() says out of credit, and from when on it is worth asking again', async () => {
  const stage = anAttemptStage({ keys: 1, replies: [failed({ blame: 'key', reason: 'out-of-credit', detail: '' })] });
  expect(await stage.run()).toEqual({
    kind: 'failed',
    code: 'out-of-credit',
    calls: 1,
    againAtMs: stage.clock.now() + 3_600_000,
  });
});

test('runAttempts() says busy, and until when, if no key wakes before the deadline of the job', async () => {
  const stage = anAttemptStage({ keys: 1, replies: [limited(3_600_000)] });
  expect(await stage.run()).toEqual({
    kind: 'failed',
    code: 'busy',
    calls: 1,
    againAtMs: stage.clock.now() + 3_600_000,
  });
});

test('runAttempts() says busy if the first key wakes too late for a call to end before the deadline', async () => {
  const stage = anAttemptStage({ keys: 1, replies: [limited(560_000)], chain: [{ provider: 'bytez', model: 'm1' }] });
  stage.answered(1, 45_000);
  expect(await stage.run()).toMatchObject({ kind: 'failed', code: 'busy' });
});

test('runAttempts() rests an unknown model for everyone, but never the last candidate', async () => {
  const stage = anAttemptStage({ replies: [noModel] });
  expect(await stage.run()).toEqual({ kind: 'failed', code: 'model-unavailable', calls: 2 });
  expect(await stage.run()).toEqual({ kind: 'failed', code: 'model-unavailable', calls: 1 });
  expect(stage.asked.map((call) => call.slice(2))).toEqual(['m1', 'm2', 'm2']);
  expect(stage.pool.snapshot().ready).toBe(3);
});

test('runAttempts() makes one call for a refused prompt and touches no key', async () => {
  const stage = anAttemptStage({ replies: [failed({ blame: 'request', reason: 'refused', detail: '' })] });
  expect(await stage.run()).toEqual({ kind: 'failed', code: 'refused', calls: 1 });
  expect(stage.pool.snapshot().keys.every(({ state }) => state.kind === 'ready')).toBe(true);
});

test('runAttempts() counts a failure that is in no table, and spends an attempt on it', async () => {
  const odd = failed({ blame: 'provider', reason: 'unrecognized', sureness: 'guess', detail: 'teapot' });
  const stage = anAttemptStage({ keys: 9, replies: [odd, odd, done], delayMs: 0 });
  const running = stage.run();
  await stage.clock.advance(0);
  expect(await running).toMatchObject({ kind: 'answered', progress: { attempts: 2, calls: 3 } });
  expect(stage.events.filter(({ event }) => event === 'failure.unrecognized')).toEqual([
    { event: 'failure.unrecognized', provider: 'bytez', detail: 'teapot', count: 1 },
    { event: 'failure.unrecognized', provider: 'bytez', detail: 'teapot', count: 2 },
  ]);
});

test('runAttempts() stops at fifty calls whatever the keys say', async () => {
  const stage = anAttemptStage({ keys: 80, replies: [refusedKey] });
  expect(await stage.run()).toEqual({ kind: 'failed', code: 'keys-being-set-up', calls: 50 });
});

test('runAttempts() does not hold calls that asked for everybody against those fifty', async () => {
  const progress = { candidate: 0, attempts: 0, calls: 60, probes: 20 };
  const stage = anAttemptStage({ replies: [done], progress });
  expect(await stage.run()).toMatchObject({ kind: 'answered', progress: { calls: 61, probes: 20 } });
});

test('runAttempts() begins no attempt that is expected to end after the deadline', async () => {
  const stage = anAttemptStage({ replies: [down], chain: [{ provider: 'bytez', model: 'm1' }], delayMs: 0 });
  stage.answered(1, 45_000);
  const late = (leftMs: number) => stage.run({}, { ...stage.job, claimedAtMs: stage.clock.now() - 600_000 + leftMs });
  expect(await late(44_000)).toEqual({ kind: 'failed', code: 'busy', calls: 0 });
  const running = late(46_000);
  await stage.clock.advance(0);
  expect(await running).toMatchObject({ calls: expect.toSatisfy((calls: number) => calls >= 1) as number });
});

test('runAttempts() goes on to a model whose answer may come before the deadline', async () => {
  const stage = anAttemptStage({ replies: [done] });
  stage.answered(1, 45_000);
  const late = { ...stage.job, claimedAtMs: stage.clock.now() - 600_000 + 44_000 };
  expect(await stage.run({}, late)).toMatchObject({ kind: 'answered', candidate: { model: 'm2' } });
});

test('runAttempts() gives a call three times what calls usually take, and after a time-out all the time there is', async () => {
  const stage = anAttemptStage({ replies: [timedOut], hang: true, delayMs: 1 });
  stage.answered(20, 10_000);
  const running = stage.run();
  await stage.clock.advance(125_000);
  stage.abort.abort(new JobStopped('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  const spans = stage.noted.flatMap(({ ending }) => (ending.kind === 'failed' ? [ending.ms] : []));
  expect(spans).toEqual([30_000, 90_000]);
});

test('runAttempts() keeps that a call was never sent when the job is cancelled between its note and its request', async () => {
  const stage = anAttemptStage({ keys: 1, replies: [done] });
  const sent = async (trail: AttemptTrail) => {
    stage.abort.abort(new JobStopped('cancelled'));
    return stage.tools.journal.sent(trail);
  };
  await expect(stage.run({ journal: { ...stage.tools.journal, sent } })).rejects.toThrow('cancelled');
  expect(stage.asked).toEqual([]);
  expect(stage.noted.map(({ ending }) => ending)).toEqual([{ kind: 'sent' }, { kind: 'not-sent' }]);
  expect(stage.pool.snapshot('bytez').keys[0]?.inFlight).toBe(0);
});

test('runAttempts() breaks the call off when the job is cancelled, and gives the seat back', async () => {
  const stage = anAttemptStage({ keys: 1, replies: [done], hang: true });
  const running = stage.run();
  await stage.clock.advance(10);
  stage.abort.abort(new JobStopped('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  expect(stage.noted.at(-1)).toMatchObject({ call: 1, ending: { kind: 'broken-off', ms: 10 } });
  expect(stage.pool.lease('bytez').kind).toBe('seat');
});

test('runAttempts() makes no call for a job that a newer lease has fenced, and releases the seat', async () => {
  const stage = anAttemptStage({ keys: 1, replies: [done] });
  stage.overtake();
  await expect(stage.run()).rejects.toThrow('fenced');
  expect(stage.asked).toEqual([]);
  expect(stage.pool.lease('bytez').kind).toBe('seat');
});

test('an adapter that throws costs an attempt, not the bot', async () => {
  const stage = anAttemptStage({ keys: 9, replies: [], delayMs: 0 });
  const running = stage.run();
  await stage.clock.advance(0);
  expect(await running).toEqual({ kind: 'failed', code: 'provider-down', calls: 6 });
  expect(stage.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
});

test('the story of a job names attempt and key', async () => {
  const stage = anAttemptStage({ replies: [limited(5_000), done] });
  await stage.run();
  const story = stage.events.flatMap((event) =>
    'attempt' in event ? [`${event.event} ${event.attempt}/${event.of} ${event.keyName}`] : [],
  );
  expect(story).toEqual([
    'attempt.started 1/3 bytez #1',
    'attempt.failed 1/3 bytez #1',
    'attempt.started 1/3 bytez #2',
    'attempt.succeeded 1/3 bytez #2',
  ]);
});

test('runAttempts() keeps each call before it goes out, and again with its ending', async () => {
  const stage = anAttemptStage({ keys: 2, replies: [limited(5_000), done] });
  await stage.clock.advance(700);
  const startedAtMs = stage.clock.now();
  const ending = await stage.run();
  const [keyOne, keyTwo] = stage.pool.snapshot().keys;
  const first = {
    call: 1,
    candidate: { provider: 'bytez', model: 'm1' },
    attempt: 1,
    of: 3,
    keyId: keyOne?.id,
    keyName: 'bytez #1',
    choice: expect.objectContaining({ why: 'first-in-order', of: 2 }) as object,
    waitedMs: 700,
    startedAtMs,
    ending: { kind: 'sent' },
  };
  const second = {
    ...first,
    call: 2,
    keyId: keyTwo?.id,
    keyName: 'bytez #2',
    choice: expect.objectContaining({ of: 1, skipped: { cooling: 1 } }) as object,
    waitedMs: 0,
  };
  const refused = { kind: 'failed', reason: 'rate-limited', sureness: 'sure', detail: '', ms: 0 };
  expect(stage.noted).toEqual([first, { ...first, ending: refused }, second]);
  expect(ending).toHaveProperty('trail', { ...second, ending: { kind: 'answered', ms: 0 } });
  expect(stage.checkpoints).toEqual([{ candidate: 0, attempts: 0, calls: 1 }]);
});

test('runAttempts() takes a slow key only when the job would otherwise miss its deadline', async () => {
  const stage = anAttemptStage({ replies: [done] });
  const slow: SeatAnswer = { kind: 'slow', slowMs: 40_000, fastMs: 30_000, fastSeats: 2 };
  const requests: (SeatRequest | undefined)[] = [];
  const pool: AttemptTools['pool'] = {
    acquire: async (provider, request) => {
      requests.push(request);
      return request?.evenSlow === true ? stage.pool.lease(provider, request) : slow;
    },
    resume: (keyId) => stage.pool.resume(keyId),
    expectedMs: () => undefined,
    latency: () => undefined,
    acquit: () => undefined,
    acquitModel: () => undefined,
    served: () => undefined,
    snapshot: () => poolViewOf([]),
  };
  expect(await stage.run({ pool })).toMatchObject({ kind: 'parked', reason: 'keys-busy' });
  const late = { ...stage.job, claimedAtMs: stage.clock.now() - 600_000 + 59_000 };
  expect(await stage.run({ pool }, late)).toMatchObject({ kind: 'answered' });
  expect(requests.map((request) => request?.evenSlow === true)).toEqual([false, false, true]);
});
