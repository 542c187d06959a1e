import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { HouseEvent } from '../../src/domain/events.ts';
import { jobId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Provider, ProviderReply } from '../../src/domain/provider.ts';
import { runAttempts, type AttemptTools } from '../../src/generation/attempt-loop.ts';
import { JobStopped } from '../../src/generation/live-jobs.ts';
import { ModelRest } from '../../src/generation/model-rest.ts';
import { KeyPool } from '../../src/keys/key-pool.ts';
import { aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';

const done: ProviderReply = { ok: true, source: { kind: 'url', url: 'https://cdn.example/x.png' } };
const failed = (failure: AttemptFailure): ProviderReply => ({ ok: false, failure });
const refusedKey = failed({ blame: 'key', reason: 'rejected', detail: '' });
const limited = (retryAfterMs: number) => failed({ blame: 'key', reason: 'rate-limited', retryAfterMs, detail: '' });
const down = failed({ blame: 'provider', reason: 'overloaded', detail: '' });
const noModel = failed({ blame: 'model', reason: 'unknown-model', detail: '' });

/** A provider that answers by script, the last line for ever, and keeps what it was asked. */
function aHouse(options: { keys?: number; replies: ProviderReply[]; hang?: boolean; delayMs?: number }) {
  const clock = fakeClock();
  const events: HouseEvent[] = [];
  const asked: string[] = [];
  const replies = [...options.replies];
  const provider: Provider = {
    name: 'bytez',
    probe: async () => ({ ok: true }),
    generate: async (request, secret, signal) => {
      asked.push(`${secret.reveal().at(-1)}:${request.model}`);
      if (options.hang === true) {
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      if (reply === undefined) throw new Error('No reply is scripted');
      return reply;
    },
  };
  const keys = Array.from({ length: options.keys ?? 3 }, (_, index) => aKey(index + 1));
  const tell = (event: HouseEvent) => void events.push(event);
  const pool = new KeyPool({ keys, remembered: [], strategy: 'health-based', clock, random: () => 0.5, tell });
  const tools: AttemptTools = {
    pool,
    providers: new Map([['bytez', provider]]),
    chains: {
      image: [
        { provider: 'bytez', model: 'm1' },
        { provider: 'bytez', model: 'm2' },
      ],
      video: [{ provider: 'bytez', model: 'v1' }],
    },
    rules: { maxAttempts: 3, delayMs: options.delayMs ?? 2_000 },
    timeoutMs: { image: 90_000, video: 180_000 },
    deadlineMs: { image: 600_000, video: 1_800_000 },
    clock,
    random: () => 1,
    resting: new ModelRest(clock),
    breakers: new Map(),
    tell,
    checkpoint: async () => true,
    lastCode: undefined,
    onAttempt: () => undefined,
    onFailure: () => undefined,
  };
  const job: Job = {
    id: jobId('tg-1'),
    kind: 'image',
    prompt: 'a fox',
    lane: 'free',
    locale: 'en',
    updateId: 1,
    origin: { chatId: 7, chatType: 'private', userId: 7, messageId: 1 },
    line: 'bytez',
    state: { kind: 'running' },
    progress: { candidate: 0, attempts: 0, calls: 0 },
    acceptedAtMs: clock.now(),
    claimedAtMs: clock.now(),
  };
  const abort = new AbortController();
  return { clock, events, asked, pool, tools, job, abort, run: () => runAttempts(job, undefined, abort.signal, tools) };
}

test('runAttempts() goes on to another key at once when a key is refused, at no cost', async () => {
  const house = aHouse({ replies: [refusedKey, limited(30_000), done] });
  const ending = await house.run();
  expect(ending).toMatchObject({ kind: 'answered', progress: { candidate: 0, attempts: 0, calls: 3 } });
  expect(house.asked).toEqual(['1:m1', '2:m1', '3:m1']);
});

test('runAttempts() spends three attempts on a candidate and goes on to the next one', async () => {
  const house = aHouse({ replies: [down, down, down, done], delayMs: 1_000 });
  const running = house.run();
  await house.clock.advance(10_000);
  expect(await running).toMatchObject({
    kind: 'answered',
    candidate: { model: 'm2' },
    progress: { attempts: 0, calls: 4 },
  });
  expect(house.asked).toEqual(['1:m1', '2:m1', '3:m1', '1:m2']);
});

test('runAttempts() parks the job when the wait is longer than two seconds', async () => {
  const house = aHouse({ replies: [down], delayMs: 2_000 });
  const running = house.run();
  await house.clock.advance(2_000);
  expect(await running).toEqual({
    kind: 'parked',
    line: 'bytez',
    readyAtMs: house.clock.now() + 4_000,
    reason: 'backing-off',
    progress: { candidate: 0, attempts: 2, calls: 2 },
  });
});

test('runAttempts() parks until the first key wakes when all of them cool', async () => {
  const house = aHouse({ keys: 2, replies: [limited(30_000), limited(9_000)] });
  expect(await house.run()).toMatchObject({
    kind: 'parked',
    readyAtMs: house.clock.now() + 9_000,
    reason: 'keys-cooling',
    progress: { attempts: 0, calls: 2 },
  });
});

test('runAttempts() fails at once when every key of every candidate is benched', async () => {
  const house = aHouse({ keys: 2, replies: [refusedKey] });
  expect(await house.run()).toEqual({ kind: 'failed', code: 'keys-being-set-up', calls: 2 });
});

test('runAttempts() says busy when no key wakes before the deadline of the job', async () => {
  const house = aHouse({ keys: 1, replies: [limited(3_600_000)] });
  expect(await house.run()).toEqual({ kind: 'failed', code: 'busy', calls: 1 });
});

test('runAttempts() rests an unknown model for everyone, but never the last candidate', async () => {
  const house = aHouse({ replies: [noModel] });
  expect(await house.run()).toEqual({ kind: 'failed', code: 'model-unavailable', calls: 2 });
  expect(await house.run()).toEqual({ kind: 'failed', code: 'model-unavailable', calls: 1 });
  expect(house.asked.map((call) => call.slice(2))).toEqual(['m1', 'm2', 'm2']);
  expect(house.pool.snapshot().ready).toBe(3);
});

test('runAttempts() makes one call for a refused prompt and touches no key', async () => {
  const house = aHouse({ replies: [failed({ blame: 'request', reason: 'refused', detail: '' })] });
  expect(await house.run()).toEqual({ kind: 'failed', code: 'refused', calls: 1 });
  expect(house.pool.snapshot().ready).toBe(3);
});

test('runAttempts() stops at fifty calls whatever the keys say', async () => {
  const house = aHouse({ keys: 80, replies: [refusedKey] });
  expect(await house.run()).toEqual({ kind: 'failed', code: 'keys-being-set-up', calls: 50 });
});

test('runAttempts() begins no retry that cannot finish inside the deadline', async () => {
  const house = aHouse({ replies: [down], delayMs: 0 });
  const late = { ...house.job, claimedAtMs: house.clock.now() - 520_000 };
  const running = runAttempts(late, undefined, house.abort.signal, house.tools);
  await house.clock.advance(0);
  expect(await running).toEqual({ kind: 'failed', code: 'provider-down', calls: 1 });
});

test('runAttempts() breaks the call off when the job is cancelled and gives the seat back', async () => {
  const house = aHouse({ keys: 1, replies: [done], hang: true });
  const running = house.run();
  await house.clock.advance(10);
  house.abort.abort(new JobStopped('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  expect(house.pool.lease('bytez').kind).toBe('seat');
});

test('an adapter that throws costs an attempt, not the house', async () => {
  const house = aHouse({ replies: [], delayMs: 0 });
  const running = house.run();
  await house.clock.advance(0);
  expect(await running).toMatchObject({ kind: 'failed', code: 'provider-down', calls: 6 });
  expect(house.pool.snapshot().keys.every(({ inFlight }) => inFlight === 0)).toBe(true);
});

test('the story of a job names attempt and key', async () => {
  const house = aHouse({ replies: [limited(5_000), done] });
  await house.run();
  const story = house.events.flatMap((event) =>
    'attempt' in event ? [`${event.event} ${event.attempt}/${event.of} ${event.keyName}`] : [],
  );
  expect(story).toEqual([
    'attempt.started 1/3 bytez #1',
    'attempt.failed 1/3 bytez #1',
    'attempt.started 1/3 bytez #2',
    'attempt.succeeded 1/3 bytez #2',
  ]);
});
