import type { Message, Update } from 'grammy/types';
import { isUserContent, senderOf } from '../middleware/identify.ts';
import { ownCommand, wordsOf } from '../message-words.ts';

/** Who this bot is, and which commands it has. */
export type Addressee = {
  readonly id: number;
  readonly username: string;
  readonly commands: ReadonlySet<string>;
};

/** Why an update asks nothing of the bot: it is not answered, not stored and waits for no other update. */
export type Unasked = 'talk in a group' | 'service message' | 'not written by a person' | 'unused kind of update';

/**
 * Why an update asks nothing of the bot; undefined for everything that a handler has to see. In groups that is what is
 * written to the bot: its own commands, commands that name it, and replies to it.
 */
export function reasonUnasked(update: Update, me: Addressee): Unasked | undefined {
  if (update.callback_query !== undefined || update.my_chat_member !== undefined) return undefined;
  const { message } = update;
  if (typeof message !== 'object' || message === null) return 'unused kind of update';
  if (message.chat.type === 'private') return undefined;
  // The group lives on under another id.
  if (message.migrate_to_chat_id !== undefined) return undefined;
  if (!isUserContent(message)) return 'service message';
  if (!isForBot(message, me)) return 'talk in a group';
  const sender = senderOf(message);
  const isHeard = sender === 'person' || (sender === 'hidden' && isCommandForUs(message, me));
  return isHeard ? undefined : 'not written by a person';
}

/** Whether a message in a group asks something of the bot. */
export function isForBot(message: Message, me: Addressee): boolean {
  return message.reply_to_message?.from?.id === me.id || isCommandForUs(message, me);
}

/** Whether a message begins with a command that names the bot, or that it has and that names no other. */
export function isCommandForUs(message: Message, me: Addressee): boolean {
  const command = ownCommand(wordsOf(message, me.username));
  return command !== undefined && (command.addressed === 'us' || me.commands.has(command.name));
}
