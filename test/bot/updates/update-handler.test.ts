import { type Bot, BotError, GrammyError, HttpError } from 'grammy';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import { MethodHealth } from '../../../src/bot/outbox/bot-api.ts';
import { maxStartedPerChat } from '../../../src/bot/updates/chat-queues.ts';
import { maxHandled, maxResting } from '../../../src/bot/updates/handling-room.ts';
import { UnkeptUpdates } from '../../../src/bot/updates/update-source.ts';
import { UpdateHandler } from '../../../src/bot/updates/update-handler.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { Inbox } from '../../../src/domain/inbox.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const refusal = (code: number, description: string) =>
  new GrammyError('', { ok: false, error_code: code, description }, 'sendMessage', {});
const offline = new HttpError('', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
const cut = new HttpError('', new Error('socket hang up'));

const inGroup = (updateId: number) => ({
  updateId,
  body: JSON.stringify({ update_id: updateId, message: { chat: { id: -5 } } }),
});

/** A bot whose handler throws what it is told to, one error a try, over an inbox that only notes. */
function someHandler(...errors: (Error | undefined)[]) {
  const clock = fakeClock();
  const startMs = clock.now();
  const closing = new AbortController();
  const events: AppEvent[] = [];
  const tries: number[] = [];
  const handled: number[] = [];
  let failures = 0;
  const marks: (Error | undefined)[] = [];
  const stored: number[] = [];
  const bot = {
    handleUpdate: async () => {
      tries.push(clock.now() - startMs);
      const error = errors.shift();
      if (error !== undefined) throw new BotError(error, {} as BotContext);
    },
  } as unknown as Bot<BotContext>;
  const inbox = {
    handled: async (id: number) => {
      const error = marks.shift();
      if (error !== undefined) throw error;
      handled.push(id);
    },
    survived: async () => undefined,
    failed: async () => ((failures += 1) >= 3 ? 'set-aside' : 'again'),
    bodyOf: async (id: number) => (stored.push(id), inGroup(id).body),
  } as unknown as Inbox;
  const health = new MethodHealth(clock);
  const handler = new UpdateHandler({
    unkept: new UnkeptUpdates(),
    bot,
    inbox,
    health,
    clock,
    random: () => 1,
    emit: (event) => void events.push(event),
  });
  return {
    clock,
    health,
    closing,
    events,
    tries,
    handled,
    marks,
    stored,
    handler,
    begin: (updateId = 1) => void handler.start({ updateId, body: '{}' }, closing.signal),
  };
}

test('UpdateHandler sets an update aside on which a handler failed three times', async () => {
  const bug = new TypeError('broken');
  const { clock, begin, tries, handled, events } = someHandler(bug, bug, bug);
  begin();
  await clock.advance(60_000);
  expect(tries).toEqual([0, 1_000, 2_000]);
  expect(handled).toEqual([]);
  expect(events.map((event) => event.event === 'update.failed' && event.setAside)).toEqual([false, false, true]);
});

test.each([
  ['whose chat was shut meanwhile', refusal(403, 'Forbidden: bot was blocked by the user')],
  ['whose chat has to rest for long', refusal(429, 'Too Many Requests: retry after 600')],
])('UpdateHandler is done with an update %s', async (_what, error) => {
  const { clock, begin, tries, handled, events } = someHandler(error);
  begin();
  await clock.advance(60_000);
  expect(tries).toHaveLength(1);
  expect(handled).toEqual([1]);
  expect(events).toMatchObject([{ event: 'telegram.error', method: 'answer' }]);
});

test.each([cut, refusal(504, 'Gateway Timeout')])(
  'UpdateHandler gives an answer that may have arrived once more, not twice',
  async (error) => {
    const { clock, begin, tries, handled } = someHandler(error, error, error);
    begin();
    await clock.advance(60_000);
    expect(tries).toEqual([0, 1_000]);
    expect(handled).toEqual([1]);
  },
);

test('UpdateHandler waits until Telegram is back, however long that takes', async () => {
  const { clock, begin, tries, handled } = someHandler(...Array.from({ length: 9 }, () => offline));
  begin();
  await clock.advance(100_000);
  expect(tries).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
  await clock.advance(100_000);
  expect(handled).toEqual([1]);
});

test('UpdateHandler does not do again what was done but could not be marked', async () => {
  const { clock, begin, tries, handled, marks } = someHandler();
  marks.push(new Error('disk full'), new Error('disk full'), new Error('disk full'), new Error('disk full'));
  begin();
  await clock.advance(60_000);
  expect(tries).toHaveLength(1);
  expect(handled).toEqual([1]);
});

test('UpdateHandler leaves an update to the next start when the app stops meanwhile', async () => {
  const { clock, begin, closing, tries, handled, handler } = someHandler(offline, offline);
  begin();
  await clock.advance(0);
  closing.abort(new Error('closing'));
  await handler.idle();
  expect(tries).toHaveLength(1);
  expect(handled).toEqual([]);
});

test('UpdateHandler.capacity() waits while there is too much to do, and resumes everybody who waits', async () => {
  const { clock, begin, handler, handled } = someHandler();
  for (let id = 1; id <= maxHandled; id += 1) begin(id);
  // Of several processes the one with the role polls, and takes what others have stored.
  let resumed = 0;
  const waiting = [1, 2].map(() => handler.capacity().then(() => (resumed += 1)));
  expect(resumed).toBe(0);
  await clock.advance(0);
  await Promise.all(waiting);
  await handler.idle();
  expect(handled).toHaveLength(maxHandled);
});

test('UpdateHandler takes further updates while the answers of many wait for Telegram, up to a number of them', async () => {
  const most = maxHandled + maxResting;
  const { clock, begin, handler, handled } = someHandler(...Array.from({ length: most }, () => offline));
  for (let id = 1; id < most; id += 1) begin(id);
  await clock.advance(0);
  await handler.capacity();
  begin(most);
  let resumed = 0;
  const waiting = handler.capacity().then(() => (resumed += 1));
  await clock.advance(999);
  expect(resumed).toBe(0);
  await clock.advance(1);
  await waiting;
  await handler.idle();
  expect(handled).toHaveLength(most);
});

test('UpdateHandler takes room for few updates of one chat; the others wait in the inbox, in order', async () => {
  const { clock, begin, closing, handler, handled, stored, tries } = someHandler(
    ...Array.from({ length: maxStartedPerChat }, () => offline),
  );
  for (let id = 1; id <= 2_000; id += 1) void handler.start(inGroup(id), closing.signal);
  begin(3_000);
  await handler.capacity();
  await clock.advance(0);
  expect(tries).toHaveLength(maxStartedPerChat + 1);
  expect(handled).toEqual([3_000]);
  await clock.advance(1_000);
  await handler.idle();
  expect(stored).toEqual(
    Array.from({ length: 2_000 - maxStartedPerChat }, (_, index) => maxStartedPerChat + index + 1),
  );
  expect(handled.toSorted((one, other) => one - other)).toEqual([
    ...Array.from({ length: 2_000 }, (_, index) => index + 1),
    3_000,
  ]);
});

test('UpdateHandler leaves the waiting updates of a chat to the next start when the app stops', async () => {
  const { clock, closing, handler, handled, tries } = someHandler(
    ...Array.from({ length: maxStartedPerChat }, () => offline),
  );
  for (let id = 1; id <= 100; id += 1) void handler.start(inGroup(id), closing.signal);
  await clock.advance(0);
  closing.abort(new Error('closing'));
  await handler.idle();
  expect([tries.length, handled]).toEqual([maxStartedPerChat, []]);
});

test('UpdateHandler spaces the tries of an answer that a server has most likely not passed on, and ends them', async () => {
  const troubles = Array.from({ length: 20 }, () => refusal(502, 'Bad Gateway'));
  const long = someHandler(...troubles);
  long.begin();
  await long.clock.advance(600_000);
  expect(long.tries).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
  expect(long.handled).toEqual([1]);
  const short = someHandler(...troubles.slice(0, 4));
  short.begin();
  await short.clock.advance(600_000);
  expect([short.tries.length, short.handled]).toEqual([5, [1]]);
});

test('UpdateHandler goes on with an answer soon after its kind of method works again, and not for another kind', async () => {
  const troubles = Array.from({ length: 6 }, () => refusal(502, 'Bad Gateway'));
  const { clock, health, begin, tries, handled } = someHandler(...troubles);
  begin();
  await clock.advance(32_000);
  expect(tries).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
  health.failed('edit-text');
  health.succeeded('edit-text');
  await clock.advance(5_000);
  expect(handled).toEqual([]);
  health.failed('send-text');
  health.succeeded('send-text');
  await clock.advance(3_000);
  expect([tries.at(-1), handled]).toEqual([40_000, [1]]);
});

test('UpdateHandler goes on with an answer that had no connection when any method works again', async () => {
  const { clock, health, begin, tries, handled } = someHandler(...Array.from({ length: 5 }, () => offline));
  begin();
  await clock.advance(16_000);
  health.failed('edit-media');
  health.succeeded('edit-media');
  await clock.advance(3_000);
  expect([tries, handled]).toEqual([[0, 1_000, 3_000, 7_000, 15_000, 19_000], [1]]);
});

test('UpdateHandler does not try an answer without end that fails while its method works for others', async () => {
  const { clock, health, begin, tries, handled } = someHandler(
    ...Array.from({ length: 100 }, () => refusal(502, 'Bad Gateway')),
  );
  begin();
  for (let s = 0; s < 600; s += 1) {
    health.failed('send-text');
    health.succeeded('send-text');
    await clock.advance(1_000);
  }
  // Those of the backoff, and ten that followed a recovery.
  expect([tries.length, handled]).toEqual([18, [1]]);
});

test.each([401, 404, 409])('UpdateHandler keeps an answer while Telegram refuses the bot with %d', async (code) => {
  const { clock, begin, handled, events } = someHandler(
    ...Array.from({ length: 6 }, () => refusal(code, 'Unauthorized')),
  );
  begin();
  await clock.advance(120_000);
  expect(handled).toEqual([1]);
  expect(events.filter(({ event }) => event === 'update.failed')).toEqual([]);
});
