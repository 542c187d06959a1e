import { perKind } from '../../src/domain/kinds.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { JobEngine } from '../../src/domain/job-engine.ts';
import type { Provider, ProviderReply } from '../../src/domain/provider.ts';
import { GenerationService } from '../../src/jobs/generation-service.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import type { StrategyName } from '../../src/keys/pool/select-key.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createJobEngine } from '../../src/storage/stores/jobs/job-engine.ts';
import { aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { modelTraits } from '../../src/providers/registry.ts';
import { runs } from '../support/property-runs.ts';

const failures: readonly AttemptFailure[] = [
  { blame: 'key', reason: 'rejected', detail: '' },
  { blame: 'key', reason: 'rate-limited', retryAfterMs: 9_000, detail: '' },
  { blame: 'key', reason: 'rate-limited', detail: '' },
  { blame: 'key', reason: 'concurrency', detail: '' },
  { blame: 'key', reason: 'not-entitled', detail: '' },
  { blame: 'provider', reason: 'overloaded', detail: '' },
  { blame: 'provider', reason: 'unreachable', detail: '' },
  { blame: 'provider', reason: 'timed-out', detail: '' },
  { blame: 'provider', reason: 'unrecognized', detail: '' },
  { blame: 'request', reason: 'refused', detail: '' },
];

/** One answer of the provider: which failure, if any, and after how long. */
const answer = fc.record({
  failure: fc.option(fc.constantFrom(...failures), { freq: 2 }),
  ms: fc.integer({ min: 1, max: 20_000 }),
});
const life = fc.record({
  seats: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 }),
  /** How long after the one before each person asks. */
  asks: fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 25 }),
  answers: fc.array(answer, { minLength: 1, maxLength: 60 }),
});
type Life = typeof life extends fc.Arbitrary<infer Value> ? Value : never;

/** The real service, lines, engine and pool; the provider answers by script, the last line for ever. */
function aApp({ seats, answers }: Life, strategy: StrategyName) {
  let working = 0;
  const settled = async () => {
    for (let quiet = 0; quiet < 2; quiet = working === 0 ? quiet + 1 : 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const clock = fakeClock(undefined, settled);
  const database = openDatabase({ path: ':memory:' });
  const engine = countedBy(
    (by) => (working += by),
    createJobEngine({ database, clock, running: { premium: 9, free: 9 } }),
  );
  const events: AppEvent[] = [];
  const emit = (event: AppEvent) => void events.push(event);
  const random = () => 0.5;
  const keys = seats.map((count, index) => aKey(index + 1, { seats: count }));
  const pool = new KeyPool({ keys, remembered: [], strategy, clock, random, emit });
  const script = [...answers];
  let calling = 0;
  const provider: Provider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async (_request, _secret, signal): Promise<ProviderReply> => {
      const next = script.length > 1 ? script.shift() : script[0];
      calling += 1;
      await clock.sleep(next?.ms ?? 0, signal).finally(() => (calling -= 1));
      const failure = next?.failure ?? undefined;
      return failure === undefined
        ? { ok: true, source: { kind: 'url', url: 'https://cdn.example/x.png' } }
        : { ok: false, failure };
    },
  };
  const chain = [{ provider: 'bytez', model: 'm1' }] as const;
  const service = new GenerationService({
    ...engine,
    pool,
    models: modelTraits,
    providers: new Map([['bytez', provider]]),
    resultStore: {
      find: async () => undefined,
      remove: async () => false,
      download: async () => ({ ok: true, file: { path: 'x.png', kind: 'image', mime: 'image/png', bytes: 1 } }),
    },
    clock,
    random,
    emit,
    chains: perKind(() => chain),
    // Long enough that every wait between two attempts parks the job.
    rules: { maxAttempts: 3, delayMs: 8_000 },
    timeoutMs: { ...perKind(() => 180_000), image: 90_000 },
    deadlineMs: { ...perKind(() => 1_800_000), image: 600_000 },
    waiting: { premium: 9, free: 9 },
    perDay: { premium: perKind(() => -1), free: perKind(() => -1) },
    running: { premium: 1_000, free: 1_000 },
    maxWaitMs: Number.MAX_SAFE_INTEGER,
  });
  service.start();
  const ask = async (person: number) => {
    const origin = { chatId: person, chatType: 'private', userId: person, messageId: 1 } as const;
    const request = { kind: 'image', prompt: 'a fox', lane: 'free', locale: 'en', updateId: person, origin } as const;
    await service.submit(request);
  };
  const count = (where: string) =>
    Number(database.getNow(`SELECT count(*) AS jobs FROM jobs WHERE ${where}`, clock.now())?.['jobs']);
  return {
    clock,
    pool,
    events,
    ask,
    calling: () => calling,
    running: () => count(`state = 'running' AND accepted_at_ms <= ?`),
    ready: () => count(`state = 'waiting' AND ready_at_ms <= ?`),
    unfinished: () => count(`state IN ('waiting', 'running') AND accepted_at_ms <= ?`),
    isDown: () => events.findLast(({ event }) => event.startsWith('breaker'))?.event === 'breaker.opened',
    [Symbol.dispose]: () => {
      pool[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}

type Methods = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** The same engine, of which is counted how many of its promises are not kept yet: a moment is over when none is left. */
function countedBy(count: (by: number) => void, { queue, reader, delivery }: JobEngine): JobEngine {
  return { queue: countedPort(count, queue), reader: countedPort(count, reader), delivery };
}

function countedPort<Port extends object>(count: (by: number) => void, port: Port): Port {
  const entries = Object.entries(port as Methods).map(([name, method]) => [
    name,
    (...given: unknown[]) => {
      const answer = method(...given);
      if (!(answer instanceof Promise)) return answer;
      count(1);
      return answer.finally(() => count(-1));
    },
  ]);
  return Object.fromEntries(entries) as Port;
}

type App = ReturnType<typeof aApp>;

function expectNobodyWaitsInside(app: App): void {
  expect(app.running()).toBe(app.calling());
}

function expectNoIdleSeat(app: App): void {
  expectNobodyWaitsInside(app);
  if (app.ready() === 0 || app.isDown()) return;
  const free = app.pool.lease('bytez');
  expect(free.kind).not.toBe('seat');
}

/** Lets everybody ask, and all of them come to an end; `look` is called at every quiet moment. */
async function expectServedInOrder(given: Life, strategy: StrategyName, look: (app: App) => void): Promise<void> {
  using app = aApp(given, strategy);
  for (const [index, afterMs] of given.asks.entries()) {
    await app.clock.advance(afterMs);
    await app.ask(index + 1);
    await app.clock.advance(0);
    look(app);
  }
  for (let second = 0; second < 60; second += 1) {
    await app.clock.advance(1_000);
    look(app);
  }
  await app.clock.advance(4 * 3_600_000);
  const started = app.events.flatMap((event) => (event.event === 'job.started' ? [event.jobId] : []));
  expect([...new Set(started)]).toEqual(given.asks.map((_, index) => `tg-${index + 1}`));
  expect(app.unfinished()).toBe(0);
  expect(app.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
  expect(app.events.filter(({ event }) => event === 'app.error')).toEqual([]);
}

test('whatever the keys do, people are served in the order in which they asked, and no seat is idle meanwhile', async () => {
  const served = fc.asyncProperty(life, (given) => expectServedInOrder(given, 'round-robin', expectNoIdleSeat));
  await fc.assert(served, { numRuns: runs(60) });
});

test('where slow keys may be left alone for a while, people are still served in the order in which they asked', async () => {
  const served = fc.asyncProperty(life, (given) => expectServedInOrder(given, 'health-based', expectNobodyWaitsInside));
  await fc.assert(served, { numRuns: runs(60) });
});
