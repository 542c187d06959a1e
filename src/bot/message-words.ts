import type { Message, MessageEntity } from 'grammy/types';
import type { BotContext } from './context.ts';

/** A command at the beginning of what somebody wrote. */
type WrittenCommand = {
  /** In lower case, without the slash. */
  readonly name: string;
  /** Which bot it names: this one, none, or another one. */
  readonly addressed: 'us' | 'nobody' | 'another';
  /** What follows the command. */
  readonly words: string;
};

/** What a message says: its text, or the caption of its media. */
type MessageWords = {
  readonly text: string;
  readonly command?: WrittenCommand;
};

type Written = Pick<Message, 'text' | 'entities' | 'caption' | 'caption_entities'>;

/** Characters that show nothing: marks of direction, joiners, variation selectors, byte order marks. */
const marks = /^[\s\p{Default_Ignorable_Code_Point}]+/u;
const commandShape = /^\/([a-z0-9_]{1,64})(?:@(\w{1,64}))?(?!\w)/i;

/**
 * The only place that reads what a message says. Case and invisible marks before the command are of no account, and a
 * caption counts as a text does. A command is one only where Telegram marked it: a command in a piece of code is none.
 */
export function wordsOf(message: Written | undefined, username: string): MessageWords {
  if (message === undefined) return { text: '' };
  const { text = message.caption ?? '', entities = message.caption_entities ?? [] } = message;
  const start = marks.exec(text)?.[0].length ?? 0;
  const [whole, name, target] = commandShape.exec(text.slice(start)) ?? [];
  if (whole === undefined || name === undefined || !isMarked(entities, start)) return { text };
  const addressed = target === undefined ? 'nobody' : isSameName(target, username) ? 'us' : 'another';
  const words = text.slice(start + whole.length).replace(marks, '');
  return { text, command: { name: name.toLowerCase(), addressed, words } };
}

/** Telegram marks no command behind some invisible marks; there the words count, unless they are marked otherwise. */
function isMarked(entities: readonly MessageEntity[], start: number): boolean {
  const here = entities.filter(({ offset, length }) => offset <= start && start < offset + length);
  if (here.some(({ type }) => type === 'bot_command')) return true;
  return start > 0 && here.every(({ type }) => type !== 'code' && type !== 'pre');
}

function isSameName(name: string, username: string): boolean {
  return name.toLowerCase() === username.toLowerCase();
}

/** The command that is meant for this bot, or for any; undefined for words without one and for commands of other bots. */
export function ownCommand(words: MessageWords): WrittenCommand | undefined {
  return words.command?.addressed === 'another' ? undefined : words.command;
}

/** The command for this bot that the message begins with. */
export function commandIn({ message, me }: BotContext): WrittenCommand | undefined {
  return ownCommand(wordsOf(message, me.username));
}

/** Accepts the messages that begin with this command. */
export function isCommand(name: string): (ctx: BotContext) => boolean {
  return (ctx) => commandIn(ctx)?.name === name;
}

/** What follows the command. */
export function wordsAfterCommand(ctx: BotContext): string {
  return commandIn(ctx)?.words.trim() ?? '';
}
