import { sequentialize } from '@grammyjs/runner';
import type { MiddlewareFn } from 'grammy';
import type { BotContext } from '../context.ts';
import { chatLaneOf } from '../updates/update-source.ts';

/**
 * Handles the updates of a chat one after the other. A handler that only shows something, and decides nothing for those
 * that follow, lets them go on: while it cannot be answered, requests are taken all the same. Its own update is over when
 * it has ended.
 */
export function chatOrder(): MiddlewareFn<BotContext> {
  const inOrder = sequentialize<BotContext>((ctx) => chatLaneOf(ctx.update));
  return async (ctx, next) => {
    const { promise: isLeft, resolve: leave } = Promise.withResolvers<void>();
    ctx.letOthersGo = leave;
    let handled: Promise<void> | undefined;
    await inOrder(ctx, async () => {
      handled = next();
      await Promise.race([handled, isLeft]);
    });
    await handled;
  };
}
