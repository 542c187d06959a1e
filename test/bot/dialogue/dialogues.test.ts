import { Bot } from 'grammy';
import type { UserFromGetMe } from 'grammy/types';
import { expect, test } from 'vitest';
import type { BotContext, BotDeps } from '../../../src/bot/context.ts';
import { dialogues } from '../../../src/bot/dialogue/dialogues.ts';
import type { DialogueStore } from '../../../src/domain/chats/chat-store.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const me = { id: 1, is_bot: true, first_name: 'Darkroom', username: 'darkroom_bot' } as UserFromGetMe;
const person = { id: 7, is_bot: false, first_name: 'Ann' };
const chat = { id: 7, type: 'private', first_name: 'Ann' };

/** The dialogues alone, over a store that tells what was done to it, with a handler behind that tells what came by. */
function aBot() {
  const touched: string[] = [];
  const passedBy: string[] = [];
  const store: DialogueStore = {
    read: async (key) => void touched.push(`read ${key}`),
    write: async (key) => void touched.push(`write ${key}`),
    delete: async (key) => void touched.push(`delete ${key}`),
    purge: async () => undefined,
  };
  const bot = new Bot<BotContext>('1:t', { botInfo: me });
  const deps: Pick<BotDeps, 'clock' | 'dialogues'> = { clock: fakeClock(), dialogues: store };
  bot.use((ctx, next) => {
    ctx.speaker = { userId: 7, name: 'Ann', admin: false, lane: 'free', locale: 'en' };
    return next();
  });
  bot.use(dialogues(deps as BotDeps));
  bot.use((ctx) => void passedBy.push(Object.keys(ctx.update)[1] ?? ''));
  const handle = (update: object) => bot.handleUpdate({ update_id: 1, ...update });
  return { handle, touched, passedBy };
}

test('dialogues() leaves payments and updates without a chat to others, and touches no memory for them', async () => {
  const { handle, touched, passedBy } = aBot();
  await handle({ pre_checkout_query: { id: 'q', from: person } });
  await handle({ subscription: { user: person, invoice_payload: '', state: 'active' } });
  await handle({ message: { message_id: 1, date: 1, chat, from: person, successful_payment: {} } });
  await handle({ callback_query: { id: 'q', from: person, chat_instance: '1', data: 'again:tg-1' } });
  expect(passedBy).toEqual(['pre_checkout_query', 'subscription', 'message', 'callback_query']);
  expect(touched).toEqual([]);
});

test('dialogues() remembers under the chat and the person, and writes nothing where no dialogue is', async () => {
  const { handle, touched, passedBy } = aBot();
  await handle({ message: { message_id: 1, date: 1, chat, from: person, text: 'a fox' } });
  await handle({ message: { message_id: 2, date: 1, chat, from: person, text: '/status' } });
  expect(touched).toEqual(['read 7:7', 'read 7:7']);
  expect(passedBy).toEqual(['message', 'message']);
});
