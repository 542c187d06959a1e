/** One entry of a list of keys; `position` counts from 1 over everything that is not empty. */
export type KeyEntry =
  | { readonly position: number; readonly kind: 'key'; readonly key: string }
  | { readonly position: number; readonly kind: 'refused'; readonly why: string };

const invisible = /[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const quotes = '"\'\u2018-\u201f\u00ab\u00bb\u2039\u203a\uff02\uff07';
const outerMarks = new RegExp(`^[${quotes}[\\](){}]+|[${quotes}[\\](){}]+$`, 'g');
const anyQuote = new RegExp(`[${quotes}]`);
const cellSeparators = /[,;|]/;
/** What a template left in place of a value: `${NAME}`, `{{ name }}`, `<your key>`. */
const placeholders = /\$\{[^{}\n]*\}|\{\{[^{}\n]*\}\}|<[^<>\n]*>/g;
/** A comment begins with one of these at the start of an entry and lasts to the end of the line. */
const comment = new RegExp(`(^|[\\s,;|])[${quotes}]?(?:#|//|--|/\\*)(?:.*)$`, 'm');
/** The name of a pasted header: `X-Name:`. */
const headerName = /^[A-Za-z][A-Za-z-]*:$/;
/** A word of a language or the name of a column: `production`, `created_at`. */
const plainWord = /^[A-Za-z][a-z]*(?:_[a-z]+)*$/;
const mostWordLength = 30;

const minKeyLength = 8;
const maxKeyLength = 512;

/** Texts that have the length of a key and are none; they must not be sent to a provider. */
const otherThings: readonly (readonly [RegExp, string])[] = [
  [/[<>]|^\$[A-Z][A-Z0-9_]*$|^%[A-Z][A-Z0-9_]*%$/, 'it is a placeholder that nothing filled in'],
  [
    /^(?:your|my|insert|replace|paste|put)[-_].*|[-_](?:goes[-_])?here$|^change[-_]?me$|^[xX*.]+$/,
    'it is a placeholder',
  ],
  [/^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$/, 'it is an e-mail address'],
  [/:\/\//, 'it is the address of a page'],
  [/^[A-Z][A-Z0-9]*_[A-Z0-9_]+=/, 'it begins with the name of a variable'],
  [/^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:T[0-9:.]+Z?)?$/, 'it is a date'],
  [/[[\]{}]/, 'it has a bracket inside'],
];

/**
 * Splits a value at commas, semicolons, bars, spaces and line ends, reads a JSON list, leaves comments out, and checks that
 * each entry can be a key. Words beside a key are refused: what is accepted here is sent to a provider.
 */
export function splitKeys(value: string): readonly KeyEntry[] {
  const cells = linesOf(value.replace(invisible, '')).flatMap((line) =>
    line
      .replace(placeholders, '<>')
      .replace(comment, '$1')
      .split(cellSeparators)
      .map((cell) =>
        cell
          .split(/\s+/)
          .map((entry) => entry.replace(outerMarks, ''))
          .filter((entry) => entry !== ''),
      ),
  );
  const judged = cells.flatMap(judgeCell);
  const hasKey = judged.some(({ key, why }) => why === undefined && !isPlainWord(key));
  return judged.map(({ key, why }, index): KeyEntry => {
    const position = index + 1;
    const reason = why ?? (hasKey && isPlainWord(key) ? 'it is a word' : undefined);
    return reason === undefined ? { position, kind: 'key', key } : { position, kind: 'refused', why: reason };
  });
}

/** The lines of a text, or the strings of a JSON list. */
function linesOf(text: string): readonly string[] {
  const list = jsonList(text.trim().replace(/^(['`])(.*)\1$/s, '$2'));
  return list ?? text.split(/\r\n|\r|\n/);
}

function jsonList(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((entry) => typeof entry === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

type Judged = { readonly key: string; readonly why: string | undefined };

/** Entries between two commas. After a key and then something that is none, the rest of them is a remark. */
function judgeCell(entries: readonly string[]): readonly Judged[] {
  let hasKey = false;
  let isRemark = false;
  return entries.map((key) => {
    const why = mistakeOf(key) ?? (hasKey && isPlainWord(key) ? 'it is a word' : undefined);
    if (why === undefined && !isRemark) hasKey = true;
    if (why !== undefined && hasKey) isRemark = true;
    return { key, why: why ?? (isRemark ? 'it belongs to a remark behind a key' : undefined) };
  });
}

function isPlainWord(key: string): boolean {
  return key.length <= mostWordLength && plainWord.test(key);
}

function mistakeOf(key: string): string | undefined {
  if (anyQuote.test(key)) return 'it has a quotation mark inside';
  if (!/^[\x21-\x7e]+$/.test(key)) return 'it has a character that an HTTP header cannot carry';
  if (headerName.test(key)) return 'it is the name of a header';
  if (key.length < minKeyLength || key.length > maxKeyLength) {
    return `a key has ${minKeyLength} to ${maxKeyLength} characters`;
  }
  const other = otherThings.find(([pattern]) => pattern.test(key));
  return other?.[1];
}
