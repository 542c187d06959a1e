import { type Api, GrammyError } from 'grammy';
import type { LanguageCode } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import { describeTelegramError, isAborted, classifyTelegramError } from '../outbox/telegram-error.ts';

export type CommandMenuOptions = {
  readonly api: Api;
  readonly messages: MessageMapper;
  readonly locales: readonly string[];
  readonly defaultLocale: string;
  readonly adminIds: ReadonlySet<number>;
  readonly emit: Emit;
};

/**
 * Publishes the command list for every language; `/keys` only in admins' own chats. A list for one language replaces the
 * general one entirely, so each is complete. An error is reported and otherwise ignored: the bot works without a menu.
 */
export class CommandMenu {
  readonly #options: CommandMenuOptions;
  /** Admins with a published list. */
  readonly #published = new Set<number>();

  constructor(options: CommandMenuOptions) {
    this.#options = options;
  }

  /** Publishes the list for everybody, and for the admins who have a chat with the bot. */
  async publish(): Promise<void> {
    await this.#publishLists({ admin: false });
    for (const adminId of this.#options.adminIds) {
      if (await this.#publishLists({ admin: true, chatId: adminId })) this.#published.add(adminId);
    }
  }

  /** Publishes the list of an admin who has just written, once per process. */
  async publishFor(adminId: number): Promise<void> {
    if (this.#published.has(adminId)) return;
    this.#published.add(adminId);
    await this.#publishLists({ admin: true, chatId: adminId });
  }

  /** Resolves with false when the chat is not open, which is no error. */
  async #publishLists(whose: { readonly admin: boolean; readonly chatId?: number }): Promise<boolean> {
    const { api, messages, locales, defaultLocale, emit } = this.#options;
    const scope = whose.chatId === undefined ? {} : { scope: { type: 'chat', chat_id: whose.chatId } as const };
    for (const language of [undefined, ...locales]) {
      const named = language === undefined ? {} : { language_code: language as LanguageCode };
      try {
        await api.setMyCommands(messages.commands(language ?? defaultLocale, whose), { ...named, ...scope });
      } catch (error) {
        // The app stops; the next start publishes all lists again.
        if (isAborted(error)) return false;
        if (whose.chatId !== undefined && error instanceof GrammyError && classifyTelegramError(error) === 'closed')
          return false;
        emit({ event: 'telegram.error', method: 'setMyCommands', detail: describeTelegramError(error) });
      }
    }
    return true;
  }
}
