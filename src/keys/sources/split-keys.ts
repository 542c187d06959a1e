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
const columnName = /^[A-Za-z][A-Za-z_ ]{0,40}$/;
const keyName = /key|token|secret/i;
const email = 'it is an e-mail address';
const date = 'it is a date';

const minKeyLength = 8;
const maxKeyLength = 512;

/** Texts that have the length of a key and are none; they must not be sent to a provider. */
const otherThings: readonly (readonly [RegExp, string])[] = [
  [/[<>]|^\$[A-Z][A-Z0-9_]*$|^%[A-Z][A-Z0-9_]*%$/, 'it is a placeholder that nothing filled in'],
  [
    /^(?:your|my|insert|replace|paste|put)[-_].*|[-_](?:goes[-_])?here$|^change[-_]?me$|^[xX*.]+$/,
    'it is a placeholder',
  ],
  [/^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$/, email],
  [/:\/\//, 'it is the address of a page'],
  [/^[A-Z][A-Z0-9]*_[A-Z0-9_]+=/, 'it begins with the name of a variable'],
  [/^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:T[0-9:.]+Z?)?$/, date],
  [/[[\]{}]/, 'it has a bracket inside'],
];

/**
 * Splits a value at commas, semicolons, bars, spaces and line ends, reads a JSON list, leaves comments out, and checks that
 * each entry can be a key. What stands beside a key is refused: whatever is accepted here is sent to a provider.
 */
export function splitKeys(value: string): readonly KeyEntry[] {
  const lines = linesOf(value.replace(invisible, ''))
    .map(cellsOf)
    .filter((cells) => cells.length > 0);
  const keyColumn = keyColumnOf(lines[0] ?? []);
  const judged = lines.flatMap((cells, index) =>
    keyColumn === undefined ? judgeLine(cells) : judgeRow(cells, index === 0 ? undefined : keyColumn),
  );
  const hasKey = judged.some(({ key, why }) => why === undefined && !isPlainWord(key));
  return judged.map(({ key, why }, index): KeyEntry => {
    const position = index + 1;
    const reason = why ?? (hasKey && isPlainWord(key) ? 'it is a word' : undefined);
    return reason === undefined ? { position, kind: 'key', key } : { position, kind: 'refused', why: reason };
  });
}

/** A cell is what stands between two commas; its entries are separated by spaces. */
type Cell = readonly string[];

function cellsOf(line: string): readonly Cell[] {
  return line
    .replace(placeholders, '<>')
    .replace(comment, '$1')
    .split(cellSeparators)
    .map((cell) =>
      cell
        .split(/\s+/)
        .map((entry) => entry.replace(outerMarks, ''))
        .filter((entry) => entry !== ''),
    )
    .filter((cell) => cell.length > 0);
}

/** Where the keys are when the first line names the columns of a table; undefined when it does not. */
function keyColumnOf(first: readonly Cell[]): number | undefined {
  const names = first.map((cell) => cell.join(' '));
  if (names.length < 2 || !names.every((name) => columnName.test(name))) return undefined;
  const columns = names.flatMap((name, index) => (keyName.test(name) ? [index] : []));
  return columns.length === 1 ? columns[0] : undefined;
}

/** A row of a table: the key is in its column, and nowhere else. */
function judgeRow(cells: readonly Cell[], keyColumn: number | undefined): readonly Judged[] {
  return cells.flatMap((cell, index) =>
    index === keyColumn
      ? judgeCell(cell)
      : cell.map((key) => ({ key, why: 'it is in a table, and not in the column of the keys' })),
  );
}

/** A line without a table. Beside an e-mail address or a date only a single candidate can be meant as the key. */
function judgeLine(cells: readonly Cell[]): readonly Judged[] {
  const judged = cells.flatMap(judgeCell);
  const isRecord = judged.some(({ why }) => why === email || why === date);
  const candidates = judged.filter(({ key, why }) => why === undefined && !isPlainWord(key)).length;
  if (!isRecord || candidates < 2) return judged;
  return judged.map(({ key, why }) => ({ key, why: why ?? 'it is one of several things beside an address or a date' }));
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
