import { IntlMessageFormat } from 'intl-messageformat';
import { expect, expectTypeOf, test } from 'vitest';
import type { ChoiceWhy, SkipReason } from '../src/domain/attempt-trail.ts';
import type { FailureCode, FailureReason } from '../src/domain/failure.ts';
import { jobKinds, styleNames, styleOf } from '../src/domain/kinds.ts';
import type { CoolReason } from '../src/domain/key-state.ts';
import { readPromptOptions } from '../src/jobs/request/generation-request.ts';
import { localeFolder } from '../src/messages/catalog.ts';
import { messageIds, messageVariables, type MessageId } from '../src/messages/message-ids.ts';
import { parseTelegramHtml } from './messages/telegram-html.ts';

type Node = {
  readonly type: number;
  readonly value?: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Node[] }>>;
};

const argument = 1;
const numberType = 2;
const select = 5;
const plural = 6;
const pound = 7;
/** Numbers of every plural category that any language has. */
const samples = [...Array.from({ length: 200 }, (_, index) => index), 1_000_000, 2_000_000];
const locales = localeFolder.names();
const messages = new Map(
  locales.map((locale) => [locale, JSON.parse(localeFolder.read(locale)) as Record<string, string>] as const),
);
/** Where Telegram takes no markup. */
const plainIds = messageIds.filter(
  (id) =>
    /^(?:button|answer|command|example)\./.test(id) || ['language.name', 'keys.tested', 'keys.woken'].includes(id),
);

function text(locale: string, id: MessageId): string {
  return messages.get(locale)?.[id] ?? '';
}

function ast(locale: string, id: MessageId): readonly Node[] {
  return new IntlMessageFormat(text(locale, id), locale, undefined, { ignoreTag: true }).getAst();
}

/** Every node, those inside of plural and select arms included. */
function nodes(tree: readonly Node[]): readonly Node[] {
  return tree.flatMap((node) => [node, ...Object.values(node.options ?? {}).flatMap((arm) => nodes(arm.value))]);
}

function variables(tree: readonly Node[]): readonly string[] {
  const named = nodes(tree).filter((node) => node.type !== 0 && node.type !== pound);
  return [...new Set(named.map((node) => node.value ?? ''))].sort();
}

/** Every text the message can become, with `x` in the place of each variable. */
function variants(tree: readonly Node[]): readonly string[] {
  return tree.reduce<readonly string[]>(
    (starts, node) => {
      const ends =
        node.options === undefined
          ? [node.type === 0 ? (node.value ?? '') : 'x']
          : Object.values(node.options).flatMap((arm) => variants(arm.value));
      return starts.flatMap((start) => ends.map((end) => start + end));
    },
    [''],
  );
}

function each<Value>(read: (locale: string, id: MessageId) => Value): Record<string, Value> {
  return Object.fromEntries(
    locales.flatMap((locale) => messageIds.map((id) => [`${locale} ${id}`, read(locale, id)] as const)),
  );
}

test('thirteen languages are there', () => {
  const thirteen = ['en', 'es', 'pt-BR', 'ru', 'uk', 'de', 'fr', 'tr', 'id', 'hi', 'ar', 'fa', 'zh-Hans'];
  expect(thirteen.filter((tag) => !locales.includes(tag))).toEqual([]);
});

test.each(locales)('locale %s has exactly the messages of messageVariables, in the same order', (locale) => {
  expect(Object.keys(messages.get(locale) ?? {})).toEqual(messageIds);
});

test('every message takes exactly the variables that messageVariables gives it', () => {
  expect(each((locale, id) => variables(ast(locale, id)))).toEqual(each((_, id) => [...messageVariables[id]].sort()));
});

test('every plural has all the categories of its language', () => {
  const missing = each((locale, id) => {
    const wanted = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
    return nodes(ast(locale, id))
      .filter((node) => node.type === plural)
      .flatMap((node) => wanted.filter((category) => !(category in (node.options ?? {}))));
  });
  expect(missing).toEqual(each(() => []));
});

test('every plural has only categories of its language and exact numbers', () => {
  const strange = each((locale, id) => {
    const known: readonly string[] = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
    return nodes(ast(locale, id))
      .filter((node) => node.type === plural)
      .flatMap((node) => Object.keys(node.options ?? {}))
      .filter((category) => !known.includes(category) && !/^=-?\d+$/.test(category));
  });
  expect(strange).toEqual(each(() => []));
});

test('an arm that stands for several numbers says which one it is', () => {
  const mute = each((locale, id) => {
    const rules = new Intl.PluralRules(locale);
    const counted = (name: string) => samples.filter((number) => rules.select(number) === name).length;
    return nodes(ast(locale, id))
      .filter((node) => node.type === plural)
      .flatMap((node) => {
        const arms = Object.entries(node.options ?? {}).filter(([name]) => !name.startsWith('='));
        const says = (arm: { readonly value: readonly Node[] }) => nodes(arm.value).some(({ type }) => type === pound);
        if (!arms.some(([, arm]) => says(arm))) return [];
        return arms.filter(([name, arm]) => counted(name) > 1 && !says(arm)).map(([name]) => name);
      });
  });
  expect(mute).toEqual(each(() => []));
});

test('a variable that is a number in English is written as a number of the language everywhere', () => {
  const numbers = new Map(
    messageIds.map((id) => [
      id,
      new Set(
        nodes(ast('en', id))
          .filter(({ type }) => type === plural || type === numberType)
          .map(({ value }) => value),
      ),
    ]),
  );
  const asText = each((locale, id) =>
    nodes(ast(locale, id))
      .filter(({ type, value }) => type === argument && numbers.get(id)?.has(value) === true)
      .map(({ value }) => value),
  );
  expect(asText).toEqual(each(() => []));
});

test('every language writes one sort of digits outside of code and of Latin words', () => {
  const strange = each((locale, id) => {
    const own = new Intl.NumberFormat(locale, { useGrouping: false }).format(9_876_543_210);
    const words = text(locale, id)
      .replaceAll(/<code>.*?<\/code>/gs, '')
      .replaceAll(/\{\w+, select,|=-?\d+(?= \{)|(?<=[{},] )\d+(?= \{)|[A-Za-z]+\d+|\d+[A-Za-z]+/g, '');
    return [...new Set(words.match(/\p{Nd}/gu) ?? [])].filter((digit) => !own.includes(digit));
  });
  expect(strange).toEqual(each(() => []));
});

test('isolates are added when a text is shown, so no file writes them', () => {
  expect(each((locale, id) => /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/.test(text(locale, id)))).toEqual(
    each(() => false),
  );
});

test('every select tells the same cases apart as English does', () => {
  const cases = (locale: string, id: MessageId) =>
    [
      ...new Set(
        nodes(ast(locale, id))
          .filter((node) => node.type === select)
          .map(
            (node) =>
              `${node.value}: ${Object.keys(node.options ?? {})
                .sort()
                .join(' ')}`,
          ),
      ),
    ].sort();
  expect(each(cases)).toEqual(each((_, id) => cases('en', id)));
});

test('every message that speaks of the kind of a request has words for each kind, the first one standing for the rest', () => {
  const [, ...named] = jobKinds;
  const wanted = [...named, 'other'].sort();
  const wrong = each((locale, id) =>
    nodes(ast(locale, id))
      .filter((node) => node.type === select && node.value === 'kind')
      .map((node) => Object.keys(node.options ?? {}).sort())
      .filter((cases) => cases.join() !== wanted.join()),
  );
  expect(wrong).toEqual(each(() => []));
});

test('every form of every message is HTML that Telegram takes and fits into one message', () => {
  const tooLong = each((locale, id) =>
    variants(ast(locale, id)).some((html) => parseTelegramHtml(html).length > 3_000),
  );
  expect(tooLong).toEqual(each(() => false));
});

test('messages for places without markup have none, and keep the limits of their place', () => {
  const limit = (id: MessageId): number => {
    if (id.startsWith('button.') || id === 'language.name') return 40;
    return id.startsWith('command.') ? 256 : 200;
  };
  const wrong = locales.flatMap((locale) =>
    plainIds.flatMap((id) =>
      variants(ast(locale, id))
        .filter((words) => /[<>&]/.test(words) || words.trim() === '' || words.length > limit(id))
        .map((words) => `${locale} ${id}: ${words}`),
    ),
  );
  expect(wrong).toEqual([]);
});

test('no message has a status code in it or speaks of an unknown error', () => {
  const banned = /\b(?:401|402|403|404|429|5\d\d)\b|unknown error|error desconocido|неизвестн\S* ошибк/i;
  expect(each((locale, id) => banned.test(text(locale, id)))).toEqual(each(() => false));
});

test('no message writes an apostrophe or a quotation mark that ICU or HTML could take for its own', () => {
  expect(each((locale, id) => /['"]/.test(text(locale, id)))).toEqual(each(() => false));
});

test('no message was left in English', () => {
  const sameInSomeLanguages =
    /^(?:caption\.made|time\.(?:duration|short-(?:seconds|minutes|hours))|keys\.(?:key|latency)|settings\.line|button\.(?:voice-none|settings-notifications)|trail\.call|ending\.failed|button\.style-(?:anime|comic|photo|pixel-art|3d|logo))$/;
  const left = locales
    .filter((locale) => locale !== 'en')
    .flatMap((locale) =>
      messageIds
        .filter((id) => !sameInSomeLanguages.test(id) && text(locale, id) === text('en', id))
        .map((id) => `${locale} ${id}`),
    );
  expect(left).toEqual([]);
});

/** The ids under `prefix`, in the type, so that the compiler compares them with a union of the domain. */
type Named<Prefix extends string> =
  Extract<MessageId, `${Prefix}.${string}`> extends `${Prefix}.${infer Name}` ? Name : never;

test('reasons, choices, skips and failure codes have a message each, and no message is left over', () => {
  expectTypeOf<Named<'reason'>>().toEqualTypeOf<FailureReason | CoolReason>();
  expectTypeOf<Named<'choice'>>().toEqualTypeOf<ChoiceWhy>();
  expectTypeOf<Named<'skip'>>().toEqualTypeOf<SkipReason>();
  expectTypeOf<Exclude<Named<'failure'>, 'credit-back'>>().toEqualTypeOf<FailureCode>();
});

test.each(locales)('every option that the help shows is understood as it is written there: %s', (locale) => {
  const shown = (['help.options', 'help.song-options'] as const).flatMap((id) =>
    [...text(locale, id).matchAll(/<code>(--.+?)<\/code>/g)].map(([, written = '']) => written),
  );
  expect(shown.map((written) => written.split(/\s/)[0])).toEqual(
    ['aspect', 'seed', 'no', 'style', 'model', 'style', 'title', 'instrumental'].map((name) => `--${name}`),
  );
  const read = shown.map((written) => readPromptOptions(`words ${written} more`));
  expect(read.filter((options) => !options.ok || options.words !== 'words more')).toEqual([]);
  const [, , , style] = read;
  expect(styleOf(style?.ok === true ? (style.options.style ?? '') : '', 'image')).toBe('watercolor');
});

test.each(locales)('the words on the button of a style are a name that --style takes: %s', (locale) => {
  const onButtons = styleNames.map((style) => text(locale, `button.style-${style}`).replace(/^\S+ /, ''));
  expect(onButtons.map((words) => styleOf(words, 'image'))).toEqual(styleNames);
});
