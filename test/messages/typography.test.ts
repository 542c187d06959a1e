import { expect, test } from 'vitest';
import { localeFolder } from '../../src/messages/catalog.ts';

/** What nobody who writes a language with care would write in it, and how it is written instead. */
const faults: Readonly<Record<string, readonly (readonly [fault: RegExp, instead: string])[]>> = {
  ar: [[/[,;?٠-٩]/u, '، ؛ ؟ and Latin digits']],
  de: [[/[«»”]|(?<!„[^“]*)“/u, '„…“']],
  es: [
    [/(?<!¿[^?]*)\?|(?<!¡[^!]*)!/u, '¿…? and ¡…!'],
    [/[«»]/u, '“…”'],
  ],
  fa: [
    [/[,;?٠-٩يك]/u, '، ؛ ؟ with Persian letters and digits'],
    [/(?<!\p{L})ن?می \p{L}| (?:ها|های|هایی|ترین|ام|اند)(?![\p{L}‌])/u, 'a zero-width non-joiner instead of the space'],
  ],
  fr: [
    [
      /[^\u202F][?!;]|[^\u00A0]:(?!\d)|[^\u00A0\u202F]»|«[^\u00A0\u202F]/u,
      'no-break spaces before ? ! ; : » and after «',
    ],
    [/[“”„]/u, '« … »'],
  ],
  hi: [[/\p{Script=Devanagari}\s?\.(?!\p{L})|[०-९]/u, '। and Latin digits']],
  ru: [[/[“”„"]/u, '«…»']],
  uk: [[/[“”„"]/u, '«…»']],
  'zh-Hans': [[/\p{Script=Han}\s?[,;:?!()]|[,;:?!(]\s?\p{Script=Han}/u, 'full-width punctuation']],
};

/** The words of a message: no marks, no names of cases, nothing that stays as it is in every language. */
function wordsOf(message: string): string {
  return message
    .replaceAll(/\{\w+, (?:select|plural),/g, ' ')
    .replaceAll(/(?<=[\s}])(?:=-?\d+|[a-z]+|\d) \{/g, ' {')
    .replaceAll(/\{\w+(?:, \w+)*\}/g, '{}')
    .replaceAll(/&\w+;/g, '')
    .replaceAll(/<\/?(?:b|i|code)>/g, '')
    .replaceAll(/--\w+ |\d+:\d+/g, '');
}

/** The words around each fault, and how they are written instead. */
function faultsIn(locale: string, message: string): readonly string[] {
  return (faults[locale] ?? []).flatMap(([fault, instead]) => {
    const at = fault.exec(wordsOf(message));
    return at === null ? [] : [`…${at.input.slice(Math.max(0, at.index - 15), at.index + 15)}… (${instead})`];
  });
}

test.each(Object.keys(faults))('punctuation, quotation marks and spaces are those of the language: %s', (locale) => {
  const messages = JSON.parse(localeFolder.read(locale)) as Record<string, string>;
  const found = Object.entries(messages).flatMap(([id, message]) =>
    faultsIn(locale, message).map((fault) => `${id}: ${fault}`),
  );
  expect(found).toEqual([]);
});

/** Where a date ends in an abbreviation (`г.`), a full stop right after it would be the second one. */
const stoppedDate = /date, day\}(?:<\/\w+>)*\./u;

test('no date that ends in a full stop gets another one', () => {
  const found = Object.keys(faults)
    .filter((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(0).endsWith('.'))
    .flatMap((locale) =>
      Object.entries(JSON.parse(localeFolder.read(locale)) as Record<string, string>)
        .filter(([, message]) => stoppedDate.test(message))
        .map(([id]) => `${locale} ${id}`),
    );
  expect(found).toEqual([]);
});

test.each([
  ['ar', 'حسنًا, {name}'],
  ['de', 'unter “Stil“'],
  ['es', 'Seguro? Sí.'],
  ['es', 'Hecho!'],
  ['fa', 'من می سازم'],
  ['fa', 'تصویر های شما'],
  ['fa', 'در ٥ دقيقه'],
  ['fr', '{count, plural, one {une fois} many {# fois} other {# fois}} !'],
  ['fr', 'Salut : {name}'],
  ['fr', '« mot\u00A0»'],
  ['hi', 'काम हुआ.'],
  ['ru', 'кнопка “Ещё”'],
  ['zh-Hans', '好的, {name}'],
])('a fault is seen in %s: %s', (locale, message) => {
  expect(faultsIn(locale, message)).not.toEqual([]);
});
