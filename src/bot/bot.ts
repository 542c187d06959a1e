import { sequentialize } from '@grammyjs/runner';
import type { Bot } from 'grammy';
import { defaultKind } from '../domain/kind-traits.ts';
import { isAdminHere, introduce, isSaid } from './middleware/identify.ts';
import { buttons } from './buttons.ts';
import { forgetCommand } from './commands/forget.ts';
import { generateCommands } from './commands/generate.ts';
import { guideCommands } from './commands/guide.ts';
import { keysCommand } from './commands/keys.ts';
import { premiumCommands } from './commands/premium.ts';
import { resultReplies } from './commands/replies.ts';
import { requestCommands } from './commands/requests.ts';
import type { BotContext, Desk, Speaker } from './context.ts';
import { dialogues } from './dialogue/dialogues.ts';
import { mindDoors } from './middleware/track-chats.ts';
import { limiting } from './middleware/flood-limit.ts';
import { sayScreen } from './reply.ts';
import { storageDoor } from './middleware/storage-errors.ts';
import { typedKeys } from './updates/redact-secrets.ts';

/** The bot's table of contents, in the order in which an update meets it. */
export function equip(bot: Bot<BotContext>, desk: Desk, onAdmin: (admin: Speaker) => void): void {
  const limits = limiting(desk);
  bot.use(limits.door);
  bot.use(sequentialize((ctx) => String(ctx.chat?.id ?? ctx.from?.id ?? ctx.update.update_id)));
  bot.use(storageDoor(desk));
  bot.use(mindDoors(desk));
  bot.use(introduce(desk));
  bot.use(limits.notice);
  bot.filter(isAdminHere).use(async (ctx, next) => {
    onAdmin(ctx.speaker);
    await next();
  });
  bot.use(typedKeys(desk));
  bot.use(dialogues(desk));
  bot.use(generateCommands(desk));
  bot.use(requestCommands(desk));
  bot.use(guideCommands(desk));
  bot.use(premiumCommands(desk));
  bot.use(forgetCommand(desk));
  bot.use(keysCommand(desk));
  bot.use(buttons(desk));
  bot.use(resultReplies(desk));
  bot.on('message', async (ctx) => {
    const { locale } = ctx.speaker;
    const { text } = ctx.message;
    if (ctx.chat.type !== 'private') {
      // In groups only what was said to us is answered.
      if (commandTarget(ctx) === ctx.me.username.toLowerCase()) {
        await sayScreen(ctx, desk.messages.unknownCommand(locale));
      }
      return;
    }
    if (!isSaid(ctx.message)) return;
    if (text === undefined) await sayScreen(ctx, desk.messages.textOnly(locale));
    else if (text.startsWith('/')) await sayScreen(ctx, desk.messages.unknownCommand(locale));
    else await sayScreen(ctx, desk.messages.usage(defaultKind, locale));
  });
}

/** The bot that the command at the beginning of a message names: `other_bot` of `/start@Other_bot now`. */
function commandTarget(ctx: BotContext): string | undefined {
  return /^\/\w+@(\w+)/.exec(ctx.message?.text ?? '')?.[1]?.toLowerCase();
}
