/** Numbers from here on are moments since 1970 rather than spans: the first in seconds, the second in milliseconds. */
const epochSeconds = 1_000_000_000;
const epochMs = 100_000_000_000;

/** Reads a decimal number without sign or exponent. */
export function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}(?:\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}

/** Reads an HTTP date or an ISO 8601 date with its time, in milliseconds since 1970. */
export function dateMs(value: string | undefined): number | undefined {
  if (value === undefined || value.length > 60) return undefined;
  const isIso = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value);
  // Date.parse also accepts bare numbers such as "-1"; an HTTP date begins with its weekday.
  if (!isIso && !/^[A-Z][a-z]{2}/.test(value)) return undefined;
  const hasZone = !isIso || /(?:Z|[+-]\d\d:?\d\d)$/i.test(value);
  const ms = Date.parse(hasZone ? value : `${value.replace(' ', 'T').replace(/ ?UTC$/i, '')}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** One amount of time; several in a row add up: `1m30s`, `2 hours and 5 minutes`. */
const amount = String.raw`\d{1,9}(?:\.\d{1,9})? ?(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])`;
export const spanPattern = String.raw`${amount}(?:(?:,? and |,? ?)${amount}){0,3}`;

/** Reads a span such as `6m0s`, `12s`, `1 minute and 30 seconds`. */
export function spanMs(text: string): number | undefined {
  if (!new RegExp(`^${spanPattern}$`, 'i').test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.toLowerCase().matchAll(/(\d{1,9}(?:\.\d{1,9})?) ?([a-z]{1,12})/g)) {
    if (unit === 'and') continue;
    ms += Number(count) * unitMs[unitOf(unit ?? '')];
  }
  return ms;
}

function unitOf(word: string): keyof typeof unitMs {
  if (/^(?:ms|msecs?|millisec)/.test(word)) return 'ms';
  const first = word[0];
  return first === 'm' || first === 'h' || first === 'd' ? first : 's';
}

/**
 * Reads how long to wait from one value: a number in seconds, or the moment since 1970 in seconds or milliseconds, a span
 * with units, or a date. `atMs` is the moment at which the value was said.
 */
export function waitOf(value: string, atMs: number): number | undefined {
  const text = value.trim();
  const number = decimal(text);
  if (number === undefined) {
    const span = spanMs(text);
    if (span !== undefined) return span;
    const date = dateMs(text);
    return date === undefined ? undefined : date - atMs;
  }
  if (number >= epochMs) return number - atMs;
  if (number >= epochSeconds) return number * 1_000 - atMs;
  return number * 1_000;
}
