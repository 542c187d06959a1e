import { parseCallbackData } from '../../messages/screen.ts';
import { jobUnder } from '../commands/replies.ts';
import type { BotContext } from '../context.ts';
import { isSaid } from '../what-people-send.ts';

/** What an update means for a dialogue that may be open. */
export type Heard = 'answer' | 'leaves' | 'nothing';

/**
 * A command leaves the dialogue and is carried out; so does the example button. In private everything else that a person
 * writes is an answer, in a group only words in reply to the bot; every other update passes by.
 */
export function heard(ctx: BotContext): Heard {
  const press = parseCallbackData(ctx.callbackQuery?.data ?? '');
  if (press?.verb === 'ask') return 'answer';
  if (press?.verb === 'example') return 'leaves';
  const { message } = ctx;
  if (message === undefined || !isSaid(message)) return 'nothing';
  if (message.text?.startsWith('/') === true) return isForOthers(message.text, ctx.me.username) ? 'nothing' : 'leaves';
  const repliedTo = message.reply_to_message;
  const isReplyToUs = repliedTo?.from?.id === ctx.me.id;
  if (isReplyToUs && jobUnder(repliedTo) !== undefined) return 'nothing';
  return ctx.chat?.type === 'private' || (isReplyToUs && message.text !== undefined) ? 'answer' : 'nothing';
}

function isForOthers(text: string, username: string): boolean {
  const [, addressed] = /^\/\w+@(\w+)/.exec(text) ?? [];
  return addressed !== undefined && addressed.toLowerCase() !== username.toLowerCase();
}
