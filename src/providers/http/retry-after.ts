import type { HttpHeaders } from './http-exchange.ts';

const minMs = 1000;
const maxMs = 3_600_000;

/** Reads the requested wait from a response's headers: 1 s to 1 h, in milliseconds; undefined without a valid one. */
export function retryAfterMs(headers: HttpHeaders, nowMs: number): number | undefined {
  const askedMs =
    fromMilliseconds(header(headers, 'retry-after-ms')) ??
    fromRetryAfter(header(headers, 'retry-after'), nowMs) ??
    fromReset(header(headers, 'ratelimit-reset') ?? header(headers, 'x-ratelimit-reset'), nowMs);
  return askedMs === undefined ? undefined : Math.min(maxMs, Math.max(minMs, Math.ceil(askedMs)));
}

function header(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === 'string' ? value : value?.[0])?.trim();
}

function fromMilliseconds(value: string | undefined): number | undefined {
  return decimal(value);
}

function fromRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = decimal(value);
  if (seconds !== undefined) return seconds * 1000;
  // Date.parse also accepts bare numbers such as "-1"; an HTTP date begins with its weekday.
  if (!/^[A-Z][a-z]{2}/.test(value)) return undefined;
  const untilMs = Date.parse(value);
  return Number.isNaN(untilMs) ? undefined : untilMs - nowMs;
}

/** Reads seconds to wait, or seconds since 1970 if the resulting wait is within an hour. */
function fromReset(value: string | undefined, nowMs: number): number | undefined {
  const seconds = decimal(value);
  if (seconds === undefined) return undefined;
  if (seconds * 1000 <= maxMs) return seconds * 1000;
  const waitMs = seconds * 1000 - nowMs;
  return waitMs > 0 && waitMs <= maxMs ? waitMs : undefined;
}

function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}(?:\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}
