/** Marks on letters of the Latin and Cyrillic scripts, and the vowel signs of Arabic, which writers leave out. */
const accents = /[\u0300-\u036f\u0640\u064b-\u065f\u0670]/gu;
/** Without the control characters that end a line or a column: they stand between words. */
const invisible = /[\p{Default_Ignorable_Code_Point}]|(?![\t-\r\u0085])\p{Cc}/gu;
/** Letters that keyboards of Arabic and Persian write differently in the same word. */
const sameLetters: ReadonlyMap<string, string> = new Map([
  ['أ', 'ا'],
  ['إ', 'ا'],
  ['آ', 'ا'],
  ['ى', 'ي'],
  ['ی', 'ي'],
  ['ک', 'ك'],
  ['ة', 'ه'],
]);
/** What words are made of: letters with their marks, and digits. Everything else stands between words. */
const word = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts that put no space between words: a phrase of them is found anywhere. */
const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+$/u;

/** A text as it is compared: one form of every letter, without case, accents and what shows nothing; words and a space. */
export function normalized(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replaceAll(invisible, '')
    .replaceAll(accents, '')
    .normalize('NFC')
    .toLowerCase()
    // Turkish has an I with a dot and one without, of which small and capital letters are mixed up.
    .replaceAll('\u0307', '')
    .replaceAll('ı', 'i')
    .replaceAll(/[أإآىیکة]/gu, (letter) => sameLetters.get(letter) ?? letter);
  return (plain.match(word) ?? []).join(' ');
}

/**
 * Words and phrases that are looked for as whole words, in any writing of them; one that ends in `*` also stands for the
 * words that begin so. Looking takes time in proportion to the text.
 */
export class WordList {
  readonly #whole = new Set<string>();
  readonly #beginnings = new Set<string>();
  readonly #anywhere: string[] = [];
  #mostWords = 1;
  #longestBeginning = 0;

  constructor(entries: Iterable<string>) {
    for (const entry of entries) this.#add(entry);
  }

  #add(entry: string): void {
    const phrase = normalized(entry);
    if (phrase === '') return;
    if (unspaced.test(phrase.replaceAll(' ', ''))) return void this.#anywhere.push(phrase.replaceAll(' ', ''));
    this.#mostWords = Math.max(this.#mostWords, phrase.split(' ').length);
    if (!entry.trimEnd().endsWith('*')) return void this.#whole.add(phrase);
    this.#beginnings.add(phrase);
    this.#longestBeginning = Math.max(this.#longestBeginning, phrase.length);
  }

  /** Whether the text has one of the words. */
  isIn(text: string): boolean {
    const plain = normalized(text);
    const joined = plain.replaceAll(' ', '');
    if (this.#anywhere.some((phrase) => joined.includes(phrase))) return true;
    const words = plain.split(' ');
    return words.some((_first, index) => this.#beginsAt(words, index));
  }

  #beginsAt(words: readonly string[], index: number): boolean {
    let phrase = '';
    for (const next of words.slice(index, index + this.#mostWords)) {
      phrase = phrase === '' ? next : `${phrase} ${next}`;
      if (this.#whole.has(phrase)) return true;
      const last = phrase.length - next.length;
      const longest = Math.min(phrase.length, this.#longestBeginning);
      for (let end = last + 1; end <= longest; end += 1) if (this.#beginnings.has(phrase.slice(0, end))) return true;
    }
    return false;
  }
}
