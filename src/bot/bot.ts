import { sequentialize } from '@grammyjs/runner';
import type { Bot } from 'grammy';
import { defaultKind } from '../domain/job.ts';
import { isAdminHere, identifySpeaker, isUserContent } from './middleware/identify.ts';
import { buttons } from './buttons.ts';
import { forgetCommand } from './commands/forget.ts';
import { generateCommands } from './commands/generate.ts';
import { guideCommands } from './commands/start-help-language.ts';
import { keysCommand } from './commands/keys.ts';
import { premiumCommands } from './commands/premium.ts';
import { resultReplies } from './commands/result-replies.ts';
import { statusAndCancelCommands } from './commands/status-and-cancel.ts';
import type { BotContext, BotDeps, Speaker } from './context.ts';
import { dialogues } from './dialogue/dialogues.ts';
import { trackChats } from './middleware/track-chats.ts';
import { floodLimit } from './middleware/flood-limit.ts';
import { reply } from './reply.ts';
import { storageErrorBoundary } from './middleware/storage-error-boundary.ts';
import { typedKeys } from './middleware/typed-keys.ts';

/** Registers all middleware and handlers, in the order in which an update passes them. */
export function registerHandlers(bot: Bot<BotContext>, deps: BotDeps, onAdmin: (admin: Speaker) => void): void {
  const flood = floodLimit(deps);
  bot.use(flood.gate);
  bot.use(sequentialize((ctx) => String(ctx.chat?.id ?? ctx.from?.id ?? ctx.update.update_id)));
  bot.use(storageErrorBoundary(deps));
  bot.use(trackChats(deps));
  bot.use(identifySpeaker(deps));
  bot.use(flood.notify);
  bot.filter(isAdminHere).use(async (ctx, next) => {
    onAdmin(ctx.speaker);
    await next();
  });
  bot.use(typedKeys(deps));
  bot.use(dialogues(deps));
  bot.use(generateCommands(deps));
  bot.use(statusAndCancelCommands(deps));
  bot.use(guideCommands(deps));
  bot.use(premiumCommands(deps));
  bot.use(forgetCommand(deps));
  bot.use(keysCommand(deps));
  bot.use(buttons(deps));
  bot.use(resultReplies(deps));
  bot.on('message', async (ctx) => {
    const { locale } = ctx.speaker;
    const { text } = ctx.message;
    if (ctx.chat.type !== 'private') {
      // In groups only commands for this bot are answered.
      if (commandTarget(ctx) === ctx.me.username.toLowerCase()) {
        await reply(ctx, deps.messages.unknownCommand(locale));
      }
      return;
    }
    if (!isUserContent(ctx.message)) return;
    if (text === undefined) await reply(ctx, deps.messages.textOnly(locale));
    else if (text.startsWith('/')) await reply(ctx, deps.messages.unknownCommand(locale));
    else await reply(ctx, deps.messages.usage(defaultKind, locale));
  });
}

/** The bot that the command at the beginning of a message names: `other_bot` of `/start@Other_bot now`. */
function commandTarget(ctx: BotContext): string | undefined {
  return /^\/\w+@(\w+)/.exec(ctx.message?.text ?? '')?.[1]?.toLowerCase();
}
