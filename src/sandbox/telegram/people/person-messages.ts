import type { StoredChat } from '../chats.ts';
import { readText } from '../text/read-text.ts';
import { topicOf } from './group.ts';
import { type Content, type StoredMessage, wordsOf } from '../messages/stored-message.ts';
import type { TelegramWorld } from '../telegram-state.ts';
import { messageFor } from '../messages/bot-api-objects.ts';

export type Writing = {
  readonly content: Content;
  readonly replyTo?: number;
  readonly threadId?: number;
};

/** Puts a person's message into the chat and tells the bot, if it may see it; answers the message's id. */
export function write(world: TelegramWorld, chat: StoredChat, userId: number, writing: Writing): number {
  if (chat.kind === 'private') {
    if (chat.blocked) throw new Error('Cannot write to the bot: the person has blocked it; unblock() first');
    chat.opened = true;
  } else {
    if (writing.threadId !== undefined) topicOf(chat, writing.threadId);
    chat.members.add(userId);
  }
  const message = world.post(chat, { from: userId, ...writing });
  if (isSeenByBot(world, chat, message)) world.updates.add('message', messageFor(world, chat, message));
  return message.id;
}

/** Gives an own text message a new text. */
export function editOwn(
  world: TelegramWorld,
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
  message.editDateS = world.nowS();
  world.changes.tell({ kind: 'message-edited', chatId: chat.id, messageId });
  if (isSeenByBot(world, chat, message)) world.updates.add('edited_message', messageFor(world, chat, message));
  return messageId;
}

/** Privacy mode: in a group a bot sees commands that may be its own, mentions of it and replies to it. */
function isSeenByBot(world: TelegramWorld, chat: StoredChat, message: StoredMessage): boolean {
  if (chat.kind === 'private') return true;
  if (chat.kicked) return false;
  if (chat.admins.has(world.bot.id)) return true;
  if (message.replyTo !== undefined && chat.messages.get(message.replyTo)?.from === 'bot') return true;
  const ourName = `@${world.bot.username ?? ''}`.toLowerCase();
  const { text, entities } = wordsOf(message.content);
  return entities.some(({ type, offset, length }) => {
    const words = text.slice(offset, offset + length).toLowerCase();
    if (type === 'mention') return words === ourName;
    return type === 'bot_command' && (!words.includes('@') || words.endsWith(ourName));
  });
}
