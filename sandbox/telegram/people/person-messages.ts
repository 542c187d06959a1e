import type { StoredChat } from '../chats.ts';
import { readText } from '../text/read-text.ts';
import { topicOf } from './group.ts';
import { type Content, type StoredMessage, textOf } from '../messages/stored-message.ts';
import type { TelegramState } from '../telegram-state.ts';
import { messageFor } from '../messages/bot-api-objects.ts';

export type NewMessage = {
  readonly content: Content;
  readonly replyTo?: number;
  readonly threadId?: number;
  readonly viaBot?: true;
};

/** Posts a message of a person and queues its update when the bot may see it; returns the message id. */
export function writeAsPerson(state: TelegramState, chat: StoredChat, userId: number, newMessage: NewMessage): number {
  if (chat.kind === 'private') {
    if (chat.blocked) throw new Error('Cannot write to the bot: the person has blocked it; unblock() first');
    chat.opened = true;
  } else {
    if (newMessage.threadId !== undefined) topicOf(chat, newMessage.threadId);
    chat.members.add(userId);
  }
  const message = state.post(chat, { from: userId, ...newMessage });
  if (isSeenByBot(state, chat, message)) state.updates.add('message', messageFor(state, chat, message));
  return message.id;
}

/** Replaces the text of a message that the person wrote; throws for any other message. */
export function editAsPerson(
  state: TelegramState,
  chat: StoredChat,
  userId: number,
  messageId: number,
  text: string,
): number {
  const message = chat.messages.get(messageId);
  if (message?.from !== userId || message.content.kind !== 'text') {
    throw new Error(`Cannot edit message ${messageId}: it is not a text of the person ${userId}`);
  }
  message.content = { kind: 'text', text: readText(text, '', undefined) };
  message.editDateS = state.nowS();
  state.changes.emit({ kind: 'message-edited', chatId: chat.id, messageId });
  if (isSeenByBot(state, chat, message)) state.updates.add('edited_message', messageFor(state, chat, message));
  return messageId;
}

/** Privacy mode: in a group the bot receives commands that may be for it, mentions of it, replies to it, and what was sent via it. */
function isSeenByBot(state: TelegramState, chat: StoredChat, message: StoredMessage): boolean {
  if (chat.kind === 'private') return true;
  if (chat.kicked) return false;
  if (chat.admins.has(state.bot.id) || message.viaBot === true) return true;
  if (message.replyTo !== undefined && chat.messages.get(message.replyTo)?.from === 'bot') return true;
  const ourName = `@${state.bot.username ?? ''}`.toLowerCase();
  const { text, entities } = textOf(message.content);
  return entities.some(({ type, offset, length }) => {
    const words = text.slice(offset, offset + length).toLowerCase();
    if (type === 'mention') return words === ourName;
    return type === 'bot_command' && (!words.includes('@') || words.endsWith(ourName));
  });
}
