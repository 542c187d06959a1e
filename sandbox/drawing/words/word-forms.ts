import { furtherWordsFor } from './further-words.ts';

/** A word without case, accents and the dots of ё, as all tables and prompts are compared. */
export function plainWord(word: string): string {
  return word.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
}

const russianNoun =
  'а я ы и у ю е о ой ою ей ею ом ем ам ям ами ями ах ях ов ев ь ью ия ию ии ием ий ье ья ьи ьев ьям ьями ьях'.split(
    ' ',
  );
const russianAdjective = 'ый ий ой ого его ому ему ым им ом ем ая яя ую юю ою ею ое ее ые ие ых их ыми ими ей'.split(
  ' ',
);

/**
 * The forms of one entry of a word list. A plain entry stands for itself. The marks: `fox.en` also its English plural,
 * `zorro.es` its Spanish genders, plurals and diminutives, `лис.n` a Russian stem with the endings of nouns, `красн.a`
 * one with those of adjectives.
 */
function formsOf(entry: string): readonly string[] {
  const [word = '', mark] = entry.split('.');
  if (mark === 'en') return englishForms(word);
  if (mark === 'es') return spanishForms(plainWord(word));
  if (mark === 'n') return [word, ...russianNoun.map((ending) => word + ending)];
  return mark === 'a' ? russianAdjective.map((ending) => word + ending) : [word];
}

function englishForms(word: string): readonly string[] {
  if (/[^aeiou]y$/.test(word)) return [word, `${word.slice(0, -1)}ies`];
  return [word, /(?:s|x|z|ch|sh|o)$/.test(word) ? `${word}es` : `${word}s`];
}

function spanishForms(word: string): readonly string[] {
  const stem = word.slice(0, -1);
  if (word.endsWith('o')) return 'o a os as ito ita itos itas'.split(' ').map((ending) => stem + ending);
  if (word.endsWith('a')) return 'a as ita itas'.split(' ').map((ending) => stem + ending);
  if (word.endsWith('z')) return [word, `${stem}ces`];
  return /[eiu]$/.test(word) ? [word, `${word}s`] : [word, `${word}es`];
}

/** Returns a function that finds the name under which a word, in any form, stands in the lists. */
export function finderOf<Name extends string>(
  lists: Readonly<Record<Name, string>>,
): (word: string) => Name | undefined {
  const names = new Map<string, Name>();
  for (const [name, list] of Object.entries(lists) as [Name, string][]) {
    for (const entry of list.trim().split(/\s+/)) {
      // The first list that names a form keeps it.
      for (const form of formsOf(entry)) if (!names.has(plainWord(form))) names.set(plainWord(form), name);
    }
  }
  for (const name of Object.keys(lists) as Name[]) {
    for (const form of furtherWordsFor(name)) if (!names.has(plainWord(form))) names.set(plainWord(form), name);
  }
  return (word) => names.get(word);
}
