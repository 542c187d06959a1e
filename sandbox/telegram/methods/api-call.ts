import { badRequest, forbidden } from '../api-error.ts';
import { type CallParams, isObject } from '../call-params.ts';
import { isSupergroup, type StoredChat } from '../chats.ts';
import type { TelegramState } from '../telegram-state.ts';

/** One call of a method; `signal` aborts when the client closes the connection. */
export type ApiCall = {
  readonly state: TelegramState;
  readonly params: CallParams;
  readonly signal: AbortSignal;
};

/** Returns the `result` of the response; throws an ApiError to refuse. */
export type ApiMethod = (call: ApiCall) => unknown;

/** Returns the chat that the call names; throws 400 when the bot cannot know it. */
export function chatOf({ state, params }: ApiCall, name = 'chat_id'): StoredChat {
  const text = params.text(name).trim();
  if (text === '') throw badRequest(`${name} is empty`);
  const chat = state.chats.get(params.integer(name));
  if (chat === undefined || (chat.kind === 'private' && !chat.opened)) throw badRequest('chat not found');
  return chat;
}

/**
 * Returns the chat that the call writes to; throws 403 where the bot was blocked or kicked, 400 where the group was
 * upgraded.
 */
export function writableChatOf(call: ApiCall): StoredChat {
  const chat = chatOf(call);
  if (chat.kind === 'private') {
    if (chat.blocked) throw forbidden('bot was blocked by the user');
    return chat;
  }
  if (chat.upgradedTo !== undefined) {
    throw badRequest('group chat was upgraded to a supergroup chat', { migrate_to_chat_id: chat.upgradedTo });
  }
  if (chat.kicked) throw forbidden(`bot was kicked from the ${isSupergroup(chat) ? 'supergroup' : 'group'} chat`);
  return chat;
}

/** The topic of every forum that messages do not name. */
const generalTopic = 1;

/**
 * Returns the topic that the call names, undefined for none and for the general one; throws 400 for a closed or unknown
 * one.
 */
export function threadOf(params: CallParams, chat: StoredChat): number | undefined {
  const threadId = params.integer('message_thread_id');
  if (threadId === 0) return undefined;
  if (chat.kind !== 'group' || !chat.isForum) throw badRequest('message thread not found');
  if (threadId === generalTopic) return undefined;
  const topic = chat.topics.get(threadId);
  if (topic === undefined) throw badRequest('message thread not found');
  if (topic.closed) throw badRequest('TOPIC_CLOSED');
  return threadId;
}

/** Returns the id of the message to reply to; undefined for none, and for a deleted one when the call allows that. */
export function replyOf(params: CallParams, chat: StoredChat): number | undefined {
  const given = params.json('reply_parameters', 'reply parameters');
  if (given !== undefined && !isObject(given)) throw badRequest('object expected as reply parameters');
  const messageId = Number(given?.['message_id'] ?? params.integer('reply_to_message_id'));
  if (messageId === 0) return undefined;
  if (chat.messages.has(messageId)) return messageId;
  const mayBeMissing = given?.['allow_sending_without_reply'] === true || params.flag('allow_sending_without_reply');
  if (mayBeMissing) return undefined;
  throw badRequest('message to be replied not found');
}
