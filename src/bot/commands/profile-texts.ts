import type { Api } from 'grammy';
import type { LanguageCode } from 'grammy/types';
import { languageOf } from '../../messages/catalog.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';

export type ProfileOptions = {
  readonly api: Api;
  readonly messages: MessageMapper;
  readonly locales: readonly string[];
  readonly defaultLocale: string;
  /** Makes one call; a refusal is reported there and ends the rest until the next start. */
  readonly tried: (method: string, call: () => Promise<unknown>) => Promise<'done' | 'failed' | 'stop'>;
};

/** One of the two texts: what an empty chat shows, and what stands on the bot's page and beside shared links. */
type Text = {
  readonly name: 'Description' | 'ShortDescription';
  read(language: object): Promise<string>;
  write(text: string, language: object): Promise<unknown>;
  of(locale: string): string;
};

/**
 * Publishes what the bot says about itself in every language. Only what is empty or the bot's own is written: a text that
 * the operator gave to @BotFather stays, and then no language gets another.
 */
export async function publishProfile({ api, messages, locales, defaultLocale, tried }: ProfileOptions): Promise<void> {
  let bot = '';
  const isKnown = await tried('getMe', async () => {
    bot = (await api.getMe()).first_name;
  });
  if (isKnown !== 'done') return;
  const texts: readonly Text[] = [
    {
      name: 'Description',
      read: async (language) => (await api.getMyDescription(language)).description,
      write: (text, language) => api.setMyDescription(text, language),
      of: (locale) => messages.profile(locale, bot).description,
    },
    {
      name: 'ShortDescription',
      read: async (language) => (await api.getMyShortDescription(language)).short_description,
      write: (text, language) => api.setMyShortDescription(text, language),
      of: (locale) => messages.profile(locale, bot).shortDescription,
    },
  ];
  for (const text of texts) {
    for (const locale of [undefined, ...locales]) {
      if (!(await publishText(text, locale, defaultLocale, tried))) break;
    }
  }
}

/** Resolves with false where the rest of the text's languages must wait: a refusal, or a text of the operator's. */
async function publishText(
  text: Text,
  locale: string | undefined,
  defaultLocale: string,
  tried: ProfileOptions['tried'],
): Promise<boolean> {
  const language = locale === undefined ? {} : { language_code: languageOf(locale) as LanguageCode };
  const own = text.of(locale ?? defaultLocale);
  let current = '';
  const read = await tried(`getMy${text.name}`, async () => {
    current = await text.read(language);
  });
  if (read !== 'done') return false;
  if (current === own) return true;
  // Telegram answers with the text for all languages where one has none of its own.
  const isOurs = current === '' || current === text.of(defaultLocale);
  if (!isOurs) return locale !== undefined;
  return (await tried(`setMy${text.name}`, () => text.write(own, language))) === 'done';
}
