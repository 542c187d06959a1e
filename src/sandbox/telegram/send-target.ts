import { badRequest } from './api-error.ts';
import { isObject, type CallParams } from './call-params.ts';
import type { StoredChat } from './chats.ts';

/** The topic that every forum has and that its messages do not name. */
const generalTopic = 1;

/** The topic that a call names; undefined for none and for the general one. */
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

/** The message that a call replies to; undefined for none, or when it is gone and the call does not mind. */
export function replyOf(params: CallParams, chat: StoredChat): number | undefined {
  const given = params.json('reply_parameters', 'reply parameters');
  if (given !== undefined && !isObject(given)) throw badRequest('object expected as reply parameters');
  const messageId = Number(given?.['message_id'] ?? params.integer('reply_to_message_id'));
  if (messageId === 0) return undefined;
  if (chat.messages.has(messageId)) return messageId;
  const doesNotMind = given?.['allow_sending_without_reply'] === true || params.flag('allow_sending_without_reply');
  if (doesNotMind) return undefined;
  throw badRequest('message to be replied not found');
}
