import { IntlMessageFormat } from 'intl-messageformat';
import { isolated, isolatedCode, isolatedWords, isRightToLeft } from './isolates.ts';
import { messageIds, type MessageId, type messageVariables } from './message-ids.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { Safe, escapeHtml, shownText } from './view.ts';

/** A message, which the values of its variables complete. */
type Message = { format(values: Readonly<Record<string, string | number | Date>>): unknown };

/** The messages of one language; each is parsed when it is used for the first time. */
type Locale = (id: MessageId) => Message;

/** Limits count in UTC days, so dates are written in UTC. */
const formats = { date: { day: { dateStyle: 'long', timeZone: 'UTC' } as const } };

/**
 * Turns a locale file into messages; an error names every message that is missing, unknown or no text. A message is parsed
 * when it is used for the first time: most never are, a parsed one takes ten times the memory of its text, and parsing
 * all languages is a tenth of the start. `checkLocales` parses all.
 */
function readLocale(name: string, json: string): Locale {
  const texts = parseTexts(name, json);
  const used = new Map<MessageId, Message>();
  return (id) => {
    const message = used.get(id) ?? messageOfText(name, texts[id]);
    used.set(id, message);
    return message;
  };
}

/** Without ICU syntax a text is its own message. */
const syntax = /[{}'#]/;

function messageOfText(name: string, text: string): Message {
  if (syntax.test(text)) return parseMessage(name, text);
  const words = isRightToLeft(name) ? isolatedWords(text) : text;
  return { format: () => words };
}

function parseMessage(name: string, text: string): IntlMessageFormat {
  const message = new IntlMessageFormat(text, name, formats, { ignoreTag: true });
  return isRightToLeft(name) ? new IntlMessageFormat(isolated(message.getAst()), name, formats) : message;
}

function parseTexts(name: string, json: string): Readonly<Record<MessageId, string>> {
  const file = parseJson(name, json);
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw cannotLoad(name, ['the file is not one flat object of messages']);
  }
  const texts = new Map<string, unknown>(Object.entries(file));
  const mistakes = [
    ...messageIds.flatMap((id) => mistakeOf(id, texts)),
    ...[...texts.keys()].filter((id) => !knownIds.has(id)).map((id) => `unknown "${id}"`),
  ];
  if (mistakes.length > 0) throw cannotLoad(name, mistakes);
  return file as Record<MessageId, string>;
}

const knownIds: ReadonlySet<string> = new Set(messageIds);

function mistakeOf(id: MessageId, texts: ReadonlyMap<string, unknown>): readonly string[] {
  if (!texts.has(id)) return [`missing "${id}"`];
  const text = texts.get(id);
  if (typeof text !== 'string') return [`"${id}" is not a text`];
  return text === '' ? [`empty "${id}"`] : [];
}

/** Parses every message of every language; an error names those that are not ICU messages. */
export function checkLocales(source: LocaleSource = localeFolder): void {
  for (const name of source.names()) {
    const mistakes = Object.entries(parseTexts(name, source.read(name))).flatMap(([id, text]) => {
      try {
        parseMessage(name, text);
        return [];
      } catch (error) {
        return [`"${id}" is not an ICU message (${error instanceof Error ? error.message : String(error)})`];
      }
    });
    if (mistakes.length > 0) throw cannotLoad(name, mistakes);
  }
}

function parseJson(name: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error(`Cannot load locale "${name}": the file is not valid JSON`, { cause });
  }
}

function cannotLoad(name: string, mistakes: readonly string[]): Error {
  return new Error(`Cannot load locale "${name}": ${mistakes.join(', ')}`);
}

/** Where the locale files are. */
export type LocaleSource = {
  /** Names of all languages: `en`, `es`, … */
  names(): readonly string[];
  /** The JSON text of one of them. */
  read(name: string): string;
};

const folder = new URL('../../locales/', import.meta.url);

/** The files of `locales/`, one for each language. */
export const localeFolder: LocaleSource = {
  names: () =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort(),
  read: (name) => readFileSync(new URL(`${name}.json`, folder), 'utf8'),
};

/** Text is escaped, numbers and dates are formatted for the language, `Safe` is inserted as HTML. */
export type MessageValue = string | number | Date | Safe;

type VariableOf<Id extends MessageId> = (typeof messageVariables)[Id][number];

/** Exactly the variables of a message. */
export type MessageParams<Id extends MessageId> = { readonly [Name in VariableOf<Id>]: MessageValue };

/** The arguments after the id: none for a message without variables. */
export type ParamsAfter<Id extends MessageId> = [VariableOf<Id>] extends [never] ? [] : [params: MessageParams<Id>];

/** The language that the others are translated from, and the fallback for unknown ones. */
export const sourceLocale = 'en';

/** All messages in all languages. */
export type Catalog = {
  /** All languages, the source language first. */
  readonly locales: readonly string[];
  /** A message as Telegram HTML; text variables are cleaned and escaped. */
  say<Id extends MessageId>(locale: string, id: Id, ...params: ParamsAfter<Id>): string;
  /** A message for places without markup: button labels, callback answers, command descriptions. */
  plain<Id extends MessageId>(locale: string, id: Id, ...params: ParamsAfter<Id>): string;
  /** The locale for a Telegram language code (`pt-br`, or none) as localeForTag finds it; the fallback's where there is none. */
  match(languageCode: string | undefined, fallback: string): string;
};

/** Tags come from people. */
const maxKnownTags = 500;

/**
 * The messages in all languages. The file of the source language is read at once, and an error says which of its messages
 * is missing; every other file when its language is used for the first time, and what is wrong there is said in the source
 * language. `checkLocales` reads all.
 */
export function loadCatalog(source: LocaleSource = localeFolder): Catalog {
  const names = source.names();
  if (!names.includes(sourceLocale)) {
    throw new Error(`Cannot load the catalog: there is no locale "${sourceLocale}", only ${quoted(names)}`);
  }
  const locales = [sourceLocale, ...names.filter((name) => name !== sourceLocale)];
  const sourceMessages = readLocale(sourceLocale, source.read(sourceLocale));
  const loaded = new Map<string, Locale>([[sourceLocale, sourceMessages]]);
  const load = (name: string): Locale => {
    try {
      return readLocale(name, source.read(name));
    } catch {
      return sourceMessages;
    }
  };
  const turned = new Set(locales.filter(isRightToLeft));

  /** Every message asks again. */
  const found = new Map<string | undefined, string | undefined>();
  const ofTag = (tag: string | undefined): string | undefined => {
    if (found.has(tag)) return found.get(tag);
    const locale = localeForTag(tag, locales);
    if (found.size >= maxKnownTags) found.clear();
    found.set(tag, locale);
    return locale;
  };
  const match = (languageCode: string | undefined, fallback: string): string =>
    ofTag(languageCode) ?? ofTag(fallback) ?? sourceLocale;

  const messageOf = (locale: string, id: MessageId) => {
    const name = locales.includes(locale) ? locale : match(locale, sourceLocale);
    const messages = loaded.get(name) ?? load(name);
    loaded.set(name, messages);
    try {
      return messages(id);
    } catch (error) {
      if (name === sourceLocale) throw error;
      // Another language is better than no answer; a test parses all messages of this version.
      return sourceMessages(id);
    }
  };

  const format = (
    locale: string,
    id: MessageId,
    params: object | undefined,
    show: (text: string) => string,
  ): string => {
    const values = Object.entries((params ?? {}) as Record<string, MessageValue>);
    const shown = values.map(([name, value]) => [name, shownValue(value, show, turned.has(locale))] as const);
    return String(messageOf(locale, id).format(Object.fromEntries(shown)));
  };

  return {
    locales,
    match,
    say: (locale, id, ...[params]) => format(locale, id, params, (text) => escapeHtml(shownText(text))),
    plain: (locale, id, ...[params]) => format(locale, id, params, shownText),
  };
}

function shownValue(value: MessageValue, show: (text: string) => string, turns: boolean): string | number | Date {
  if (value instanceof Safe) return turns ? isolatedCode(value.html) : value.html;
  return typeof value === 'string' ? show(value) : value;
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(', ');
}

/** The catalog in one language. */
export type Localizer = {
  readonly locale: string;
  say<Id extends MessageId>(id: Id, ...params: ParamsAfter<Id>): string;
  plain<Id extends MessageId>(id: Id, ...params: ParamsAfter<Id>): string;
};

export function localizerFor(catalog: Catalog, languageCode: string): Localizer {
  const locale = catalog.match(languageCode, languageCode);
  return {
    locale,
    say: (id, ...params) => catalog.say(locale, id, ...params),
    plain: (id, ...params) => catalog.plain(locale, id, ...params),
  };
}

/** What a tag begins with; anything else names no language. */
const subtag = /^[a-z]{2,3}(?:-|$)/;

/**
 * The locale that suits a language tag of Telegram or of a setting (`pt`, `pt-br`, `zh_TW`, the old `in`), by rule: the longest
 * prefix of the tag that is a locale; else the first locale of the same language, one in the script of the tag before others
 * (`pt` finds `pt-BR`; `zh-TW` finds `zh-Hant` where there is one, else `zh-Hans`, which its reader understands better than
 * another language). The case of letters never matters. Undefined where no locale has the language.
 */
export function localeForTag(tag: string | undefined, locales: readonly string[]): string | undefined {
  const written = (tag ?? '').toLowerCase().replaceAll('_', '-').split('-').slice(0, 4).join('-');
  if (!subtag.test(written)) return undefined;
  const parts = currentTag(written).split('-');
  for (let length = parts.length; length > 0; length -= 1) {
    const prefix = parts.slice(0, length).join('-');
    const named = locales.find((name) => name.toLowerCase() === prefix);
    if (named !== undefined) return named;
  }
  const ofLanguage = locales.filter((name) => languageOf(name) === parts[0]);
  const script = scriptOf(parts.join('-'));
  return ofLanguage.find((name) => scriptOf(name) === script) ?? ofLanguage[0];
}

/** The script of a tag, as its language and region suggest it; undefined for what is no tag. */
function scriptOf(tag: string): string | undefined {
  try {
    return new Intl.Locale(tag).maximize().script;
  } catch {
    return undefined;
  }
}

/** The two or three letters of a locale's language, which is all that Telegram takes where the bot names a language. */
export function languageOf(locale: string): string {
  return locale.toLowerCase().split('-')[0] ?? locale;
}

/** Languages are renamed now and then: `in` is `id` today, `iw` is `he`. A tag that is none stays as it is. */
function currentTag(tag: string): string {
  try {
    return (Intl.getCanonicalLocales(tag)[0] ?? tag).toLowerCase();
  } catch {
    return tag;
  }
}
