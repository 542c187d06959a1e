import { Composer } from 'grammy';
import type { BotContext, BotDeps } from '../context.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { reply } from '../reply.ts';

/** A person's number, or a group's with its minus sign; then the reason. */
const blocking = /^(-?[1-9][0-9]{0,15})(?:\s+(\S[^]{0,299}))?$/;

/** `/block <id> [reason]` and `/unblock <id>` of admins, in their own chats. */
export function blockCommands({ messages, admin }: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  const ownChat = feature.filter(isAdminHere);
  ownChat.filter(isCommand('block'), async (ctx) => {
    const { locale } = ctx.speaker;
    const [, id, reason] = blocking.exec(wordsAfterCommand(ctx)) ?? [];
    if (id === undefined) return reply(ctx, messages.blockUsage(locale));
    await admin.people.block(Number(id), reason);
    return reply(ctx, messages.blockSet('done', Number(id), locale));
  });
  ownChat.filter(isCommand('unblock'), async (ctx) => {
    const { locale } = ctx.speaker;
    const [, id] = blocking.exec(wordsAfterCommand(ctx)) ?? [];
    if (id === undefined) return reply(ctx, messages.blockUsage(locale));
    const ended = await admin.people.unblock(Number(id));
    return reply(ctx, messages.blockSet(ended.kind === 'done' && !ended.value ? 'none' : 'ended', Number(id), locale));
  });
  return feature;
}
