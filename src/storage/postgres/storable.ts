import type { SqlValue } from '../database.ts';

/** The ends of `bigint` stand for the infinities. */
export function storable(value: SqlValue): SqlValue {
  if (value === Infinity) return '9223372036854775807';
  if (value === -Infinity) return '-9223372036854775808';
  return typeof value === 'string' ? storableText(value) : value;
}

/** PostgreSQL keeps no character 0 in a text, and reads no JSON with an escape of it or of half a character. */
export function storableText(given: string): string {
  const text = given.includes('\0') ? given.replaceAll('\0', '\uFFFD') : given;
  return unreadable.test(text) && /^[[{]/.test(text) ? text.replace(escapes, readableEscape) : text;
}

const unreadable = /\\u(?:0000|d[89a-f])/i;
/** A pair of halves, then any other escape; a backslash that is escaped itself begins none. */
const escapes = /\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|\\(?:u[\da-f]{4}|.)/gi;

function readableEscape(escape: string): string {
  return escape.length === 6 && unreadable.test(escape) ? '\\ufffd' : escape;
}
