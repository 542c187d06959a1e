import { Composer } from 'grammy';
import type { JobKind } from '../../domain/job.ts';
import type { BotContext, Desk } from '../context.ts';
import { guidedRequestId } from '../dialogue/guided-request.ts';
import { ask } from './ask.ts';

/** /generate and /video: a request, or a short dialogue when there are no words. */
export function generateCommands(desk: Desk): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  const commands = { generate: 'image', video: 'video' } as const satisfies Record<string, JobKind>;
  for (const [command, kind] of Object.entries(commands)) {
    feature.command(command, async (ctx) => {
      if (ctx.match.trim() === '') await ctx.conversation.enter(guidedRequestId, kind);
      else await ask(ctx, desk, kind, ctx.match);
    });
  }
  return feature;
}
