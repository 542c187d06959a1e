import { expect, test } from 'vitest';
import type { OutgoingMessage } from '../../../src/bot/outbox/outbox.ts';
import { fakeTelegram, limited, type TelegramDeed } from '../../support/fake-telegram.ts';

/** An outbox on a Telegram that does the deeds one after the other. */
function anOutbox(...deeds: (TelegramDeed | undefined)[]) {
  const telegram = fakeTelegram(() => deeds.shift());
  const { outbox, calls } = telegram;
  const sent = (chatId: number, text: string) => async (): Promise<'done' | 'again'> => {
    try {
      await outbox.api.sendMessage(chatId, text);
      return 'done';
    } catch {
      return 'again';
    }
  };
  return {
    ...telegram,
    send: (chatId: number, text: string, priority: OutgoingMessage['priority'] = 'answer') =>
      outbox.post({ chatId, kind: 'send', priority, run: sent(chatId, text) }),
    status: (chatId: number, name: string, text: string) =>
      outbox.post({ chatId, kind: 'edit', priority: 'status', name, run: sent(chatId, text) }),
    said: () => calls.map(({ payload, atMs }) => `${atMs} ${String(payload['text'])}`),
  };
}

test('Outbox says what was posted for a chat in order, and the status after all of it', async () => {
  const { clock, send, status, said } = anOutbox();
  status(7, 'job', 'status');
  send(7, 'one');
  status(7, 'job', 'newer status');
  send(7, 'two');
  await clock.advance(5_000);
  expect(said()).toEqual(['0 status', '0 one', '0 two', '1100 newer status']);
});

test('Outbox holds a chat as long as Telegram asks, and goes on in order, while others are served', async () => {
  const { clock, send, said } = anOutbox(limited(30));
  send(7, 'one');
  send(7, 'two');
  send(8, 'other');
  await clock.advance(29_999);
  expect(said()).toEqual(['0 one', '0 other']);
  await clock.advance(1);
  expect(said()).toEqual(['0 one', '0 other', '30000 one', '30000 two']);
});

test('Outbox lets others go ahead of what Telegram does not take, and tries that ever more slowly', async () => {
  const { clock, send, said } = anOutbox('offline', undefined, 'offline', 'offline');
  send(7, 'one');
  send(7, 'two');
  await clock.advance(20_000);
  expect(said()).toEqual(['0 one', '0 two', '1000 one', '3000 one', '7000 one']);
});

test('Outbox tries a status four times, and then leaves it to the next one', async () => {
  const { clock, status, said } = anOutbox('offline', 'offline', 'offline', 'offline');
  status(7, 'job', 'status');
  await clock.advance(600_000);
  expect(said()).toHaveLength(4);
  status(7, 'job', 'newer status');
  await clock.advance(0);
  expect(said().at(-1)).toBe('600000 newer status');
});

test('Outbox shows only the newest of a status that cannot be shown yet, beside another one', async () => {
  const { clock, send, status, said } = anOutbox();
  send(-7, 'hello');
  await clock.advance(0);
  for (let version = 1; version <= 50; version += 1) {
    status(-7, 'a', `a${version}`);
    status(-7, 'b', `b${version}`);
  }
  await clock.advance(60_000);
  expect(said()).toEqual(['0 hello', '3100 a50', '6200 b50']);
});

test('Outbox makes at most thirty-two calls at once, and takes up the next one as soon as a hand is free', async () => {
  const free: (() => void)[] = [];
  const { outbox, calls, clock } = fakeTelegram(() => new Promise((resolve) => free.push(() => resolve(undefined))));
  for (let chatId = 1; chatId <= 50; chatId += 1) {
    const run = async () => {
      await outbox.api.sendMessage(chatId, 'hello');
      return 'done' as const;
    };
    outbox.post({ chatId, kind: 'send', priority: 'answer', run });
  }
  await clock.advance(0);
  expect(calls).toHaveLength(32);
  free.shift()?.();
  await clock.advance(0);
  expect(calls).toHaveLength(33);
  while (free.length > 0) {
    free.shift()?.();
    await clock.advance(0);
  }
  expect(calls.map(({ chatId }) => chatId)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
});

test.each(['answer', 'status'] as const)(
  'Outbox sends another chat its answer within 300 ms while 80 chats are silent on a call each (%s)',
  async (priority) => {
    const { outbox, calls, clock } = fakeTelegram(({ chatId = 0 }) =>
      chatId <= 80 ? new Promise(() => undefined) : undefined,
    );
    const post = (chatId: number, how: 'answer' | 'status') => {
      const run = async () => {
        await outbox.api.editMessageText(chatId, 1, 'hello');
        return 'done' as const;
      };
      outbox.post({ chatId, kind: 'edit', messageId: 1, priority: how, run });
    };
    for (let chatId = 1; chatId <= 80; chatId += 1) post(chatId, priority);
    await clock.advance(0);
    post(99, 'answer');
    await clock.advance(600);
    const own = calls.find(({ chatId }) => chatId === 99);
    expect(own?.atMs).toBeLessThanOrEqual(priority === 'status' ? 0 : 600);
    post(100, 'answer');
    await clock.advance(300);
    expect(calls.find(({ chatId }) => chatId === 100)?.atMs).toBeLessThanOrEqual(900);
  },
);

test('Outbox spreads proactive messages, and lets no answer wait for them', async () => {
  const { clock, send, said } = anOutbox();
  for (let chatId = 1; chatId <= 30; chatId += 1) send(chatId, 'alert', 'proactive');
  send(100, 'answer');
  await clock.advance(0);
  expect(said()).toHaveLength(6);
  await clock.advance(960);
  expect(said()).toHaveLength(30);
  await clock.advance(40);
  expect(said()).toHaveLength(31);
});

test('Outbox lets a proactive message go before thousands of statuses, and keeps none that was withdrawn', async () => {
  const { clock, outbox, send, status, said } = anOutbox();
  for (let chatId = 1; chatId <= 2_000; chatId += 1) status(chatId, 'job', `status ${chatId}`);
  send(3_000, 'ready', 'proactive');
  await clock.advance(40);
  expect(said().slice(-1)).toEqual(['40 ready']);
  for (let chatId = 1; chatId < 2_000; chatId += 1) outbox.withdraw({ chatId, name: 'job' });
  await clock.advance(40);
  expect(said().slice(-1)).toEqual(['80 status 2000']);
  expect(clock.pending).toBe(0);
});

test('Outbox reports a message that throws, and goes on', async () => {
  const { clock, outbox, send, said, events } = anOutbox();
  const run = () => Promise.reject(new TypeError('broken'));
  outbox.post({ chatId: 7, kind: 'send', priority: 'answer', run });
  send(7, 'one');
  await clock.advance(0);
  expect(said()).toEqual(['0 one']);
  expect(events).toMatchObject([{ event: 'app.error' }]);
});

test('Outbox.drain() waits for what is due and leaves the rest', async () => {
  const { clock, outbox, send, status, said } = anOutbox(undefined, limited(30));
  send(7, 'one');
  send(8, 'resting');
  await clock.advance(0);
  send(9, 'two');
  status(9, 'job', 'status');
  await outbox.drain();
  status(9, 'job', 'newer status');
  await clock.advance(600_000);
  expect(said()).toEqual(['0 one', '0 resting', '0 two']);
});

test('Outbox that is closed waits for what runs, and starts nothing any more', async () => {
  const free: (() => void)[] = [];
  const { outbox, calls, clock } = fakeTelegram(() => new Promise((resolve) => free.push(() => resolve(undefined))));
  const post = () => {
    const run = async () => {
      await outbox.api.sendMessage(7, 'hello');
      return 'again' as const;
    };
    outbox.post({ chatId: 7, kind: 'send', priority: 'answer', run });
  };
  post();
  post();
  await clock.advance(0);
  let isClosed = false;
  const closing = outbox[Symbol.asyncDispose]().then(() => (isClosed = true));
  await clock.advance(10_000);
  expect(isClosed).toBe(false);
  free.shift()?.();
  await closing;
  post();
  await clock.advance(10_000);
  expect(calls).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
