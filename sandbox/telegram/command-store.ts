import type { BotCommand } from 'grammy/types';
import { badRequest } from './api-error.ts';
import { isObject } from './call-params.ts';
import { characterCount } from './text/formatted-text.ts';
import { limits } from './limits.ts';

/** For whom a list of commands is published. */
export type CommandScope =
  | { readonly type: 'default' | 'all_private_chats' | 'all_group_chats' | 'all_chat_administrators' }
  | { readonly type: 'chat' | 'chat_administrators'; readonly chatId: number }
  | { readonly type: 'chat_member'; readonly chatId: number; readonly userId: number };

/** The published command lists, one per scope and language. */
export class CommandStore {
  readonly #lists = new Map<string, readonly BotCommand[]>();

  /** Publishes a list; an empty one removes the list. */
  set(scope: CommandScope, languageCode: string, commands: readonly BotCommand[]): void {
    const key = keyFor(scope, languageCode);
    if (commands.length === 0) this.#lists.delete(key);
    else this.#lists.set(key, commands);
  }

  get(scope: CommandScope, languageCode: string): readonly BotCommand[] {
    return this.#lists.get(keyFor(scope, languageCode)) ?? [];
  }

  /** Returns the first list that exists: scope by scope, and within a scope the language before the general list. */
  firstOf(scopes: readonly CommandScope[], languageCode: string): readonly BotCommand[] {
    const language = languageCode.slice(0, 2).toLowerCase();
    for (const scope of scopes) {
      for (const code of language === '' ? [''] : [language, '']) {
        const list = this.get(scope, code);
        if (list.length > 0) return list;
      }
    }
    return [];
  }
}

/** The scopes that apply to a user in a chat, narrowest first. */
export function scopesFor(chatId: number, userId: number, isAdmin: boolean): readonly CommandScope[] {
  if (chatId > 0) return [{ type: 'chat', chatId }, { type: 'all_private_chats' }, { type: 'default' }];
  return [
    { type: 'chat_member', chatId, userId },
    ...(isAdmin ? [{ type: 'chat_administrators' as const, chatId }] : []),
    { type: 'chat', chatId },
    ...(isAdmin ? [{ type: 'all_chat_administrators' as const }] : []),
    { type: 'all_group_chats' },
    { type: 'default' },
  ];
}

/** Parses a `BotCommandScope`; throws 400 when it is malformed. */
export function readScope(given: unknown): CommandScope {
  if (given === undefined) return { type: 'default' };
  if (!isObject(given)) throw badRequest("can't parse BotCommandScope: expected an Object");
  const { type } = given;
  switch (type) {
    case 'default':
    case 'all_private_chats':
    case 'all_group_chats':
    case 'all_chat_administrators':
      return { type };
    case 'chat':
    case 'chat_administrators':
      return { type, chatId: identifier(given, 'chat_id') };
    case 'chat_member':
      return { type, chatId: identifier(given, 'chat_id'), userId: identifier(given, 'user_id') };
    default:
      throw badRequest("can't parse BotCommandScope: unsupported type specified");
  }
}

/** Returns the code when it is empty or two letters; throws 400 for longer tags such as `pt-br`. */
export function readLanguageCode(code: string): string {
  if (!/^(?:[a-z]{2})?$/.test(code)) throw badRequest('invalid language code specified');
  return code;
}

/** Parses and checks a list of `BotCommand`; throws 400 when an entry breaks a limit. */
export function readCommands(given: unknown): readonly BotCommand[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw badRequest('expected an Array of BotCommand');
  if (given.length > limits.commands) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  return given.map(readCommand);
}

function readCommand(given: unknown): BotCommand {
  if (!isObject(given) || typeof given['command'] !== 'string' || typeof given['description'] !== 'string') {
    throw badRequest("can't parse BotCommand: expected an Object with command and description");
  }
  const command = given['command'].replace(/^\//, '');
  const description = given['description'].trim();
  if (command === '') throw badRequest('command must be non-empty');
  if (command.length > limits.commandCharacters) {
    throw badRequest(`command length must not exceed ${limits.commandCharacters}`);
  }
  if (!/^[a-z0-9_]+$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
  if (description === '') throw badRequest('command description must be non-empty');
  if (characterCount(description) > limits.commandDescriptionCharacters) {
    throw badRequest(`command description length must not exceed ${limits.commandDescriptionCharacters}`);
  }
  return { command, description };
}

function identifier(given: Readonly<Record<string, unknown>>, field: string): number {
  const value = Number(given[field]);
  if (!Number.isSafeInteger(value) || value === 0) throw badRequest(`${field} is empty`);
  return value;
}

function keyFor(scope: CommandScope, languageCode: string): string {
  const chat = 'chatId' in scope ? scope.chatId : '';
  const user = 'userId' in scope ? scope.userId : '';
  return [scope.type, chat, user, languageCode].join('/');
}
