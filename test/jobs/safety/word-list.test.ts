import { expect, test } from 'vitest';
import { builtInWords } from '../../../src/jobs/safety/built-in-words.ts';
import { normalized, WordList } from '../../../src/jobs/safety/word-list.ts';

const builtIn = new WordList(Object.values(builtInWords).flat());

/** Innocent words that hold a listed word inside, or a part of a listed phrase, in each language. */
const innocent = [
  'a child playing with a kitten in Scunthorpe',
  'children at the beach building a sandcastle',
  'a nude of Venus by Botticelli, marble',
  'naked mole rat in a burrow',
  'sex education poster for a school, Essex, Sussex',
  'snuffbox on a velvet table, a snuff bottle from China',
  'un niño con su abuela en la playa',
  'estudio de desnudo al carboncillo',
  'criança a brincar no parque',
  'a pornography museum sign and a child safety sign',
  'дети играют в парке, голый лес зимой',
  'секс в большом городе, афиша',
  'діти граються, голий степ узимку',
  'nackte Wand mit einem Kinderbild',
  'Kinder essen Eis, ein Kind im Garten',
  'des enfants jouent, un nu de Rodin',
  'çocuk bahçesi ve çıplak ağaçlar',
  'anak kecil bermain di pantai',
  'बच्चे पार्क में खेल रहे हैं',
  'أطفال يلعبون في الحديقة',
  'کودکان در پارک بازی می‌کنند',
  '儿童节海报，孩子们在公园玩',
  '人与兽的友谊，裸眼三维',
  '',
  '🦊'.repeat(200),
];

test.each(innocent)('WordList has no false alarm for innocent words: %s', (text) => {
  expect(builtIn.isIn(text)).toBe(false);
});

test('WordList finds each of its words in any writing of them (A20)', () => {
  for (const [locale, entries] of Object.entries(builtInWords)) {
    for (const entry of entries) {
      const phrase = entry.replace('*', '');
      const writings = [
        phrase,
        phrase.toUpperCase(),
        phrase.normalize('NFD'),
        `— «${phrase}»!`,
        `words before\n${phrase.replaceAll(' ', '  -  ')}, and after`,
        Array.from(phrase).join('\u200b'),
      ];
      for (const text of writings) expect([locale, text, builtIn.isIn(text)]).toEqual([locale, text, true]);
    }
  }
  expect(Object.keys(builtInWords)).toHaveLength(13);
});

test('WordList matches whole words, phrases of words in a row, and beginnings where an entry ends in a star', () => {
  const list = new WordList(['fox', 'red hare', 'bea*', '狐狸']);
  const found = ['a FOX!', 'ＦＯＸ', 'red, hare', 'bears', 'a bea', '一只狐狸', 'f\u0301ox'].map((text) =>
    list.isIn(text),
  );
  expect(found).toEqual([true, true, true, true, true, true, true]);
  const other = ['foxes', 'hare', 'red big hare', 'abear', '狐', 'firefox'].map((text) => list.isIn(text));
  expect(other).toEqual([false, false, false, false, false, false]);
});

test('normalized() writes the same word of Turkish, Arabic and Persian one way', () => {
  expect(normalized('İSTANBUL')).toBe(normalized('istanbul'));
  expect(normalized('أَطْفَال')).toBe(normalized('اطفال'));
  expect(normalized('كودكي')).toBe(normalized('کودکی'));
});

test('WordList reads 100,000 characters of near misses in time', () => {
  const text = 'child por red har '.repeat(6_000);
  const startMs = performance.now();
  expect(builtIn.isIn(text)).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(5_000);
});
