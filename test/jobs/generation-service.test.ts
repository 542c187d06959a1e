import { perKind } from '../../src/domain/kinds.ts';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import type { GenerationOptions } from '../../src/domain/job.ts';
import { jobId, type ProviderName } from '../../src/domain/ids.ts';
import type { Provider, ProviderReply } from '../../src/domain/provider.ts';
import { GenerationService } from '../../src/jobs/generation-service.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createJobEngine } from '../../src/storage/stores/jobs/job-engine.ts';
import { aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { cut, done, down } from './attempt-stage.ts';
import { modelTraits } from '../../src/providers/registry.ts';

const pictureMs = 50;
const limitedFor = (retryAfterMs: number): ProviderReply => ({
  ok: false,
  failure: { blame: 'key', reason: 'rate-limited', detail: 'HTTP 429', retryAfterMs },
});

/** The service over two providers, each with a key or two; a person asks for a picture each. */
function aApp(says: Readonly<Partial<Record<ProviderName, () => ProviderReply>>>) {
  const clock = fakeClock();
  const database = openDatabase({ path: ':memory:' });
  const engine = createJobEngine({ database, clock, running: { premium: 9, free: 9 } });
  const events: AppEvent[] = [];
  const asked: ProviderName[] = [];
  const emit = (event: AppEvent) => void events.push(event);
  const providerOf = (name: ProviderName): Provider => ({
    name,
    probe: async () => ({ ok: true }),
    generate: async (_request, _secret, signal) => {
      asked.push(name);
      await clock.sleep(pictureMs, signal);
      return says[name]?.() ?? done;
    },
  });
  const keys = [
    aKey(1, { seats: 4 }),
    aKey(2, { seats: 4 }),
    aKey(3, { provider: 'openai', name: 'openai #1', place: 1, seats: 4 }),
  ];
  const random = () => 0.5;
  const pool = new KeyPool({ keys, remembered: [], strategy: 'health-based', clock, random, emit });
  const anyNumber = perKind(() => -1);
  const service = new GenerationService({
    ...engine,
    pool,
    models: modelTraits,
    providers: new Map([
      ['bytez', providerOf('bytez')],
      ['openai', providerOf('openai')],
    ]),
    resultStore: {
      download: async () => ({ ok: true, file: { path: 'x.png', kind: 'image', mime: 'image/png', bytes: 1 } }),
      find: async () => undefined,
      remove: async () => false,
    },
    clock,
    random,
    emit,
    chains: {
      ...perKind(() => []),
      image: [
        { provider: 'bytez', model: 'm1' },
        { provider: 'openai', model: 'o1' },
      ],
      video: [{ provider: 'bytez', model: 'v1' }],
    },
    rules: { maxAttempts: 3, delayMs: 2_000 },
    timeoutMs: { ...perKind(() => 180_000), image: 90_000 },
    deadlineMs: { ...perKind(() => 1_800_000), image: 600_000 },
    waiting: { premium: 9, free: 9 },
    perDay: { premium: anyNumber, free: anyNumber },
    running: { premium: 1_000, free: 1_000 },
    maxWaitMs: Number.MAX_SAFE_INTEGER,
  });
  service.start();
  return {
    clock,
    events,
    asked,
    service,
    wakeKeys: () => {
      for (const { id } of keys) pool.note(id, { kind: 'wake' });
    },
    ask: async (person: number, kind: 'image' | 'video' = 'image', options?: GenerationOptions) => {
      const origin = { chatId: person, chatType: 'private', userId: person, messageId: 1 } as const;
      const request = { kind, prompt: 'a fox', lane: 'free', locale: 'en', updateId: person, origin } as const;
      await service.submit(options === undefined ? request : { ...request, options });
    },
    phaseOf: async (person: number) => (await service.find(jobId(`tg-${person}`)))?.view.phase,
    outcomeOf: async (person: number) => {
      const phase = (await service.find(jobId(`tg-${person}`)))?.view.phase;
      return phase?.kind === 'ended' ? phase.outcome : undefined;
    },
    [Symbol.dispose]: () => {
      pool[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}

test('GenerationService sends those who wait on to the next provider when every key of the first cools for long', async () => {
  using app = aApp({ bytez: () => limitedFor(600_000) });
  for (const person of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) await app.ask(person);
  await app.clock.advance(60_000);
  for (const person of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
    expect(await app.outcomeOf(person)).toMatchObject({ kind: 'result', model: 'o1' });
  }
});

test('GenerationService asks the model that a person prefers first, and goes on with the others when its keys cool for long', async () => {
  using app = aApp({ openai: () => limitedFor(3_600_000) });
  await app.ask(1, 'image', { preferred: 'o1' });
  await app.ask(2, 'image', { preferred: 'o1' });
  await app.clock.advance(60_000);
  expect(app.asked).toEqual(['openai', 'openai', 'bytez', 'bytez']);
  for (const person of [1, 2]) expect(await app.outcomeOf(person)).toMatchObject({ kind: 'result', model: 'm1' });
  await app.ask(3, 'image', { preferred: 'o1' });
  await app.clock.advance(1_000);
  expect(await app.outcomeOf(3)).toMatchObject({ kind: 'result', model: 'm1' });
  expect(app.asked.filter((name) => name === 'openai')).toHaveLength(2);
});

test('GenerationService keeps a request that names its model in line while its keys cool, however many providers its kind has', async () => {
  let reply = limitedFor(3_600_000);
  using app = aApp({ bytez: () => reply });
  // Both keys of the provider are limited by requests of others.
  for (const person of [1, 2]) await app.ask(person);
  await app.clock.advance(30_000);
  await app.ask(3, 'image', { model: 'm1' });
  await app.clock.advance(1_800_000);
  expect(await app.phaseOf(3)).toMatchObject({ kind: 'paused', inMs: expect.any(Number) });
  reply = done;
  await app.clock.advance(1_900_000);
  expect(await app.outcomeOf(3)).toMatchObject({ kind: 'result', model: 'm1' });
});

test('GenerationService has those without another provider wait for cooling keys, and goes on when one is ready before its time', async () => {
  let reply = limitedFor(600_000);
  using app = aApp({ bytez: () => reply });
  for (const person of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) await app.ask(person, 'video');
  await app.clock.advance(60_000);
  expect(await app.outcomeOf(12)).toBeUndefined();
  reply = done;
  app.wakeKeys();
  await app.clock.advance(2_000);
  for (const person of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
    expect(await app.outcomeOf(person)).toMatchObject({ kind: 'result', model: 'v1' });
  }
});

test('GenerationService counts a wait for cooling keys into no deadline of a request that was not started', async () => {
  let reply = limitedFor(3_600_000);
  using app = aApp({ bytez: () => reply });
  for (const person of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) await app.ask(person, 'video');
  await app.clock.advance(3_599_000);
  reply = done;
  await app.clock.advance(10_000);
  for (const person of [10, 11, 12]) {
    expect(await app.outcomeOf(person)).toMatchObject({ kind: 'result', model: 'v1' });
  }
});

test('GenerationService sends everybody on to the next provider when the first one falls silent', async () => {
  using app = aApp({ bytez: () => down });
  for (const person of [1, 2, 3, 4, 5, 6, 7, 8]) await app.ask(person);
  await app.clock.advance(60_000);
  for (const person of [1, 2, 3, 4, 5, 6, 7, 8]) {
    expect(await app.outcomeOf(person)).toMatchObject({ kind: 'result', model: 'o1' });
  }
  expect(app.events.filter(({ event }) => event.startsWith('breaker'))).toEqual([
    { event: 'breaker.opened', provider: 'bytez' },
  ]);
  const latecomers = [11, 12, 13, 14];
  const before = app.asked.length;
  for (const person of latecomers) await app.ask(person);
  await app.clock.advance(1_000);
  for (const person of latecomers) {
    expect(await app.outcomeOf(person)).toMatchObject({ kind: 'result', model: 'o1' });
  }
  // One of them asked, for everybody, whether the first provider is back.
  expect(app.asked.slice(before).sort()).toEqual(['bytez', 'openai', 'openai', 'openai', 'openai']);
});

test('GenerationService keeps those without another provider until the silent one is back, at no cost to them', async () => {
  let reply: ProviderReply = down;
  using app = aApp({ bytez: () => reply });
  for (const person of [1, 2, 3, 4]) await app.ask(person, 'video');
  await app.clock.advance(120_000);
  for (const person of [1, 2, 3, 4]) expect(await app.outcomeOf(person)).toBeUndefined();
  reply = done;
  await app.clock.advance(6_000);
  for (const person of [1, 2, 3, 4]) expect(await app.outcomeOf(person)).toMatchObject({ kind: 'result' });
  // The first calls, and then one at a time, one in five seconds.
  expect(app.asked.length).toBeLessThan(50);
});

test('GenerationService says of a job that waits for a silent provider that it is tried again', async () => {
  using app = aApp({ bytez: () => down });
  for (const person of [1, 2]) await app.ask(person, 'video');
  await app.clock.advance(10_000);
  expect(await app.phaseOf(1)).toMatchObject({ kind: 'retrying', after: 'overloaded' });
});

test('GenerationService.explain() tells every call of a job, how it was chosen and how it ended', async () => {
  const replies = [cut, done];
  using app = aApp({ bytez: () => replies.shift() ?? done });
  await app.ask(1);
  await app.clock.advance(10_000);
  const explained = await app.service.explain(jobId('tg-1'));
  expect(explained?.job).toMatchObject({ id: 'tg-1', state: { kind: 'ended' } });
  expect(explained?.trail).toMatchObject([
    {
      call: 1,
      attempt: 1,
      candidate: { provider: 'bytez', model: 'm1' },
      choice: { of: 2 },
      waitedMs: 0,
      ending: { kind: 'failed', reason: 'unreachable', ms: pictureMs },
    },
    { call: 2, attempt: 2, waitedMs: 1_500, ending: { kind: 'answered', ms: pictureMs } },
  ]);
  expect(await app.service.explain(jobId('tg-404'))).toBeUndefined();
});

test('GenerationService.explain() tells of a call that was broken off when its person cancelled', async () => {
  using app = aApp({});
  await app.ask(1);
  await app.clock.advance(20);
  await app.service.cancel(jobId('tg-1'), 1);
  await app.clock.advance(0);
  expect((await app.service.explain(jobId('tg-1')))?.trail).toMatchObject([
    { call: 1, ending: { kind: 'broken-off', ms: 20 } },
  ]);
});
