import { Api } from 'grammy';
import { expect, test } from 'vitest';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import { Outbox } from '../../../src/bot/outbox/outbox.ts';
import { RateLimiter } from '../../../src/bot/outbox/rate-limiter.ts';
import { SharedPace } from '../../../src/bot/outbox/shared-pace.ts';
import type { SendPace } from '../../../src/domain/shared/send-places.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryPlaces } from '../../support/memory-places.ts';
import { memoryProcesses } from '../../support/memory-processes.ts';

/** Outboxes of processes that count together; they note when each message went out. */
async function aStage(...ids: readonly string[]) {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  const inMemory = memoryPlaces(clock);
  const startMs = clock.monotonicMs();
  const [sentMs, asked]: [number[], SendPace[]] = [[], []];
  const places = {
    take: async (pace: SendPace) => {
      asked.push(pace);
      return inMemory.take(pace);
    },
  };
  const emit = () => undefined;
  const join = async (id: string) => {
    const processes = await ProcessKeeper.join({ facts: { id, host: id, version: '1' }, store, clock, emit });
    const rateLimiter = new RateLimiter(clock);
    const sharedPace = new SharedPace({ places, processes, rateLimiter, emit });
    const api = new Api('1:of-the-tests');
    return new Outbox({ api, rateLimiter, clock, random: () => 1, emit, sharedPace });
  };
  const run = async () => {
    sentMs.push(clock.monotonicMs() - startMs);
    return 'done' as const;
  };
  return { clock, sentMs, asked, run, outboxes: await Promise.all(ids.map(join)) };
}

test('However many chats wait, a process asks the others for one turn at a time', async () => {
  const { clock, sentMs, asked, run, outboxes } = await aStage('a', 'b', 'c');
  const chatsEach = 200;
  for (const [index, outbox] of outboxes.entries()) {
    for (let chat = 1; chat <= chatsEach; chat += 1) {
      outbox.post({ chatId: 1_000 * index + chat, kind: 'edit', messageId: 1, priority: 'status', name: 'job', run });
    }
  }
  for (let second = 0; second < 30; second += 1) await clock.advance(1_000);
  expect(sentMs).toHaveLength(outboxes.length * chatsEach);
  const inASecond = sentMs.map((ms, at) => sentMs.slice(at).filter((later) => later < ms + 1_000).length);
  expect(Math.max(...inASecond)).toBeLessThanOrEqual(30);
  // Who gets no turn is told when the next one is; then one of the processes gets it.
  expect(asked.length).toBeLessThanOrEqual(sentMs.length * outboxes.length);
});

test('An outbox that closes sends what it gets a turn for, and leaves the rest to the next start', async () => {
  const { clock, sentMs, run, outboxes } = await aStage('a');
  const [outbox] = outboxes;
  for (let chatId = 1; chatId <= 20; chatId += 1) outbox?.post({ chatId, kind: 'send', priority: 'proactive', run });
  const drained = outbox?.drain();
  await clock.advance(0);
  await drained;
  expect(sentMs).toEqual([0, 0, 0, 0, 0]);
});
