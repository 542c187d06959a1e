import type { HttpHeaders } from './http-exchange.ts';

const leastMs = 1000;
const mostMs = 3_600_000;

/** How long the other side asks to wait, between a second and an hour; undefined when it does not say it sensibly. */
export function retryAfterMs(headers: HttpHeaders, nowMs: number): number | undefined {
  const askedMs =
    fromMilliseconds(header(headers, 'retry-after-ms')) ??
    fromRetryAfter(header(headers, 'retry-after'), nowMs) ??
    fromReset(header(headers, 'ratelimit-reset') ?? header(headers, 'x-ratelimit-reset'), nowMs);
  return askedMs === undefined ? undefined : Math.min(mostMs, Math.max(leastMs, Math.ceil(askedMs)));
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
  // Date.parse also understands bare numbers such as "-1"; an HTTP date begins with its weekday.
  if (!/^[A-Z][a-z]{2}/.test(value)) return undefined;
  const untilMs = Date.parse(value);
  return Number.isNaN(untilMs) ? undefined : untilMs - nowMs;
}

/** Seconds to wait, or seconds since 1970 when the wait that follows from them is within the hour. */
function fromReset(value: string | undefined, nowMs: number): number | undefined {
  const seconds = decimal(value);
  if (seconds === undefined) return undefined;
  if (seconds * 1000 <= mostMs) return seconds * 1000;
  const waitMs = seconds * 1000 - nowMs;
  return waitMs > 0 && waitMs <= mostMs ? waitMs : undefined;
}

function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}(?:\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}
