import { sequentialize } from '@grammyjs/runner';
import type { Bot } from 'grammy';
import { buttons } from './buttons.ts';
import { generateCommands } from './commands/generate.ts';
import { guideCommands } from './commands/guide.ts';
import { keysCommand } from './commands/keys.ts';
import { premiumCommands } from './commands/premium.ts';
import { requestCommands } from './commands/requests.ts';
import type { BotContext, Desk } from './context.ts';
import { sayScreen } from './say-screen.ts';
import { introduce } from './speaker.ts';

/** The bot's table of contents, in the order in which an update meets it. */
export function equip(bot: Bot<BotContext>, desk: Desk): void {
  bot.use(sequentialize((ctx) => String(ctx.chat?.id ?? ctx.from?.id ?? ctx.update.update_id)));
  bot.use(introduce(desk));
  bot.use(generateCommands(desk));
  bot.use(requestCommands(desk));
  bot.use(guideCommands(desk));
  bot.use(premiumCommands(desk));
  bot.use(keysCommand(desk));
  bot.use(buttons(desk));
  bot.on('message', async (ctx) => {
    const { locale } = ctx.speaker;
    const { text } = ctx.message;
    if (ctx.chat.type !== 'private') {
      // In groups only what was said to us is answered.
      if (text?.startsWith('/') === true && text.includes(`@${ctx.me.username}`)) {
        await sayScreen(ctx, desk.messages.unknownCommand(locale));
      }
      return;
    }
    if (isService(ctx)) return;
    await sayScreen(ctx, text === undefined ? desk.messages.textOnly(locale) : desk.messages.unknownCommand(locale));
  });
}

/** Messages that Telegram writes by itself (a pinned message, a new title) are nobody's words. */
function isService(ctx: BotContext): boolean {
  const message = ctx.message;
  return message !== undefined && 'pinned_message' in message;
}
