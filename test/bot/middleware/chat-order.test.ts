import { Bot } from 'grammy';
import type { Update, UserFromGetMe } from 'grammy/types';
import { expect, test } from 'vitest';
import type { BotContext } from '../../../src/bot/context.ts';
import { chatOrder } from '../../../src/bot/middleware/chat-order.ts';

const botInfo = { id: 1, is_bot: true, first_name: 'Bot', username: 'a_bot' } as UserFromGetMe;

const says = (updateId: number, text: string, chatId = 1) =>
  ({
    update_id: updateId,
    message: { message_id: updateId, date: 0, chat: { id: chatId, type: 'private', first_name: 'A' }, text },
  }) as Update;

/** A bot whose handlers note what they begin and end, and hang until they are told to go on. */
function aBot() {
  const noted: string[] = [];
  const hanging = new Map<string, PromiseWithResolvers<void>>();
  const bot = new Bot<BotContext>('1:of-the-tests', { botInfo });
  bot.use(chatOrder());
  bot.use(async (ctx) => {
    const text = ctx.message?.text ?? '';
    noted.push(`${text} begins`);
    if (text.startsWith('show')) ctx.letOthersGo();
    if (text.endsWith('hangs')) {
      const going = Promise.withResolvers<void>();
      hanging.set(text, going);
      await going.promise;
    }
    noted.push(`${text} ends`);
  });
  return { bot, noted, hanging };
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

test('chatOrder() holds the later updates of a chat, and those of no other, until a handler has ended', async () => {
  const { bot, noted, hanging } = aBot();
  const all = [says(1, 'first hangs'), says(2, 'second'), says(3, 'other', 2)].map((update) =>
    bot.handleUpdate(update),
  );
  await turn();
  expect(noted).toEqual(['first hangs begins', 'other begins', 'other ends']);
  hanging.get('first hangs')?.resolve();
  await Promise.all(all);
  expect(noted.slice(3)).toEqual(['first hangs ends', 'second begins', 'second ends']);
});

test('chatOrder() lets the later updates go on when the handler says so; its own update is over when it ends', async () => {
  const { bot, noted, hanging } = aBot();
  let isOver = false;
  const shown = bot.handleUpdate(says(1, 'show hangs')).finally(() => (isOver = true));
  await bot.handleUpdate(says(2, 'second'));
  expect([noted, isOver]).toEqual([['show hangs begins', 'second begins', 'second ends'], false]);
  hanging.get('show hangs')?.reject(new Error('no answer'));
  await expect(shown).rejects.toThrow('no answer');
});
