import { UnkeptUpdates } from '../../../src/bot/updates/update-source.ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bot } from 'grammy';
import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import { Poller, PollingConflict } from '../../../src/bot/updates/poller.ts';
import { UpdatePipeline } from '../../../src/bot/updates/update-pipeline.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { Inbox, InboxUpdate } from '../../../src/domain/inbox.ts';
import { until } from '../../journeys/talk.ts';
import { fakeClock } from '../../support/fake-clock.ts';

type Ask = { readonly offset: number | undefined; readonly answer: (...updateIds: readonly number[]) => void };

/** A poller whose Telegram answers, and whose inbox keeps, when they are told to. */
function aPoller() {
  const clock = fakeClock();
  const closing = new AbortController();
  const asks: Ask[] = [];
  const keeping: (PromiseWithResolvers<void> & { readonly updateIds: readonly number[] })[] = [];
  const bot = new Bot<BotContext>('1:of-the-tests');
  bot.handleUpdate = async () => undefined;
  bot.api.config.use((_prev, _method, payload) => {
    const { promise, resolve } = Promise.withResolvers<readonly Update[]>();
    const answer = (...updateIds: readonly number[]) => resolve(updateIds.map((id) => ({ update_id: id })));
    asks.push({ offset: (payload as { readonly offset?: number }).offset, answer });
    return promise.then((result) => ({ ok: true, result: result as never }));
  });
  const inbox = {
    takeUp: async () => ({ plain: [], suspects: [], setAside: [] }),
    keep: async (batch: readonly InboxUpdate[]) => {
      const kept = { ...Promise.withResolvers<void>(), updateIds: batch.map(({ updateId }) => updateId) };
      keeping.push(kept);
      await kept.promise;
      return batch;
    },
    handled: async () => undefined,
    purge: async () => undefined,
  } as unknown as Inbox;
  const options = { bot, inbox, clock, random: () => 1, emit: () => undefined };
  void new UpdatePipeline({ unkept: new UnkeptUpdates(), ...options, source: new Poller(options) }).run(closing.signal);
  const offsets = () => asks.map(({ offset }) => offset);
  return { clock, asks, keeping, offsets, [Symbol.dispose]: () => closing.abort() };
}

test('Poller.deliver() asks for what comes next, and so confirms a batch, only once the batch is kept', async () => {
  using poller = aPoller();
  const { clock, asks, keeping, offsets } = poller;
  await clock.advance(0);
  asks[0]?.answer(7, 8);
  await clock.advance(60_000);
  expect(keeping.map(({ updateIds }) => updateIds)).toEqual([[7, 8]]);
  expect(offsets()).toEqual([undefined]);
  keeping[0]?.resolve();
  await clock.advance(0);
  expect(offsets()).toEqual([undefined, 9]);
});

test('Poller.deliver() asks again for a batch that could not be kept', async () => {
  using poller = aPoller();
  const { clock, asks, keeping, offsets } = poller;
  await clock.advance(0);
  asks[0]?.answer(7);
  await clock.advance(0);
  keeping[0]?.resolve();
  await clock.advance(0);
  asks[1]?.answer(8, 9);
  await clock.advance(0);
  keeping[1]?.reject(new Error('Cannot keep the batch: a bug'));
  await clock.advance(60_000);
  expect(offsets()).toEqual([undefined, 8, 8]);
});

test('Poller.deliver() asks anew when the line falls silent, and says why', async () => {
  const clock = fakeClock();
  const closing = new AbortController();
  const events: AppEvent[] = [];
  let asked = 0;
  await using silent = createServer(() => void (asked += 1)).listen(0, '127.0.0.1');
  await until(() => silent.listening);
  const apiRoot = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const bot = new Bot<BotContext>('1:of-the-tests', { client: { apiRoot, timeoutSeconds: 0.05 } });
  const inbox = { takeUp: async () => ({ plain: [], suspects: [], setAside: [] }) } as unknown as Inbox;
  const options = { bot, inbox, clock, random: () => 1, emit: (event: AppEvent) => void events.push(event) };
  const ran = new UpdatePipeline({ unkept: new UnkeptUpdates(), ...options, source: new Poller(options) }).run(
    closing.signal,
  );
  await until(() => events.length === 1);
  expect(events).toMatchObject([{ method: 'getUpdates', detail: 'no answer from Telegram (timed out)' }]);
  await clock.advance(1_000);
  await until(() => asked === 2);
  closing.abort();
  await clock.advance(60_000);
  await ran;
  silent.closeAllConnections();
});

/** A poller on a scripted Telegram: each getUpdates is answered by the next deed, the last one again and again. */
function scripted(...deeds: readonly (() => unknown)[]) {
  const clock = fakeClock();
  const closing = new AbortController();
  const events: AppEvent[] = [];
  const polledAtMs: number[] = [];
  const startMs = clock.monotonicMs();
  let webhooksRemoved = 0;
  const bot = new Bot<BotContext>('1:of-the-tests');
  bot.api.config.use(async (_prev, method) => {
    if (method !== 'getUpdates') {
      webhooksRemoved += 1;
      return { ok: true, result: true as never };
    }
    const deed = deeds[Math.min(polledAtMs.length, deeds.length - 1)];
    polledAtMs.push(clock.monotonicMs() - startMs);
    const answer = deed?.();
    return answer instanceof Promise ? ((await answer) as never) : (answer as never);
  });
  const taken: number[] = [];
  const sink = {
    capacity: async () => undefined,
    take: async (batch: readonly Update[]) => (taken.push(...batch.map((one) => one.update_id)), batch.length),
  };
  const poller = new Poller({ bot, clock, random: () => 1, emit: (event) => void events.push(event) });
  const ended = poller.deliver(sink, closing.signal).then(
    () => 'stopped',
    (error: unknown) => error,
  );
  return { clock, events, polledAtMs, taken, ended, closing, removed: () => webhooksRemoved };
}

const refuse = (error_code: number, description: string) => () => ({ ok: false, error_code, description });
const give = (result: unknown) => () => ({ ok: true, result });
const hang = () => new Promise(() => undefined);
const webhookIsActive = refuse(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook");

test('Poller.deliver() removes a webhook at once, and contests one that comes back with pauses and one report', async () => {
  const { clock, events, polledAtMs, removed, closing } = scripted(webhookIsActive);
  await clock.advance(120_000);
  closing.abort();
  expect(polledAtMs).toEqual([0, 0, 5_000, 10_000, 15_000, 45_000, 75_000, 105_000]);
  expect(removed()).toBe(polledAtMs.length - 1);
  expect(events.filter(({ event }) => event === 'telegram.conflict')).toEqual([
    { event: 'telegram.conflict', by: 'webhook', waits: true },
  ]);
});

test('Poller.deliver() takes over from a webhook that does not come back any more', async () => {
  const { clock, events, taken, closing } = scripted(webhookIsActive, webhookIsActive, give([{ update_id: 7 }]), hang);
  await clock.advance(60_000);
  closing.abort();
  expect(taken).toEqual([7]);
  expect(events.map(({ event }) => event)).toEqual(['telegram.error', 'telegram.conflict', 'telegram.error']);
});

test('Poller.deliver() asks no faster when it is answered at once with nothing, and says so once', async () => {
  const { clock, events, polledAtMs, closing } = scripted(give([]));
  await clock.advance(60_000);
  closing.abort();
  expect(polledAtMs).toHaveLength(61);
  expect(events).toMatchObject([{ method: 'getUpdates', detail: 'empty answers without a wait' }]);
});

test.each([null, {}, 'pages'])('Poller.deliver() waits after the result %j, which is none', async (result) => {
  const { clock, events, taken, closing } = scripted(give(result), give([{ update_id: 7 }]), hang);
  await clock.advance(60_000);
  closing.abort();
  expect(taken).toEqual([7]);
  expect(events).toMatchObject([
    { detail: 'the answer to getUpdates is not one of a Bot API server', retryInMs: 1_000 },
  ]);
});

test.each([401, 404])(
  'Poller.deliver() asks again for two minutes when %d refuses a token that worked',
  async (code) => {
    const refusals = scripted(refuse(code, 'Unauthorized'));
    await refusals.clock.advance(180_000);
    expect(await refusals.ended).toMatchObject({ name: 'TokenRefused', hasWorked: true });
    expect(refusals.polledAtMs.at(-1)).toBeGreaterThanOrEqual(120_000);
    expect(refusals.polledAtMs.length).toBeLessThan(15);
    const single = scripted(refuse(code, 'Unauthorized'), give([{ update_id: 7 }]), hang);
    await single.clock.advance(180_000);
    expect(single.taken).toEqual([7]);
    single.closing.abort();
  },
);

function aContest() {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  return { clock, events, contest: new PollingConflict(clock, (event) => void events.push(event)) };
}

test('PollingConflict lets a newcomer look seldom, and says once that it waits and once that it took over', async () => {
  const { clock, events, contest } = aContest();
  const rests: number[] = [];
  for (let times = 0; times < 5; times += 1) {
    const restMs = contest.pollEnded();
    rests.push(restMs);
    await clock.advance(restMs);
  }
  expect(rests).toEqual([5_000, 5_000, 5_000, 30_000, 30_000]);
  await clock.advance(25_000);
  contest.pollSucceeded();
  contest.pollSucceeded();
  expect(events).toEqual([
    { event: 'telegram.conflict', by: 'poll', waits: true },
    { event: 'telegram.conflict-over', afterMs: 100_000 },
  ]);
});

test('PollingConflict lets the first process go on as before', async () => {
  const { clock, events, contest } = aContest();
  contest.pollSucceeded();
  await clock.advance(60_000);
  for (let times = 0; times < 6; times += 1) {
    expect(contest.pollEnded()).toBe(5_000);
    await clock.advance(5_000);
  }
  expect(events).toEqual([{ event: 'telegram.conflict', by: 'poll', waits: false }]);
});

test('PollingConflict does not take an answer that came before the other one looked for its end', async () => {
  const { clock, events, contest } = aContest();
  contest.pollEnded();
  await clock.advance(9_999);
  contest.pollSucceeded();
  expect(events).toHaveLength(1);
  await clock.advance(1);
  contest.pollSucceeded();
  expect(events).toHaveLength(2);
  contest.pollEnded();
  expect(events).toHaveLength(3);
});
