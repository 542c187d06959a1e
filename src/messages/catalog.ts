import { type Locale, readLocale } from './locale-file.ts';
import { localeFolder, type LocaleSource } from './locale-source.ts';
import type { MessageId } from './message-ids.ts';
import type { MessageValue, ParamsAfter } from './message-params.ts';
import { escapeHtml, Safe } from './safe-html.ts';
import { shownText } from './shown-text.ts';

/** The language every other one is translated from, and the one that is spoken when a language is not there. */
export const sourceLocale = 'en';

/** All words in all languages. */
export type Catalog = {
  /** The languages there are, the source language first. */
  readonly locales: readonly string[];
  /** A message as Telegram HTML; text variables are cleaned and escaped. */
  say<Id extends MessageId>(locale: string, id: Id, ...params: ParamsAfter<Id>): string;
  /** A message where Telegram takes no markup: button labels, callback answers, command descriptions. */
  plain<Id extends MessageId>(locale: string, id: Id, ...params: ParamsAfter<Id>): string;
  /** The language for what Telegram reports (`pt-br`, or nothing); the fallback where we do not speak it. */
  match(languageCode: string | undefined, fallback: string): string;
};

/** Reads and checks every locale file; an error says which file and which message. */
export function loadCatalog(source: LocaleSource = localeFolder): Catalog {
  const names = source.names();
  if (!names.includes(sourceLocale)) {
    throw new Error(`Cannot load the catalog: there is no locale "${sourceLocale}", only ${quoted(names)}`);
  }
  const locales = [sourceLocale, ...names.filter((name) => name !== sourceLocale)];
  const spoken = new Map(locales.map((name) => [name, readLocale(name, source.read(name))] as const));

  const match = (languageCode: string | undefined, fallback: string): string =>
    known(languageCode, spoken) ?? known(fallback, spoken) ?? sourceLocale;

  const format = (
    locale: string,
    id: MessageId,
    params: object | undefined,
    show: (text: string) => string,
  ): string => {
    const message = spoken.get(locale) ?? spoken.get(match(locale, sourceLocale));
    const values = Object.entries((params ?? {}) as Record<string, MessageValue>);
    const shown = values.map(([name, value]) => [name, shownValue(value, show)] as const);
    return String(message?.(id).format(Object.fromEntries(shown)));
  };

  return {
    locales,
    match,
    say: (locale, id, ...[params]) => format(locale, id, params, (text) => escapeHtml(shownText(text))),
    plain: (locale, id, ...[params]) => format(locale, id, params, shownText),
  };
}

function shownValue(value: MessageValue, show: (text: string) => string): string | number | Date {
  if (value instanceof Safe) return value.html;
  return typeof value === 'string' ? show(value) : value;
}

/** The longest part of the tag that names a language we have: `zh-hans-cn`, then `zh-hans`, then `zh`. */
function known(tag: string | undefined, spoken: ReadonlyMap<string, Locale>): string | undefined {
  const parts = (tag ?? '').toLowerCase().replaceAll('_', '-').split('-').slice(0, 4);
  for (let length = parts.length; length > 0; length -= 1) {
    const name = parts.slice(0, length).join('-');
    if (spoken.has(name)) return name;
  }
  return undefined;
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(', ');
}
