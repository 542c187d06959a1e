import { hideTokens } from './redaction/redactor.ts';
import { sourceFrames } from './source-frames.ts';

/** The text on one line without control characters, at most `maxUnits` long: safe for terminals and log readers. */
export function oneLine(text: string, maxUnits = 300): string {
  const line = text.replace(/[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ').trim();
  return line.length <= maxUnits ? line : `${line.slice(0, maxUnits - 1).toWellFormed()}…`;
}

const maxCauses = 5;
const maxPartUnits = 300;
const maxDescriptionUnits = 1000;

/**
 * An error for an operator: names, codes and messages of the error and its causes. Leaves out payloads, bodies and all of a
 * URL but its host. Never throws, whatever was thrown.
 */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  let current = error;
  while (parts.length < maxCauses && !seen.has(current)) {
    seen.add(current);
    parts.push(describeOne(current));
    current = read(current, 'cause');
    if (current === undefined || current === null) break;
  }
  return oneLine(parts.join(', because of '), maxDescriptionUnits);
}

function describeOne(error: unknown): string {
  if (typeof error !== 'object' || error === null) return `thrown ${typeof error}: ${safeText(String(error))}`;
  const name = textOf(read(error, 'name')) || 'thrown object';
  const code = textOf(read(error, 'code'));
  const message = safeText(textOf(read(error, 'message')));
  const inner = read(error, 'errors');
  const several = Array.isArray(inner) ? inner.slice(0, 3).map((one: unknown) => `(${describeFlat(one)})`) : [];
  const words = [code === '' ? name : `${name} [${code}]`, message].filter((word) => word !== '').join(': ');
  return several.length === 0 ? words : `${words} ${several.join(' ')}`;
}

function describeFlat(error: unknown): string {
  return [textOf(read(error, 'code')), safeText(textOf(read(error, 'message')))]
    .filter((word) => word !== '')
    .join(': ');
}

/** Getters of a foreign error may throw. */
function read(value: unknown, property: string): unknown {
  try {
    return typeof value === 'object' && value !== null ? Reflect.get(value, property) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Replacements for messages that quote their input, which may be a key or a whole body. */
const quoting: readonly (readonly [string, string])[] = [
  ['is an invalid header value', 'a header value is invalid'],
  ['is not valid JSON', 'the text is not valid JSON'],
];

/** Messages of URL errors quote the URL, whose path and query may hold a key. */
function safeText(message: string): string {
  const text = message.length > 5000 ? message.slice(0, 5000) : message;
  const [, instead] = quoting.find(([words]) => text.includes(words)) ?? [];
  const hidden =
    instead ?? text.replace(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)(?:[^\s/?#@]*@)?([^\s/?#"'<>@]+)[^\s"'<>]*/gi, '$1$2/…');
  return oneLine(hideTokens(hidden), maxPartUnits);
}

export type LoggableError = { readonly description: string; readonly stack?: string };

/** The parts of an error that are logged: its description and its stack frames, no other property. */
export function loggableError(error: unknown): LoggableError {
  const description = describeError(error);
  const frames = framesOf(error);
  return frames === '' ? { description } : { description, stack: frames };
}

const maxFrames = 12;

/** The frames only: the text above them is the raw message. */
function framesOf(error: unknown): string {
  try {
    const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
    return sourceFrames(frames.slice(0, maxFrames).map((line) => line.trim())).join('\n');
  } catch {
    return '';
  }
}
