import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bot } from 'grammy';
import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import { Poller } from '../../../src/bot/updates/poller.ts';
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
  void new UpdatePipeline({ ...options, source: new Poller(options) }).run(closing.signal);
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
  const ran = new UpdatePipeline({ ...options, source: new Poller(options) }).run(closing.signal);
  await until(() => events.length === 1);
  expect(events).toMatchObject([{ method: 'getUpdates', detail: 'no answer from Telegram (timed out)' }]);
  await clock.advance(1_000);
  await until(() => asked === 2);
  closing.abort();
  await clock.advance(60_000);
  await ran;
  silent.closeAllConnections();
});
