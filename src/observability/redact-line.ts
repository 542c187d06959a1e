import type { Redactor } from './redactor.ts';

/**
 * What makes the texts of a JSON line other ones than they look: an escape, or a control character, which would have to
 * go. In a line without either every text stands as it is, so where nothing is found in the line there is nothing in it.
 */
const needsCare = /[\\\x00-\x09\x0b-\x1f\x7f-\x9f]|\n(?!$)/;

/** One JSON line with every name and text in it redacted and free of control characters; it stays valid JSON. */
export function redactLine(line: string, redactor: Redactor): string {
  if (!needsCare.test(line) && redactor.redact(line) === line) return line;
  const end = line.endsWith('\n') ? '\n' : '';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `${JSON.stringify({ level: 50, msg: clean(line.trimEnd(), redactor) })}${end}`;
  }
  return `${JSON.stringify(redactValue(value, redactor))}${end}`;
}

// Redacting the line as text could cut an escape sequence in two, or hit a number that only looks like a secret.
function redactValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return clean(value, redactor);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redactor));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [clean(name, redactor), redactValue(item, redactor)]),
  );
}

/** Control characters go first: one in the middle of a secret would hide it. */
function clean(text: string, redactor: Redactor): string {
  return redactor.redact(text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ''));
}
