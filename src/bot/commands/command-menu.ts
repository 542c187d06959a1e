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
 * Publishes the command list for every language; `/keys` only in admins' own chats. A language-specific list hides the
 * general one whole, so each is complete. Trouble is told and otherwise ignored: the bot works without a menu.
 */
export class CommandMenu {
  readonly #options: CommandMenuOptions;
  /** Admins who have written, or whose chat was found open. */
  readonly #served = new Set<number>();

  constructor(options: CommandMenuOptions) {
    this.#options = options;
  }

  /** For everybody, and for the admins who have a chat with the bot. */
  async publish(): Promise<void> {
    await this.#publishLists({ admin: false });
    for (const adminId of this.#options.adminIds) {
      if (await this.#publishLists({ admin: true, chatId: adminId })) this.#served.add(adminId);
    }
  }

  /** An admin writes, so the chat exists now: their list is published unless it is already, once in a run. */
  async serve(adminId: number): Promise<void> {
    if (this.#served.has(adminId)) return;
    this.#served.add(adminId);
    await this.#publishLists({ admin: true, chatId: adminId });
  }

  /** False when the chat is not open, which is nothing to complain about. */
  async #publishLists(whose: { readonly admin: boolean; readonly chatId?: number }): Promise<boolean> {
    const { api, messages, locales, defaultLocale, emit } = this.#options;
    const scope = whose.chatId === undefined ? {} : { scope: { type: 'chat', chat_id: whose.chatId } as const };
    for (const language of [undefined, ...locales]) {
      const named = language === undefined ? {} : { language_code: language as LanguageCode };
      try {
        await api.setMyCommands(messages.commands(language ?? defaultLocale, whose), { ...named, ...scope });
      } catch (error) {
        // The house closes: the next start publishes all of them again.
        if (isAborted(error)) return false;
        if (whose.chatId !== undefined && error instanceof GrammyError && classifyTelegramError(error) === 'closed')
          return false;
        emit({ event: 'telegram.error', method: 'setMyCommands', detail: describeTelegramError(error) });
      }
    }
    return true;
  }
}
