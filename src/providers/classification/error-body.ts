import type { CreditScope } from '../../domain/failure.ts';
import type { ToldWindow } from '../../domain/key-state.ts';
import { fieldsOf, isHtml, parseJson } from '../http/http-exchange.ts';
import { isBlockPage } from './block-words.ts';

/** The normalized content of a provider's failure response. */
export type Complaint = {
  /** The status in the body if there is one, because a gateway may change the HTTP status. */
  readonly status: number;
  /** Structured codes, outermost first. */
  readonly codes: readonly string[];
  readonly types: readonly string[];
  /** All its text, codes and types included. */
  readonly words: string;
  readonly isHtml: boolean;
  /** True for the page of a content network that refuses this machine. */
  readonly isBlockPage?: true;
  /** Fields that tell when to ask again, under their names. */
  readonly waitFields?: readonly WaitField[];
  /** How many calls are taken in a span of time, where the provider's own fields tell. */
  readonly window?: Pick<ToldWindow, 'limit'> & { readonly lengthMs: number };
  /** What an allowance that is used up is for, where the provider's own fields or words tell. */
  readonly credit?: CreditScope;
};

const maxTextLength = 2000;
const maxPageBytes = 16_000;
const maxTexts = 12;
const maxEntries = 5;
const maxDepth = 4;

const statusFields = ['status', 'code', 'statusCode', 'status_code'] as const;
const codeFields = ['code', 'error_code', 'errorCode', 'rc', 'name', 'status', 'reason'] as const;
const typeFields = ['type', 'error_type'] as const;
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

/** Where the words stand in bodies that have none of those above. */
const unusualFields = [
  'data',
  'description',
  'reason',
  'fault',
  'faultstring',
  'text',
  'result',
  'response',
  'body',
  'info',
] as const;

/** Parses the readable parts of a failure response; never throws on invalid bytes. */
export function readComplaint(httpStatus: number, body: Uint8Array): Complaint {
  const parsed = parseJson(body);
  if (parsed.ok) return complaintOf(httpStatus, parsed.value);
  const start = new TextDecoder().decode(body.subarray(0, maxPageBytes));
  const text = wholeWords(start, maxTextLength);
  const page = isHtml(start);
  const blocked = page && isBlockPage(start) ? ({ isBlockPage: true } as const) : {};
  return { status: httpStatus, codes: [], types: [], words: page ? '' : text, isHtml: page, ...blocked };
}

/** As `readComplaint`, from a parsed body. */
export function complaintOf(httpStatus: number, value: unknown): Complaint {
  const collected: Collected = { status: undefined, codes: [], types: [], texts: [] };
  collect(value, collected, 0);
  if (collected.texts.length === 0) collect(value, collected, 0, [...textFields, ...unusualFields]);
  const [first = ''] = collected.texts;
  const page = collected.texts.length === 1 && isHtml(first);
  const waitFields = waitFieldsOf(value);
  return {
    status: collected.status ?? httpStatus,
    codes: collected.codes,
    types: collected.types,
    words: wholeWords([...collected.texts, ...collected.codes, ...collected.types].join(': '), 2 * maxTextLength),
    isHtml: page,
    ...(page && isBlockPage(first) ? { isBlockPage: true } : {}),
    ...(waitFields.length === 0 ? {} : { waitFields }),
  };
}

/** Returns the failure status that a body names; undefined when it names none. */
export function statusInside(fields: ReadonlyMap<string, unknown>): number | undefined {
  for (const name of statusFields) {
    const value = fields.get(name);
    const status = typeof value === 'string' && /^[45]\d\d$/.test(value) ? Number(value) : value;
    if (Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599) return status as number;
  }
  return undefined;
}

type Collected = {
  status: number | undefined;
  readonly codes: string[];
  readonly types: string[];
  readonly texts: string[];
};

function collect(value: unknown, collected: Collected, depth: number, names: readonly string[] = textFields): void {
  if (depth > maxDepth || collected.texts.length >= maxTexts) return;
  if (typeof value === 'string') return collectText(value, collected, depth);
  if (Array.isArray(value)) {
    for (const entry of value.slice(0, maxEntries)) collect(entry, collected, depth + 1, names);
    return;
  }
  const fields = fieldsOf(value);
  if (fields === undefined) return;
  collected.status ??= statusInside(fields);
  for (const name of codeFields) keep(fields.get(name), collected.codes);
  for (const name of typeFields) keep(fields.get(name), collected.types);
  for (const name of names) collect(fields.get(name), collected, depth + 1, names);
}

function collectText(text: string, collected: Collected, depth: number): void {
  if (isCode(text)) return keep(text, collected.codes);
  // Some gateways pass on the JSON of another service as one string.
  if (/^\s*\{/.test(text) && text.length <= 10 * maxTextLength) {
    const parsed = parseJson(Buffer.from(text));
    if (parsed.ok) return collect(parsed.value, collected, depth + 1);
  }
  collected.texts.push(wholeWords(text, maxTextLength));
}

function keep(value: unknown, list: string[]): void {
  const isName = typeof value === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(value);
  if (isName && !list.includes(value) && list.length < maxTexts) list.push(value);
}

/** True for a single name with several parts, such as `rate_limit_exceeded`. */
function isCode(text: string): boolean {
  return text.length <= 64 && /^[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)+$/.test(text);
}

/** Truncates between two words, because half a key could no longer be recognized and redacted. */
function wholeWords(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = [' ', '\n', '\t'].map((space) => text.lastIndexOf(space, limit));
  return text.slice(0, Math.max(0, ...end));
}

/** A field of a body that tells when to ask again, such as `retryDelay: "12s"`. */
export type WaitField = { readonly name: string; readonly value: string };

const maxWaitDepth = 7;
const maxFields = 8;
const maxWaitEntries = 8;

/** Collects the fields that tell when to ask again, from the whole body. */
function waitFieldsOf(body: unknown): readonly WaitField[] {
  const found: WaitField[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (depth > maxWaitDepth || found.length >= maxFields) return;
    if (Array.isArray(value)) {
      for (const entry of value.slice(0, maxWaitEntries)) visit(entry, depth + 1);
      return;
    }
    for (const [name, inner] of fieldsOf(value) ?? []) {
      if (isWaitName(name)) {
        const text = valueText(inner);
        if (text !== undefined) found.push({ name: bare(name), value: text });
      } else if (typeof inner === 'object') visit(inner, depth + 1);
    }
  };
  visit(body, 0);
  return found.slice(0, maxFields);
}

function isWaitName(name: string): boolean {
  return (
    name.length <= 64 &&
    /^(?:x)?(?:retry(?:after|delay|in|at)|(?:quota|(?:rate)?limit|usage|window)?resets?(?:at|in|after|time|on|date|delay|timestamp|seconds|ms)?|ratelimitreset|wait(?:time|for|seconds|ms)?|estimatedtime|availablea[tfr]\w*|nextavailable\w*|(?:blocked|limited)until|cooldown|backoff)/.test(
      bare(name),
    )
  );
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function valueText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length <= 60 ? value : undefined;
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? String(value) : undefined;
  // Google writes a span as `{seconds, nanos}` too.
  const seconds = fieldsOf(value)?.get('seconds');
  return typeof seconds === 'number' || typeof seconds === 'string' ? `${seconds}s` : undefined;
}
