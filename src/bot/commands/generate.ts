import { Composer } from 'grammy';
import { jobKinds, kindTraits } from '../../domain/job.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { guidedRequestId } from '../dialogue/guided-request.ts';
import { submitText } from './submit-request.ts';

/** One command for each kind: a request, or a short dialogue when there are no words. */
export function generateCommands(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  for (const kind of jobKinds) {
    feature.command(kindTraits[kind].command, async (ctx) => {
      if (ctx.match.trim() === '') await ctx.conversation.enter(guidedRequestId, kind);
      else await submitText(ctx, deps, kind, ctx.match);
    });
  }
  return feature;
}
