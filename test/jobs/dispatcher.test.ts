import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { JobQueue, Claim } from '../../src/domain/job-engine.ts';
import { type Lane, perKind } from '../../src/domain/kinds.ts';
import { CircuitBreaker } from '../../src/jobs/circuit-breaker/circuit-breaker.ts';
import { Dispatcher } from '../../src/jobs/dispatcher.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import type { Lease, SeatAnswer, SeatRequest } from '../../src/domain/key-leases.ts';
import type { PoolKey } from '../../src/keys/sources/identify-keys.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createJobEngine } from '../../src/storage/stores/jobs/job-engine.ts';
import { aRequest } from '../conformance/requests.ts';
import { aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fallSilent } from './a-fault.ts';

type Run = { readonly claim: Claim; readonly seat: Lease | undefined; readonly end: () => void };

const limits = { waiting: 1_000, perDay: -1 };
const deadlineMs = { ...perKind(() => 1_800_000), image: 600_000 };

type LineMore = {
  readonly hasFallback?: () => boolean;
  /** In place of the pool's own. */
  readonly lease?: (pool: KeyPool, request: SeatRequest | undefined) => SeatAnswer;
  readonly hasRoom?: () => boolean;
  /** Called while the dispatcher looks how many jobs wait. */
  readonly onLook?: () => Promise<void>;
  /** Called while the dispatcher asks when the next job is ready, to wake up then. */
  readonly onAlarm?: () => Promise<void>;
};

/** A line in front of a real engine in memory; a job runs until its `end` is called. */
function aLine(keys: readonly PoolKey[] = [aKey(1)], more: LineMore = {}) {
  const clock = fakeClock();
  const database = openDatabase({ path: ':memory:' });
  const sqlite = createJobEngine({ database, clock, running: { premium: 100, free: 100 } });
  const claims: (number | undefined)[] = [];
  let isBroken = false;
  const queue: JobQueue = {
    ...sqlite.queue,
    nextReadyMs: async (...given) => {
      await more.onAlarm?.();
      return sqlite.queue.nextReadyMs(...given);
    },
    claim: async (...given) => {
      if (isBroken) throw new Error('database is locked');
      const claim = await sqlite.queue.claim(...given);
      claims.push(claim?.job.updateId);
      return claim;
    },
  };
  const pool = new KeyPool({
    keys,
    remembered: [],
    strategy: 'health-based',
    clock,
    random: () => 0.5,
    emit: () => undefined,
  });
  const runs: Run[] = [];
  const troubles: unknown[] = [];
  const breaker = new CircuitBreaker({ clock, random: () => 0.5, keys: () => keys.length, onChange: () => undefined });
  const line = new Dispatcher({
    provider: 'bytez',
    queue,
    reader: {
      ...sqlite.reader,
      countWaiting: async (line) => {
        await more.onLook?.();
        return sqlite.reader.countWaiting(line);
      },
    },
    pool: {
      acquire: async (provider, request) => more.lease?.(pool, request) ?? pool.lease(provider, request),
      seats: (provider) => pool.seats(provider),
    },
    breaker,
    clock,
    ...(more.hasFallback === undefined ? {} : { hasFallback: more.hasFallback }),
    deadlineMs,
    runner: {
      get hasRoom() {
        return more.hasRoom?.() !== false;
      },
      run: async (claim, seat) => {
        void breaker.beginProbe();
        const ended = Promise.withResolvers<void>();
        runs.push({ claim, seat, end: ended.resolve });
        // What no key can serve ends at once, as the runner has it.
        if (seat !== undefined) await ended.promise;
        seat?.release({ kind: 'succeeded', ms: 10 });
        await sqlite.queue.settle(claim.lease, { kind: 'failed', code: 'stopped' });
      },
    },
    onError: (error) => troubles.push(error),
  });
  pool.onSeat(() => line.poke());
  const accept = async (updateId: number, lane: Lane = 'free') => {
    const origin = { chatId: updateId, chatType: 'private', userId: updateId, messageId: 1 } as const;
    const request = { kind: 'image', prompt: 'a fox', lane, locale: 'en', line: 'bytez', updateId, origin } as const;
    await queue.accept(request, limits);
    line.poke();
    await clock.advance(0);
  };
  /** A call of another job with this key fails. */
  const fail = (failure: AttemptFailure) => {
    const answer = pool.lease('bytez');
    if (answer.kind !== 'seat') throw new Error(`Expected a seat, got "${answer.kind}"`);
    answer.lease.release({ kind: 'failed', failure, ms: 10 });
  };
  return {
    clock,
    engine: { ...sqlite, queue },
    pool,
    line,
    breaker,
    runs,
    claims,
    troubles,
    accept,
    fail,
    setBroken: (broken: boolean) => void (isBroken = broken),
    started: () => runs.map(({ claim }) => claim.job.updateId),
    finish: async (updateId: number) => {
      runs.find(({ claim }) => claim.job.updateId === updateId)?.end();
      await clock.advance(0);
    },
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

const limited = (seconds: number): AttemptFailure => ({
  blame: 'key',
  reason: 'rate-limited',
  retryAfterMs: seconds * 1_000,
  detail: '',
});
const rejected: AttemptFailure = { blame: 'key', reason: 'rejected', detail: '' };
const poor: AttemptFailure = { blame: 'key', reason: 'out-of-credit', detail: '' };

test('Line starts as many jobs as its keys have seats, and the next one when a seat comes back', async () => {
  using app = aLine([aKey(1), aKey(2, { seats: 2 })]);
  for (const id of [1, 2, 3, 4, 5]) await app.accept(id);
  expect(app.started()).toEqual([1, 2, 3]);
  expect(app.line.running).toBe(3);
  await app.finish(2);
  expect(app.started()).toEqual([1, 2, 3, 4]);
  expect(app.line.running).toBe(3);
});

test('Line never claims a job without a seat in hand', async () => {
  using app = aLine();
  await app.accept(1);
  const claimsWithSeat = app.claims.length;
  for (const id of [2, 3]) await app.accept(id);
  for (let pokes = 0; pokes < 5; pokes += 1) app.line.poke();
  await app.clock.advance(20_000);
  expect(app.claims).toHaveLength(claimsWithSeat);
  expect((await app.engine.reader.stats()).lines).toMatchObject([{ running: 1, waiting: { free: 2 } }]);
  expect(app.runs.every(({ seat }) => seat !== undefined)).toBe(true);
});

test('Line asks for no seat while nothing waits, and gives one back when there is no job for it', async () => {
  using app = aLine([aKey(1), aKey(2)]);
  app.line.poke();
  await app.clock.advance(0);
  expect(app.claims).toEqual([]);
  await app.accept(1);
  const claim = app.runs[0]?.claim;
  if (claim === undefined) throw new Error('Expected a claim');
  const progress = { candidate: 0, attempts: 0, calls: 0 };
  const readyAtMs = app.clock.now() + 60_000;
  await app.engine.queue.park(claim.lease, { line: 'bytez', readyAtMs, reason: 'backing-off', progress });
  app.line.poke();
  await app.clock.advance(0);
  expect(app.claims).toEqual([1, undefined]);
  await app.finish(1);
  expect(app.pool.snapshot().keys).toMatchObject([{ inFlight: 0 }, { inFlight: 0 }]);
});

test('Line pauses while all keys cool, and resumes the moment the first one wakes', async () => {
  using app = aLine([aKey(1), aKey(2)]);
  app.fail(limited(30));
  app.fail(limited(9));
  await app.accept(1);
  await app.clock.advance(8_999);
  expect(app.claims).toEqual([]);
  await app.clock.advance(1);
  expect(app.started()).toEqual([1]);
  await app.accept(2);
  expect(app.started()).toEqual([1]);
  await app.clock.advance(20_999);
  expect(app.started()).toEqual([1]);
  await app.clock.advance(1);
  expect(app.started()).toEqual([1, 2]);
});

test('Line hands the key that wakes to the premium job that came last', async () => {
  using app = aLine();
  app.fail(limited(10));
  for (const id of [1, 2, 3]) await app.accept(id);
  await app.accept(4, 'premium');
  await app.clock.advance(10_000);
  for (const id of [4, 1, 2, 3]) await app.finish(id);
  expect(app.started()).toEqual([4, 1, 2, 3]);
});

test('Line runs a job without a seat when every key was refused, so that it can end', async () => {
  using app = aLine();
  app.fail(rejected);
  await app.accept(1);
  expect(app.runs).toMatchObject([{ seat: undefined }]);
  await app.accept(2);
  expect(app.started()).toEqual([1, 2]);
});

test('Line sends one careful job, and no second, through a key whose rest without credit is over', async () => {
  using app = aLine();
  app.fail(poor);
  await app.clock.advance(3_600_000);
  await app.accept(1);
  await app.accept(2);
  expect(app.started()).toEqual([1]);
  await app.finish(1);
  expect(app.started()).toEqual([1, 2]);
});

test('Line starts one job at a time, as the probe, while the provider is silent', async () => {
  using app = aLine([aKey(1), aKey(2), aKey(3)]);
  fallSilent(
    app.breaker,
    app.pool.keys().map(({ key }) => key.id),
  );
  expect(app.breaker.isOpen).toBe(true);
  for (const id of [1, 2, 3]) await app.accept(id);
  expect(app.started()).toEqual([]);
  await app.clock.advance(app.breaker.probeInMs - 1);
  expect(app.started()).toEqual([]);
  await app.clock.advance(1);
  expect(app.started()).toEqual([1]);
  app.breaker.endProbe(true);
  await app.clock.advance(app.breaker.probeInMs);
  expect(app.started()).toEqual([1, 2]);
  app.breaker.noteSuccess(aKey(1).id, 50);
  await app.finish(1);
  expect(app.started()).toEqual([1, 2, 3]);
});

test('Line sends its probe also while calls from before the silence hang', async () => {
  using app = aLine([aKey(1), aKey(2)]);
  await app.accept(1);
  fallSilent(
    app.breaker,
    app.pool.keys().map(({ key }) => key.id),
  );
  await app.accept(2);
  await app.clock.advance(app.breaker.probeInMs);
  expect(app.started()).toEqual([1, 2]);
});

test('Line sends jobs on past a silent provider when there is another one, and takes no seat for it', async () => {
  using app = aLine([aKey(1), aKey(2)], { hasFallback: () => true });
  fallSilent(
    app.breaker,
    app.pool.keys().map(({ key }) => key.id),
  );
  for (const id of [1, 2, 3]) await app.accept(id);
  expect(app.runs.map(({ claim, seat }) => [claim.job.updateId, seat])).toEqual([
    [1, undefined],
    [2, undefined],
    [3, undefined],
  ]);
});

test.each([
  ['every key cools for long', false],
  ['the provider is silent', true],
])(
  'Line lets ten jobs at once decide where they go while %s, and the next ten after a pause',
  async (_what, isSilent) => {
    using app = aLine([aKey(1), aKey(2)], { hasFallback: () => true });
    if (isSilent) {
      fallSilent(
        app.breaker,
        app.pool.keys().map(({ key }) => key.id),
      );
    } else {
      for (let call = 0; call < 2; call += 1) {
        app.fail({ blame: 'key', reason: 'rate-limited', detail: 'HTTP 429', retryAfterMs: 600_000 });
      }
    }
    // Each job takes some turns of the event loop.
    const passes = async (ms: number) => {
      await app.clock.advance(ms);
      for (let turn = 0; turn < 20; turn += 1) await app.clock.advance(0);
    };
    for (let id = 1; id <= 25; id += 1) await app.accept(id);
    expect(app.runs).toHaveLength(10);
    app.line.poke();
    await passes(150);
    expect(app.runs).toHaveLength(10);
    await passes(100);
    expect(app.runs).toHaveLength(20);
    await passes(250);
    expect(app.runs.map(({ claim, seat }) => [claim.job.updateId, seat])).toEqual(
      Array.from({ length: 25 }, (_, index) => [index + 1, undefined]),
    );
  },
);

test('Line goes on with jobs that move also when the pause was over before it had looked how many wait', async () => {
  const now = { hasFallback: false, lookMs: 0 };
  using app = aLine([aKey(1)], {
    hasFallback: () => now.hasFallback,
    onLook: async () => {
      if (now.lookMs > 0) await app.clock.sleep(now.lookMs, new AbortController().signal);
    },
  });
  app.fail({ blame: 'key', reason: 'rate-limited', detail: 'HTTP 429', retryAfterMs: 600_000 });
  for (let id = 1; id <= 15; id += 1) await app.accept(id);
  expect(app.runs).toEqual([]);
  now.hasFallback = true;
  now.lookMs = 500;
  app.line.poke();
  for (let turn = 0; turn < 160; turn += 1) await app.clock.advance(turn < 80 ? 0 : 25);
  expect(app.runs).toHaveLength(15);
});

const slowKeys = (waiting: number): SeatAnswer => ({
  kind: 'slow',
  slowMs: 30_000,
  fastMs: 10_000,
  fastSeats: waiting,
});

test.each([
  ['leaves a slow key alone while the fast ones are soon through with the line', 2, [1]],
  ['takes a slow key when the line would keep the fast ones busy for longer', 1, [1, 2]],
])('Line %s', async (_what, fastSeats, started) => {
  let isBusy = false;
  using app = aLine([aKey(1), aKey(2)], {
    lease: (pool, request) =>
      isBusy && request?.evenSlow !== true ? slowKeys(fastSeats) : pool.lease('bytez', request),
  });
  await app.accept(1);
  isBusy = true;
  for (const id of [2, 3, 4, 5]) await app.accept(id);
  expect(app.started()).toEqual(started);
});

test('Line takes a slow key when nothing else runs that could give a seat back', async () => {
  using app = aLine([aKey(1)], {
    lease: (pool, request) => (request?.evenSlow === true ? pool.lease('bytez', request) : slowKeys(9)),
  });
  await app.accept(1);
  expect(app.started()).toEqual([1]);
});

test('Line starts a parked job when its time comes', async () => {
  using app = aLine([aKey(1)]);
  await app.accept(1);
  const [run] = app.runs;
  if (run === undefined) throw new Error('Expected the job to run');
  const readyAtMs = app.clock.now() + 3_000;
  const progress = { candidate: 0, attempts: 1, calls: 1 };
  await app.engine.queue.park(run.claim.lease, { line: 'bytez', readyAtMs, reason: 'backing-off', progress });
  await app.finish(1);
  await app.clock.advance(2_999);
  expect(app.started()).toEqual([1]);
  await app.clock.advance(1);
  expect(app.started()).toEqual([1, 1]);
});

test('Line hands out a job whose own deadline has passed although all keys cool', async () => {
  using app = aLine();
  await app.accept(1);
  const [run] = app.runs;
  if (run === undefined) throw new Error('Expected the job to run');
  const readyAtMs = app.clock.now() + 3_600_000;
  const progress = { candidate: 0, attempts: 1, calls: 1 };
  await app.engine.queue.park(run.claim.lease, { line: 'bytez', readyAtMs, reason: 'keys-cooling', progress });
  await app.finish(1);
  app.fail(limited(3_600));
  await app.clock.advance(deadlineMs.image - 1);
  expect(app.started()).toEqual([1]);
  await app.clock.advance(5_001);
  expect(app.runs.slice(1)).toMatchObject([{ seat: undefined }]);
});

test('Line tells of an engine that does not answer and tries again by itself', async () => {
  using app = aLine();
  app.setBroken(true);
  await app.accept(1);
  expect(app.troubles.map(String)).toEqual(['Error: database is locked']);
  expect(app.pool.snapshot().keys).toMatchObject([{ inFlight: 0 }]);
  app.setBroken(false);
  await app.clock.advance(5_000);
  expect(app.started()).toEqual([1]);
});

test('Line.close() claims nothing more, and idle() resolves when what runs has ended', async () => {
  using app = aLine();
  await app.accept(1);
  await app.accept(2);
  app.line.close();
  let isIdle = false;
  const idle = app.line.idle().then(() => (isIdle = true));
  await app.clock.advance(10_000);
  expect(isIdle).toBe(false);
  await app.finish(1);
  await idle;
  expect(app.started()).toEqual([1]);
});

test('Dispatcher claims nothing while results pile up, and goes on once there is room', async () => {
  let hasRoom = false;
  using app = aLine([aKey(1)], { hasRoom: () => hasRoom });
  await app.accept(1);
  expect(app.claims).toEqual([]);
  hasRoom = true;
  app.line.poke();
  await app.clock.advance(0);
  expect(app.started()).toEqual([1]);
});

test('Dispatcher gives a seat back that it got after it was closed, and claims nothing with it', async () => {
  const closing = { now: () => undefined as void };
  using app = aLine([aKey(1)], {
    lease: (pool, request) => {
      closing.now();
      return pool.lease('bytez', request);
    },
  });
  closing.now = () => app.line.close();
  await app.accept(1);
  expect(app.claims).toEqual([]);
  expect(app.pool.snapshot().keys).toMatchObject([{ inFlight: 0 }]);
});

test('Dispatcher starts a job at once that came while it looked how many wait', async () => {
  const looking = { once: async () => undefined as void };
  using app = aLine([aKey(1)], { onLook: () => looking.once() });
  looking.once = async () => {
    looking.once = async () => undefined;
    await app.engine.queue.accept(aRequest({ updateId: 1 }), limits);
    app.line.poke();
  };
  app.line.poke();
  await app.clock.advance(0);
  expect(app.started()).toEqual([1]);
});

test('Dispatcher uses a seat at once that came back while it set its alarm', async () => {
  let alarm = Promise.withResolvers<void>();
  alarm.resolve();
  using app = aLine([aKey(1)], { onAlarm: async () => alarm.promise });
  const { clock, accept, runs } = app;
  await accept(1);
  alarm = Promise.withResolvers<void>();
  await accept(2);
  expect(runs).toHaveLength(1);
  runs[0]?.end();
  await clock.advance(0);
  alarm.resolve();
  await clock.advance(0);
  expect(app.started()).toEqual([1, 2]);
});
