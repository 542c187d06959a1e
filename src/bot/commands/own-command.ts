import type { BotContext } from '../context.ts';
import { ownCommand, wordsOf, type WrittenCommand } from '../message-words.ts';

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
