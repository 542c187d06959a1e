import { Bot } from 'grammy';
import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import type { BotContext } from '../../../src/bot/context.ts';
import { UpdatePipeline } from '../../../src/bot/updates/update-pipeline.ts';
import { UnkeptUpdates, type UpdateSink, type UpdateSource } from '../../../src/bot/updates/update-source.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryInbox } from '../../support/memory-inbox.ts';
import { memoryProcesses } from '../../support/memory-processes.ts';

/** As `port`, but once the process is dead no call of it ever returns. */
function mortal<Port extends object>(port: Port, isDead: () => boolean): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return (...given: readonly unknown[]) =>
        isDead() ? new Promise<void>(() => undefined) : (Reflect.apply(call, target, given) as unknown);
    },
  });
}

/** Telegram holds updates until they are confirmed; processes poll for them, or are sent them. */
function aStage() {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  const { inbox, shared } = memoryInbox(() => store.fenceOf('telegram'));
  const held: Update[] = [];
  const handled: (readonly [process: string, updateId: number])[] = [];
  const polls: string[] = [];

  const start = async (id: string, handle: (updateId: number) => Promise<void> = async () => undefined) => {
    const frozen = { byMs: 0, isDead: false };
    const isDead = () => frozen.isDead;
    const own = { ...clock, monotonicMs: () => clock.monotonicMs() + frozen.byMs };
    const events: AppEvent[] = [];
    const facts = { id, host: id, version: '1' };
    const emit = (event: AppEvent) => void events.push(event);
    const processes = await ProcessKeeper.join({ facts, store, clock: own, emit });
    const sent: { sink?: UpdateSink; signal?: AbortSignal } = {};
    const source: UpdateSource = {
      lastAnswerMonotonicMs: undefined,
      listen: (sink, signal) => void Object.assign(sent, { sink, signal }),
      deliver: async (sink, signal) => {
        while (!signal.aborted && !frozen.isDead) {
          await sink.capacity();
          if (signal.aborted) return;
          polls.push(id);
          const batch = [...held];
          const taken = await sink.take(batch, signal).catch(() => 0);
          // The next poll confirms them; a process that was frozen meanwhile must not get there.
          await sink.capacity();
          if (!signal.aborted) for (const one of batch.slice(0, taken)) held.splice(held.indexOf(one), 1);
          await own.sleep(100, signal).catch(() => undefined);
        }
      },
    };
    const bot = new Bot<BotContext>('1:of-the-tests');
    bot.handleUpdate = async ({ update_id: updateId }) => {
      handled.push([id, updateId]);
      await handle(updateId);
    };
    const updates = new UpdatePipeline({
      unkept: new UnkeptUpdates(),
      bot,
      source,
      inbox: mortal(inbox, isDead),
      shared: { processes, inbox: mortal(shared, isDead) },
      clock: own,
      random: () => 0.5,
      emit,
    });
    const closing = new AbortController();
    const ran = updates.run(closing.signal);
    await clock.advance(0);
    return {
      processes,
      events,
      frozen,
      kill: () => {
        store.cut(id);
        frozen.isDead = true;
      },
      post: async (update: Update) => {
        const { sink, signal } = sent;
        if (sink === undefined || signal === undefined) throw new Error('nobody listens');
        return (await sink.take([update], signal)) === 1;
      },
      stop: async () => {
        closing.abort(new Error('stopped'));
        await ran;
        await processes[Symbol.asyncDispose]();
      },
    };
  };
  return { clock, store, inbox, held, handled, polls, start };
}

const aMessage = (updateId: number, chatId = 1) =>
  ({ update_id: updateId, message: { chat: { id: chatId }, text: `update ${updateId}` } }) as unknown as Update;

test('SharedUpdates polls in one process, and another goes on with what a dead one had in hand', async () => {
  const { clock, inbox, held, handled, polls, start } = aStage();
  const hangs = new Promise<void>(() => undefined);
  const first = await start('a', async (updateId) => (updateId === 2 ? hangs : undefined));
  const second = await start('b');
  held.push(aMessage(1), aMessage(2));
  await clock.advance(1_000);
  expect([new Set(polls), handled]).toEqual([
    new Set(['a']),
    [
      ['a', 1],
      ['a', 2],
    ],
  ]);
  first.kill();
  held.push(aMessage(3), aMessage(4));
  await clock.advance(15_000);
  // Number 2 killed nobody for sure, and its process is gone: it is handled again, with the others.
  expect(handled.slice(2)).toEqual([
    ['b', 2],
    ['b', 3],
    ['b', 4],
  ]);
  expect([held, await inbox.unhandled()]).toEqual([[], []]);
  expect(first.processes.termOf('telegram')).toBeUndefined();
  await second.stop();
});

test('SharedUpdates takes updates at every process, and the holder of the role handles each once, in the order of a chat', async () => {
  const { clock, handled, start } = aStage();
  const all = [await start('a'), await start('b'), await start('c')];
  let place = 0;
  for (let updateId = 1; updateId <= 60; updateId += 1) {
    place = (place * 7 + updateId) % all.length;
    expect(await all[place]?.post(aMessage(updateId, updateId % 4))).toBe(true);
    // A balancer may send the same update to another process as well.
    if (updateId % 5 === 0)
      expect(await all[(place + 1) % all.length]?.post(aMessage(updateId, updateId % 4))).toBe(true);
    if (updateId % 7 === 0) await clock.advance(0);
  }
  await clock.advance(1_000);
  expect(handled).toEqual(Array.from({ length: 60 }, (_, index) => ['a', index + 1]));
  for (const one of all) await one.stop();
});

test('SharedUpdates of a process that was frozen confirms and handles nothing more', async () => {
  const { clock, store, held, handled, start } = aStage();
  const first = await start('a');
  const second = await start('b');
  held.push(aMessage(1));
  await clock.advance(500);
  // Its timers and its calls stand still, and time passes for everybody else.
  const lift = store.cut('a');
  first.frozen.byMs = 24_000;
  held.push(aMessage(2));
  await clock.advance(15_000);
  lift();
  await clock.advance(5_000);
  held.push(aMessage(3));
  await clock.advance(1_000);
  expect(handled).toEqual([
    ['a', 1],
    ['b', 2],
    ['b', 3],
  ]);
  expect(first.events.filter(({ event }) => event.startsWith('role.'))).toEqual([
    { event: 'role.gained', role: 'telegram', fence: 1 },
    { event: 'role.lost', role: 'telegram' },
  ]);
  for (const one of [first, second]) await one.stop();
});

test('SharedUpdates goes on at once when its process has the role again, and answers once what hung meanwhile', async () => {
  const { clock, store, inbox, held, handled, start } = aStage();
  const hanging = Promise.withResolvers<void>();
  const only = await start('a', async (updateId) => (updateId === 1 ? hanging.promise : undefined));
  held.push(aMessage(1, 1));
  await clock.advance(500);
  const lift = store.cut('a');
  await clock.advance(7_000);
  expect(only.processes.termOf('telegram')).toBeUndefined();
  lift();
  held.push(aMessage(2, 2));
  await clock.advance(2_000);
  expect(handled).toEqual([
    ['a', 1],
    ['a', 2],
  ]);
  hanging.resolve();
  await clock.advance(2_000);
  expect([handled.length, await inbox.unhandled()]).toEqual([2, []]);
  await only.stop();
});

test('SharedUpdates hands over in order: what was handled is not handled again', async () => {
  const { clock, inbox, held, handled, start } = aStage();
  const first = await start('a');
  const second = await start('b');
  for (let updateId = 1; updateId <= 20; updateId += 1) {
    held.push(aMessage(updateId));
    await clock.advance(30);
    if (updateId === 10) await first.stop();
  }
  await clock.advance(1_000);
  expect(handled.map(([, updateId]) => updateId)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect([new Set(handled.map(([id]) => id)), await inbox.unhandled()]).toEqual([new Set(['a', 'b']), []]);
  await second.stop();
});

test('a key that is handed over is taken from Telegram only by the process that handles the update', async () => {
  const { clock, start } = aStage();
  const all = [await start('a'), await start('b')];
  const [first, second] = all;
  const handing = { update_id: 7, message: { chat: { id: 1 }, text: '/keys add bytez a-key-of-the-tests-0123456789' } };
  await clock.advance(0);
  const post = (one: typeof first) => one?.post(handing as unknown as Update);
  expect([await post(second), await post(first)]).toEqual([false, true]);
  for (const one of all) await one.stop();
});
