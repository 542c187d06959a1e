/** One entry of a list of keys; `position` counts from 1 over everything that is not empty. */
export type KeyEntry =
  | { readonly position: number; readonly kind: 'key'; readonly key: string }
  | { readonly position: number; readonly kind: 'refused'; readonly why: string };

const invisible = /[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const quotes = '"\'\u2018-\u201f\u00ab\u00bb\u2039\u203a\uff02\uff07';
const outerQuotes = new RegExp(`^[${quotes}]+|[${quotes}]+$`, 'g');
const anyQuote = new RegExp(`[${quotes}]`);
const separators = /[\s,]+/;
/** What a pasted header leaves behind: `X-Name:`. */
const headerName = /^[A-Za-z][A-Za-z-]*:$/;

const shortestKey = 8;
const longestKey = 512;

/** Splits a value at commas, spaces and line ends, and says of every entry whether an HTTP header can carry it. */
export function splitKeys(value: string): readonly KeyEntry[] {
  return value
    .replace(invisible, '')
    .split(separators)
    .map((entry) => entry.replace(outerQuotes, ''))
    .filter((entry) => entry !== '')
    .map((entry, index) => judge(entry, index + 1));
}

function judge(key: string, position: number): KeyEntry {
  const why = mistakeOf(key);
  return why === undefined ? { position, kind: 'key', key } : { position, kind: 'refused', why };
}

function mistakeOf(key: string): string | undefined {
  if (anyQuote.test(key)) return 'it has a quotation mark inside';
  if (!/^[\x21-\x7e]+$/.test(key)) return 'it has a character that an HTTP header cannot carry';
  if (headerName.test(key)) return 'it is the name of a header';
  if (key.length < shortestKey || key.length > longestKey) {
    return `a key has ${shortestKey} to ${longestKey} characters`;
  }
  return undefined;
}
