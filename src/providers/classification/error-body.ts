import { fieldsOf, isHtml, parseJson } from '../http/http-exchange.ts';

/** What a provider says of its own failure, in whatever shape it said it. */
export type Complaint = {
  /** The one inside the body when it names one: it knows better than a gateway in between. */
  readonly status: number;
  /** Structured codes, the outermost first. */
  readonly codes: readonly string[];
  readonly types: readonly string[];
  /** Everything it says, codes and types included. */
  readonly words: string;
  readonly isHtml: boolean;
};

const mostWords = 2000;
const mostTexts = 12;
const mostEntries = 5;
const deepest = 4;

const statusFields = ['status', 'code', 'statusCode', 'status_code'] as const;
const codeFields = ['code', 'error_code', 'errorCode', 'name', 'status'] as const;
const textFields = [
  'error',
  'errors',
  'message',
  'msg',
  'detail',
  'details',
  'error_message',
  'errorMessage',
  'error_description',
  'title',
] as const;

/** Reads the body of a failure as far as it can be read; never throws, whatever the bytes. */
export function readComplaint(httpStatus: number, body: Uint8Array): Complaint {
  const parsed = parseJson(body);
  if (parsed.ok) return complaintOf(httpStatus, parsed.value);
  const text = wholeWords(new TextDecoder().decode(body.subarray(0, 4 * mostWords)), mostWords);
  const page = isHtml(text);
  return { status: httpStatus, codes: [], types: [], words: page ? '' : text, isHtml: page };
}

/** The same from a body that was parsed already. */
export function complaintOf(httpStatus: number, value: unknown): Complaint {
  const heard: Heard = { status: undefined, codes: [], types: [], texts: [] };
  listen(value, heard, 0);
  const [first = ''] = heard.texts;
  return {
    status: heard.status ?? httpStatus,
    codes: heard.codes,
    types: heard.types,
    words: wholeWords([...heard.texts, ...heard.codes, ...heard.types].join(': '), 2 * mostWords),
    isHtml: heard.texts.length === 1 && isHtml(first),
  };
}

/** The status of a failure that a body names; undefined when it names none. */
export function statusInside(fields: ReadonlyMap<string, unknown>): number | undefined {
  for (const name of statusFields) {
    const value = fields.get(name);
    const status = typeof value === 'string' && /^[45]\d\d$/.test(value) ? Number(value) : value;
    if (Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599) return status as number;
  }
  return undefined;
}

type Heard = {
  status: number | undefined;
  readonly codes: string[];
  readonly types: string[];
  readonly texts: string[];
};

function listen(value: unknown, heard: Heard, depth: number): void {
  if (depth > deepest || heard.texts.length >= mostTexts) return;
  if (typeof value === 'string') return listenToText(value, heard, depth);
  if (Array.isArray(value)) {
    for (const entry of value.slice(0, mostEntries)) listen(entry, heard, depth + 1);
    return;
  }
  const fields = fieldsOf(value);
  if (fields === undefined) return;
  heard.status ??= statusInside(fields);
  for (const name of codeFields) keep(fields.get(name), heard.codes);
  keep(fields.get('type'), heard.types);
  for (const name of textFields) listen(fields.get(name), heard, depth + 1);
}

function listenToText(text: string, heard: Heard, depth: number): void {
  if (isCode(text)) return keep(text, heard.codes);
  // Some gateways hand on the answer of another service as one string.
  if (/^\s*\{/.test(text) && text.length <= 10 * mostWords) {
    const parsed = parseJson(Buffer.from(text));
    if (parsed.ok) return listen(parsed.value, heard, depth + 1);
  }
  heard.texts.push(wholeWords(text, mostWords));
}

function keep(value: unknown, list: string[]): void {
  const isName = typeof value === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(value);
  if (isName && !list.includes(value) && list.length < mostTexts) list.push(value);
}

/** A text that is one name in several parts is a code, wherever it stands: `rate_limit_exceeded`. */
function isCode(text: string): boolean {
  return text.length <= 64 && /^[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)+$/.test(text);
}

/** Ends between two words, because half a key could not be told from a word any more. */
function wholeWords(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = [' ', '\n', '\t'].map((space) => text.lastIndexOf(space, limit));
  return text.slice(0, Math.max(0, ...end));
}
