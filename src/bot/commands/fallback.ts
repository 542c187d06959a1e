import { Composer } from 'grammy';
import { defaultKind } from '../../domain/kinds.ts';
import { checkPrompt } from '../../jobs/request/request-options.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { wordsOf } from '../message-words.ts';
import { isAdminHere, isUserContent } from '../middleware/identify.ts';
import { reply, replyQuoting } from '../reply.ts';
import { nearestCommand, slipIn } from './nearest-command.ts';

/**
 * What no handler has answered. In groups only commands that name this bot are; in private everything that a person writes:
 * words without a command are quoted back with buttons, and a command that is nearly one of ours is named.
 */
export function fallback(deps: BotDeps): Composer<BotContext> {
  const { messages } = deps;
  const feature = new Composer<BotContext>();
  feature.on('message', async (ctx) => {
    const { locale } = ctx.speaker;
    const { text, command } = wordsOf(ctx.message, ctx.me.username);
    const isPrivate = ctx.chat.type === 'private';
    if (isPrivate ? !isUserContent(ctx.message) : command?.addressed !== 'us') return notAnswered(ctx, deps);
    const known = messages.commands(locale, { admin: isAdminHere(ctx) }).map((entry) => entry.command);
    if (command !== undefined) {
      if (command.addressed === 'another') return reply(ctx, messages.unknownCommand(locale));
      const meant = nearestCommand(command.name, known);
      return meant === undefined || meant === command.name
        ? reply(ctx, messages.unknownCommand(locale))
        : replyQuoting(ctx, messages.didYouMean(meant, command.words.trim(), locale));
    }
    if (ctx.message.text === undefined) return reply(ctx, messages.textOnly(locale));
    const slip = slipIn(text, known);
    if (slip !== undefined) return replyQuoting(ctx, messages.didYouMean(slip.meant, slip.words, locale));
    if (text.startsWith('/')) return reply(ctx, messages.unknownCommand(locale));
    if (!checkPrompt(text).ok) return reply(ctx, messages.usage(defaultKind, locale));
    return replyQuoting(ctx, messages.bareWords(text, locale));
  });
  feature.use((ctx) => notAnswered(ctx, deps));
  return feature;
}

async function notAnswered({ update }: BotContext, { emit }: Pick<BotDeps, 'emit'>): Promise<void> {
  emit({ event: 'update.ignored', updateId: update.update_id, why: 'nothing in it is for the bot' });
}
