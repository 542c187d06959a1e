import { isAdminHere } from '../middleware/identify.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { Composer } from 'grammy';
import { jobId } from '../../domain/ids.ts';
import type { ListReader } from '../delivery/status-lists.ts';
import { reply, showInReply } from '../reply.ts';
import { isCommand } from '../message-words.ts';

/** Shows the speaker's requests and what is used of today; an admin in the own chat also sees the calls of each. */
export async function showList(ctx: BotContext, { lists }: BotDeps, show: typeof showInReply): Promise<void> {
  const reader = readerOf(ctx);
  const { view, open } = await lists.viewFor(reader);
  const messageId = await show(ctx, view);
  if (messageId !== undefined && ctx.chat !== undefined) await lists.shown(reader, ctx.chat.id, messageId, open);
}

function readerOf(ctx: BotContext): ListReader {
  const { userId, locale, lane } = ctx.speaker;
  return { userId, locale, lane, withCalls: isAdminHere(ctx) };
}

/** /status shows the person's requests; /cancel cancels the only one, or shows the list to choose from. */
export function statusAndCancelCommands(deps: BotDeps): Composer<BotContext> {
  const { service, messages } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('status'), async (ctx) => {
    // Unless it ends a dialogue, whose end is stored last.
    if (ctx.memory.after === undefined) ctx.letOthersGo();
    await showList(ctx, deps, showInReply);
  });
  feature.filter(isCommand('cancel'), async (ctx) => {
    const { userId, locale } = ctx.speaker;
    const open = (await service.findAll(userId)).filter(({ phase }) => phase.kind !== 'ended');
    const [only, ...others] = open;
    if (only === undefined) return reply(ctx, messages.cancelled('not-found', locale));
    if (others.length > 0) {
      const messageId = await showInReply(ctx, messages.status(open, locale));
      if (messageId !== undefined && ctx.chat !== undefined)
        await deps.lists.shown(readerOf(ctx), ctx.chat.id, messageId, open);
      return;
    }
    const cancelled = await service.cancel(jobId(only.id), userId);
    return reply(ctx, messages.cancelled(cancelled.kind, locale));
  });
  return feature;
}
