import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import { OutageTeller } from '../../../src/bot/updates/outage-teller.ts';
import type { Outage } from '../../../src/domain/shared/processes.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { fakeTelegram, type TelegramDeed } from '../../support/fake-telegram.ts';

const catalog = loadCatalog();
const conflict = { code: 409, says: 'Conflict: terminated by other getUpdates request' };

const aMessage = (updateId: number, chatId: number, languageCode = 'en', more: object = {}) =>
  ({
    update_id: updateId,
    message: {
      message_id: updateId,
      date: 0,
      chat: { id: chatId, type: chatId < 0 ? 'supergroup' : 'private' },
      from: { id: Math.abs(chatId), is_bot: false, first_name: 'P', language_code: languageCode },
      text: '/generate a fox',
      ...more,
    },
  }) as unknown as Update;

type StageOptions = {
  readonly polls?: boolean;
  readonly adminIds?: readonly number[];
  /** How Telegram answers what is said to a chat. */
  readonly answer?: (chatId: number | undefined) => TelegramDeed | undefined;
};

/** A teller on a Telegram that holds updates which nobody confirms. */
function aStage({ polls = true, adminIds = [], answer = () => undefined }: StageOptions = {}) {
  const held: Update[] = [];
  const [offsets, said]: [unknown[], string[]] = [[], []];
  const rivals = { hasPolled: false };
  const { clock, api, events, emit, closing } = fakeTelegram(async ({ method, payload, chatId }) => {
    if (method === 'getUpdates') {
      offsets.push(payload['offset']);
      if (rivals.hasPolled) return conflict;
      if (held.length === 0) await clock.sleep(25_000, new AbortController().signal);
      return { result: [...held] };
    }
    const refusal = answer(chatId);
    if (refusal === undefined) said.push(`${chatId ?? method}: ${String(payload['text']).split(/[.:;。]/u, 1)[0]}`);
    return refusal;
  });
  let begin: ((outage: Outage) => void) | undefined;
  const teller = new OutageTeller({
    api,
    processes: {
      onOutage: (_role, onBegun) => {
        begin = onBegun;
        return { [Symbol.dispose]: () => undefined };
      },
    },
    webhook: polls ? undefined : {},
    reasonUnasked: ({ message }) => (message?.text === 'talk' ? 'talk in a group' : undefined),
    users: { find: async (id: number) => ({ id, ...(id === 901 ? { locale: 'de' } : {}) }) },
    adminIds: new Set(adminIds),
    messages: createMessageMapper(catalog),
    matchLocale: (code) => catalog.match(code, 'en'),
    clock,
    emit,
    closing: closing.signal,
  });
  return {
    clock,
    teller,
    held,
    offsets,
    said,
    events,
    rivals,
    /** The database goes away; returns what brings it back. */
    loseDatabase: (isKnown = true) => {
      const over = new AbortController();
      const state = { isOn: isKnown };
      begin?.({
        sinceMs: clock.now(),
        reason: 'address',
        signal: over.signal,
        isBack: () => over.signal.aborted,
        isOn: () => state.isOn && !over.signal.aborted,
      });
      return { state, back: () => over.abort(new Error('back')) };
    },
  };
}

const waits = '🧰 <b>I can’t start anything right now';

test('OutageTeller tells each chat once in its language, and confirms nothing to Telegram', async () => {
  const { clock, held, offsets, said, loseDatabase } = aStage();
  held.push(aMessage(1, 1), aMessage(2, 2, 'de'), aMessage(3, 1));
  const { back } = loseDatabase();
  await clock.advance(10_000);
  held.push(aMessage(4, 1), aMessage(5, -3), aMessage(6, -4, 'en', { text: 'talk' }));
  await clock.advance(10_000);
  back();
  const polls = offsets.length;
  held.push(aMessage(7, 7));
  await clock.advance(60_000);
  expect(said).toEqual([`1: ${waits}`, '2: 🧰 <b>Ich kann gerade nichts anfangen', `-3: ${waits}`]);
  expect([new Set(offsets), offsets.length - polls, polls > 3]).toEqual([new Set([undefined]), 0, true]);
});

test('OutageTeller says nothing more once Telegram answers that another process polls', async () => {
  const { clock, held, offsets, said, rivals, loseDatabase } = aStage();
  const { back } = loseDatabase();
  await clock.advance(1_000);
  rivals.hasPolled = true;
  held.push(aMessage(1, 1));
  await clock.advance(30_000);
  rivals.hasPolled = false;
  held.push(aMessage(2, 2));
  await clock.advance(120_000);
  back();
  expect([said.length, offsets.length]).toEqual([1, 2]);
});

test('OutageTeller neither asks nor speaks while it is not known whether the database is away', async () => {
  const { clock, held, offsets, said, loseDatabase } = aStage();
  held.push(aMessage(1, 1));
  const { state, back } = loseDatabase(false);
  await clock.advance(30_000);
  const polls = offsets.length;
  state.isOn = true;
  await clock.advance(5_000);
  back();
  expect([polls, said]).toEqual([0, [`1: ${waits}`]]);
});

test('OutageTeller tells admins once that the database is away and how to fix it, and once that it is back', async () => {
  const { clock, said, events, loseDatabase } = aStage({
    adminIds: [900, 901, 902],
    answer: (chatId) => (chatId === 902 ? { code: 403, says: 'Forbidden: bot was blocked by the user' } : undefined),
  });
  await clock.advance(0);
  const { back } = loseDatabase();
  await clock.advance(60_000);
  back();
  await clock.advance(60_000);
  expect(said).toEqual([
    '900: 🔴 <b>I can’t use my database</b> since <tg-time unix="1767225600" format="t">00',
    '901: 🔴 <b>Ich kann meine Datenbank nicht benutzen,</b> seit <tg-time unix="1767225600" format="t">00',
    '900: ✅ <b>I can use my database again',
    '901: ✅ <b>Ich kann meine Datenbank wieder benutzen',
  ]);
  expect(events).toMatchObject([{ event: 'alert.undeliverable', adminId: 902 }]);
});

test('OutageTeller takes outages that follow each other within minutes for one', async () => {
  const { clock, held, said, loseDatabase } = aStage({ adminIds: [900] });
  const begins = () => said.map((words) => words.split(' <b>')[0]);
  held.push(aMessage(1, 1));
  for (let times = 0; times < 4; times += 1) {
    const { back } = loseDatabase();
    await clock.advance(20_000);
    back();
    await clock.advance(10_000);
  }
  expect(begins()).toEqual(['900: 🔴', '1: 🧰', '900: ✅']);
  const { back } = loseDatabase();
  await clock.advance(400_000);
  back();
  await clock.advance(1_000);
  expect(begins().slice(3)).toEqual(['900: 🔴', '900: ✅']);
});

test('OutageTeller tries again where Telegram took nothing, and not where it may have', async () => {
  let tries = 0;
  const { clock, held, said, loseDatabase } = aStage({
    answer: (chatId) => {
      if (chatId === 1) tries += 1;
      if (chatId === 1 && tries < 3) return 'offline';
      return chatId === 2 ? 'cut' : undefined;
    },
  });
  held.push(aMessage(1, 1), aMessage(2, 2));
  const { back } = loseDatabase();
  await clock.advance(60_000);
  back();
  expect([tries, said]).toEqual([3, [`1: ${waits}`]]);
});

test('OutageTeller.notStored() tells the chat of an update that a webhook brought, and does not poll', async () => {
  const { clock, teller, offsets, said, loseDatabase } = aStage({ polls: false });
  teller.notStored(aMessage(1, 1));
  const { back } = loseDatabase();
  for (let times = 0; times < 3; times += 1) teller.notStored(aMessage(2, 2));
  await clock.advance(60_000);
  back();
  await clock.advance(0);
  teller.notStored(aMessage(3, 3));
  await clock.advance(1_000);
  expect([offsets, said]).toEqual([[], [`2: ${waits}`]]);
});

test('OutageTeller answers a press, which Telegram keeps for minutes only, with words over the chat', async () => {
  const { clock, held, said, loseDatabase } = aStage();
  held.push({
    update_id: 1,
    callback_query: { id: 'p1', from: { id: 1, is_bot: false, first_name: 'P', language_code: 'en' } },
  } as unknown as Update);
  const { back } = loseDatabase();
  await clock.advance(20_000);
  back();
  expect(said).toEqual(['answerCallbackQuery: I can’t do that right now, I have trouble with my storage']);
});
