import type { SqlValue } from '../database.ts';

/** The ends of `bigint` stand for the infinities. */
export function storable(value: SqlValue): SqlValue {
  if (value === Infinity) return '9223372036854775807';
  if (value === -Infinity) return '-9223372036854775808';
  return typeof value === 'string' ? storableText(value) : value;
}

/** PostgreSQL keeps no character 0 in a text, nor its escape in JSON that is read in SQL. */
export function storableText(given: string): string {
  const text = given.includes('\0') ? given.replaceAll('\0', '\uFFFD') : given;
  return text.includes('\\u0000') && /^[[{]/.test(text)
    ? text.replace(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\ufffd')
    : text;
}
