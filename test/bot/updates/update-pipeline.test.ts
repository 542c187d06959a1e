import { UnkeptUpdates } from '../../../src/bot/updates/update-source.ts';
import { Bot } from 'grammy';
import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import type { UpdateSink, UpdateSource } from '../../../src/bot/updates/update-source.ts';
import { UpdatePipeline } from '../../../src/bot/updates/update-pipeline.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { fakeClock } from '../../support/fake-clock.ts';

/** One request after the other as a webhook gets them: each is a batch of one, and answered with a status. */
function aWebhook() {
  const ready = Promise.withResolvers<{ readonly sink: UpdateSink; readonly signal: AbortSignal }>();
  const source: UpdateSource = {
    lastAnswerMonotonicMs: undefined,
    deliver: async (sink, signal) => {
      ready.resolve({ sink, signal });
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
  return {
    source,
    post: async (updateId: number): Promise<200 | 503> => {
      const { sink, signal } = await ready.promise;
      await sink.capacity();
      const update = { update_id: updateId, message: { text: `update ${updateId}` } } as unknown as Update;
      const taken = await sink.take([update], signal).catch(() => 0);
      return taken === 1 ? 200 : 503;
    },
  };
}

/** Updates from a webhook, handled by a bot that only writes down which ones. */
function aStage(refuses: () => boolean = () => false) {
  const clock = fakeClock();
  const database = openDatabase({ path: ':memory:' });
  const stored = createInbox(database);
  const closing = new AbortController();
  const events: AppEvent[] = [];
  const handled: { readonly updateId: number; readonly wasDurable: boolean }[] = [];
  const webhook = aWebhook();
  const bot = new Bot<BotContext>('1:of-the-tests');
  bot.handleUpdate = async ({ update_id: updateId }) => {
    const row = database.getNow('SELECT 1 FROM inbox WHERE update_id = ?', updateId);
    handled.push({ updateId, wasDurable: row !== undefined });
  };
  const refuse = () => {
    if (refuses()) throw new StorageError('full', 'Cannot write: the disk is full');
  };
  const updates = new UpdatePipeline({
    unkept: new UnkeptUpdates(),
    bot,
    source: webhook.source,
    inbox: {
      ...stored,
      keep: async (...given) => {
        refuse();
        return stored.keep(...given);
      },
      purge: async (nowMs) => {
        refuse();
        await stored.purge(nowMs);
      },
    },
    clock,
    random: () => 0.5,
    emit: (event) => void events.push(event),
  });
  void updates.run(closing.signal);
  return {
    ...webhook,
    updates,
    events,
    handled,
    [Symbol.dispose]: () => {
      closing.abort();
      database[Symbol.dispose]();
    },
  };
}

test('a webhook may answer 200 once its update is durable, and handlers see it no second time', async () => {
  using stage = aStage();
  expect([await stage.post(7), await stage.post(7), await stage.post(8)]).toEqual([200, 200, 200]);
  await stage.updates.idle();
  expect(stage.handled).toEqual([
    { updateId: 7, wasDurable: true },
    { updateId: 8, wasDurable: true },
  ]);
});

test('overlapping requests of a webhook are all taken', async () => {
  using stage = aStage();
  expect(await Promise.all([stage.post(1), stage.post(2), stage.post(3)])).toEqual([200, 200, 200]);
  await stage.updates.idle();
  expect(stage.handled.map(({ updateId }) => updateId)).toEqual([1, 2, 3]);
});

test('what the inbox refuses is answered once all the same, and acknowledged then, however cleaning up fares', async () => {
  let isFull = true;
  using stage = aStage(() => isFull);
  expect(await stage.post(7)).toBe(200);
  await stage.updates.idle();
  expect(stage.handled).toEqual([{ updateId: 7, wasDurable: false }]);
  isFull = false;
  expect(await stage.post(8)).toBe(200);
  await stage.updates.idle();
  expect(stage.handled.map(({ updateId }) => updateId)).toEqual([7, 8]);
  expect(stage.events).toEqual([
    { event: 'app.error', what: 'delete old updates', error: expect.any(StorageError) as unknown },
  ]);
});

test('UpdatePipeline.take() acknowledges an update that cannot be written down with those around it', async () => {
  using stage = aStage();
  let nested: unknown = 'deep';
  for (let depth = 0; depth < 50_000; depth += 1) nested = { nested };
  const batch = [{ update_id: 1 }, { update_id: 2, message: nested }, { update_id: 3 }] as unknown as Update[];
  expect(await stage.updates.take(batch, new AbortController().signal)).toBe(3);
  await stage.updates.idle();
  expect(stage.handled.map(({ updateId }) => updateId)).toEqual([1, 3]);
  expect(stage.events).toMatchObject([{ event: 'update.failed', updateId: 2, setAside: true }]);
});
