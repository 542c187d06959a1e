import { Composer } from 'grammy';
import { isProviderName } from '../../domain/ids.ts';
import type { KeyAddedAnswer } from '../../messages/admins/key-answers.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { deleteMessage, isCommand, wordsAfterCommand } from '../message-words.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { reply } from '../reply.ts';

/**
 * `/keys add <provider> <key>` of an admin. The message is deleted before anything else, then the provider is asked whether
 * it accepts the key, which is kept encrypted only. In a group the key counts as seen by others: it is not used. It stands
 * before the middleware that deletes typed secrets, which answers everybody else.
 */
export function addKeyCommand({ messages, admin, handedKeys }: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('keys')).filter(
    (ctx) => ctx.speaker.admin && /^add(?:\s|$)/i.test(wordsAfterCommand(ctx)),
    async (ctx, next) => {
      const { update_id: updateId } = ctx.update;
      const answer = async (added: KeyAddedAnswer, isDeleted: boolean) => {
        await reply(ctx, messages.keyAdded(added, isDeleted, ctx.speaker.locale));
        handedKeys.forget(updateId);
      };
      if (ctx.chat?.type !== 'private') return answer({ kind: 'in-group' }, await deleteMessage(ctx));
      if (!isAdminHere(ctx)) return next();
      const handed = handedKeys.find(updateId);
      const isDeleted = await deleteMessage(ctx);
      if (handed === undefined) return answer({ kind: isWhole(ctx) ? 'lost' : 'usage' }, isDeleted);
      const { provider } = handed;
      if (provider === '') return answer({ kind: 'usage' }, isDeleted);
      if (!isProviderName(provider)) return answer({ kind: 'no-such-provider', provider: '?' }, isDeleted);
      const change = await admin.keys.add({ provider, key: handed.key });
      if (change.kind === 'done') await answer({ ...change.value, provider }, isDeleted);
    },
  );
  return feature;
}

/** Whether a provider and something behind it were written, which is masked by now. */
function isWhole(ctx: BotContext): boolean {
  return wordsAfterCommand(ctx).split(/\s+/).length > 2;
}
