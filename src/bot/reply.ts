import type { MessageView } from '../messages/view.ts';
import type { BotContext } from './context.ts';
import { replyTo, textOptions } from './delivery/media-message.ts';
import { classifyTelegramError, isShut } from './outbox/telegram-error.ts';

/** Answers in the same chat and topic; in a group as a reply. A closed chat is ignored. */
export async function reply(ctx: BotContext, view: MessageView): Promise<void> {
  await showInReply(ctx, view);
}

/** As `reply`; resolves with the id of the message, undefined where the chat is closed. */
export async function showInReply(ctx: BotContext, view: MessageView): Promise<number | undefined> {
  return send(ctx, view, ctx.chat !== undefined && ctx.chat.type !== 'private');
}

/** Answers as a reply in private too: the buttons of the answer use the words of the message. */
export async function replyQuoting(ctx: BotContext, view: MessageView): Promise<void> {
  await send(ctx, view, true);
}

/**
 * Answers so that only its person sees it: in a group as an ephemeral message (Bot API 10.3), and where the server knows
 * none as a short reply. A view with buttons is a reply like any other, since a press could not edit an ephemeral message.
 */
export async function replyPrivately(ctx: BotContext, view: MessageView): Promise<void> {
  const { chat, from, callbackQuery } = ctx;
  const isReply = chat?.type === 'private' || view.rows.length > 0;
  if (chat === undefined || from === undefined || isReply) return reply(ctx, view);
  const threadId = ctx.msg?.is_topic_message === true ? ctx.msg.message_thread_id : undefined;
  try {
    await ctx.api.sendMessage(chat.id, view.text, {
      ...textOptions(view),
      ...(threadId === undefined ? {} : { message_thread_id: threadId }),
      ephemeral_message_parameters: {
        receiver_user_id: from.id,
        ...(callbackQuery === undefined ? {} : { callback_query_id: callbackQuery.id }),
      },
    });
  } catch (error) {
    const failure = classifyTelegramError(error);
    if (isShut(failure)) return;
    if (failure !== 'refused') throw error;
    await reply(ctx, view);
  }
}

async function send(ctx: BotContext, view: MessageView, asReply: boolean): Promise<number | undefined> {
  const message = ctx.message ?? ctx.callbackQuery?.message;
  try {
    const sent = await ctx.reply(view.text, {
      ...textOptions(view),
      ...(asReply && message !== undefined ? { reply_parameters: replyTo(message.message_id) } : {}),
    });
    return sent.message_id;
  } catch (error) {
    if (!isShut(classifyTelegramError(error))) throw error;
    return undefined;
  }
}

/**
 * Answers a pressed button with a short text over the chat, or with none. What the press asks for never waits for it and
 * never fails by it: the call goes out, and its end is ignored.
 */
export async function answer(ctx: BotContext, text?: string): Promise<void> {
  ctx.answerCallbackQuery(text).catch(() => undefined);
}

/** Edits the message of the pressed button; sends a new one when it is gone. A closed chat is ignored. */
export async function edit(ctx: BotContext, view: MessageView): Promise<void> {
  await showInPressed(ctx, view);
}

/** As `edit`; resolves with the id of the message that shows the view, undefined where the chat is closed. */
export async function showInPressed(ctx: BotContext, view: MessageView): Promise<number | undefined> {
  const messageId = ctx.callbackQuery?.message?.message_id;
  try {
    await ctx.editMessageText(view.text, textOptions(view));
    return messageId;
  } catch (error) {
    const failure = classifyTelegramError(error);
    if (failure === 'not-modified') return messageId;
    if (isShut(failure)) return undefined;
    if (failure !== 'no-message') throw error;
    return showInReply(ctx, view);
  }
}
