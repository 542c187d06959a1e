import { expect, test } from 'vitest';
import { rateLimitTransformer } from '../../../src/bot/outbox/rate-limit-transformer.ts';
import { RateLimiter } from '../../../src/bot/outbox/rate-limiter.ts';
import { onlyInRole, SharedPace } from '../../../src/bot/outbox/shared-pace.ts';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryPlaces } from '../../support/memory-places.ts';
import { memoryProcesses } from '../../support/memory-processes.ts';

type Call = (method: string, payload: object) => Promise<{ readonly ok: boolean }>;

/** Processes that send to one Telegram, which limits nobody but where it is told to. */
function aStage() {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  const places = memoryPlaces(clock);
  const startMs = clock.monotonicMs();
  const sent: (readonly [process: string, chatId: unknown, atMs: number])[] = [];
  const limited = { forS: 0 };
  return {
    clock,
    sent,
    limited,
    places,
    join: async (id: string) => {
      const events: AppEvent[] = [];
      const emit = (event: AppEvent) => void events.push(event);
      const processes = await ProcessKeeper.join({ facts: { id, host: id, version: '1' }, store, clock, emit });
      const rateLimiter = new RateLimiter(clock);
      const sharedPace = new SharedPace({ places, processes, rateLimiter, emit });
      const rests = { active: async () => [], keep: async () => undefined };
      const closing = new AbortController().signal;
      const polite = rateLimitTransformer({ rateLimiter, rests, clock, emit, closing, sharedPace }, 'outgoing');
      const telegram: Call = async (_method, payload) => {
        sent.push([id, 'chat_id' in payload && payload.chat_id, clock.monotonicMs() - startMs]);
        if (limited.forS === 0) return { ok: true, result: true };
        return {
          ok: false,
          error_code: 429,
          description: 'Too Many Requests',
          parameters: { retry_after: limited.forS },
        };
      };
      const call = (chatId: number) =>
        (polite as unknown as (prev: Call, ...given: Parameters<Call>) => ReturnType<Call>)(telegram, 'sendMessage', {
          chat_id: chatId,
        });
      return { processes, events, sharedPace, call };
    },
  };
}

test('SharedPace lets no more messages into a chat than one process may send, whichever sends them', async () => {
  const { clock, sent, join } = aStage();
  const all = [await join('a'), await join('b'), await join('c')];
  for (let round = 0; round < 30; round += 1) {
    for (const { call } of all) await call(5);
    await clock.advance(200);
  }
  // Within 5.8 s: a burst of six, and one more each second.
  expect([sent.length, new Set(sent.map(([id]) => id)).size]).toEqual([11, 3]);
});

test('SharedPace lets twenty messages a minute into a group', async () => {
  const { clock, sent, join } = aStage();
  const all = [await join('a'), await join('b')];
  for (let round = 0; round < 110; round += 1) {
    for (const { call } of all) await call(-7);
    await clock.advance(1_000);
  }
  const at = sent.map(([, , atMs]) => atMs);
  const most = Math.max(...at.map((from) => at.filter((atMs) => atMs >= from && atMs < from + 60_000).length));
  expect([most, sent.length]).toEqual([20, 40]);
});

test('SharedPace tells the others what Telegram wants left alone', async () => {
  const { clock, sent, limited, join } = aStage();
  const [first, second] = [await join('a'), await join('b')];
  limited.forS = 30;
  await first.call(5);
  limited.forS = 0;
  await clock.advance(0);
  const refused = await second.call(5);
  const elsewhere = await second.call(6);
  await clock.advance(30_000);
  expect([refused.ok, elsewhere.ok, (await second.call(5)).ok, sent.length]).toEqual([false, true, true, 3]);
});

test('SharedPace.takeProactive() counts the messages to everybody of all processes', async () => {
  const { clock, join } = aStage();
  const all = [await join('a'), await join('b')];
  let taken = 0;
  for (let round = 0; round < 100; round += 1) {
    for (const { sharedPace } of all) if ((await sharedPace.takeProactive()) === 0) taken += 1;
    await clock.advance(10);
  }
  expect(taken).toBeLessThanOrEqual(30);
  expect(taken).toBeGreaterThanOrEqual(25);
});

test('SharedPace goes by the limits of its own process while the database is away, and says so once', async () => {
  const { places, join } = aStage();
  const { call, events } = await join('a');
  places.take = async () => Promise.reject(new Error('no connection'));
  const answers = [await call(5), await call(5)];
  expect([answers.map(({ ok }) => ok), events.map(({ event }) => event)]).toEqual([[true, true], ['app.error']]);
});

test('onlyInRole() says nothing for a process without the role, and lets it ask', async () => {
  const stage = aStage();
  const { processes } = await stage.join('a');
  const asked: string[] = [];
  const transformer = onlyInRole(processes) as unknown as (prev: Call, ...given: Parameters<Call>) => ReturnType<Call>;
  const call = (method: string) =>
    transformer(async (name) => (asked.push(name), { ok: true }), method, {}).catch((error: Error) => error.message);
  await call('getMe');
  const refused = await call('sendMessage');
  processes.hold('telegram', () => undefined);
  await stage.clock.advance(0);
  await call('sendMessage');
  expect([asked, refused]).toEqual([
    ['getMe', 'sendMessage'],
    'Cannot call sendMessage: another process answers updates now',
  ]);
});
