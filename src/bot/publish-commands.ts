import type { Api } from 'grammy';
import type { LanguageCode } from 'grammy/types';
import type { Tell } from '../domain/events.ts';
import type { MessageMapper } from '../messages/message-mapper.ts';
import { describeTrouble } from './telegram-trouble.ts';

export type PublishOptions = {
  readonly api: Api;
  readonly messages: MessageMapper;
  readonly locales: readonly string[];
  readonly defaultLocale: string;
  readonly adminIds: ReadonlySet<number>;
  readonly tell: Tell;
};

/**
 * Publishes the command list for every language; `/keys` only in admins' own chats. A language-specific list hides the
 * general one whole, so each is complete. Trouble is told and otherwise ignored: the bot works without a menu.
 */
export async function publishCommands(options: PublishOptions): Promise<void> {
  const { api, messages, locales, defaultLocale, adminIds, tell } = options;
  const attempt = async (call: () => Promise<unknown>) => {
    try {
      await call();
    } catch (error) {
      tell({ event: 'telegram.trouble', method: 'setMyCommands', detail: describeTrouble(error) });
    }
  };
  const languages = [undefined, ...locales.map((locale) => locale as LanguageCode)];
  for (const language of languages) {
    const locale = language ?? defaultLocale;
    const named = language === undefined ? {} : { language_code: language };
    await attempt(() => api.setMyCommands(messages.commands(locale, { admin: false }), named));
    for (const chatId of adminIds) {
      const scope = { type: 'chat', chat_id: chatId } as const;
      await attempt(() => api.setMyCommands(messages.commands(locale, { admin: true }), { ...named, scope }));
    }
  }
}
