import type { HttpHeaders } from './http-exchange.ts';
import { dateMs, decimal, waitOf } from './moments.ts';

const minMs = 1_000;
const maxMs = 3_600_000;
/** A window longer than this is no wait to obey. */
const maxWindowMs = 86_400_000;

/** Reads the requested wait from a response's headers: 1 s to 1 h, in milliseconds; undefined without a valid one. */
export function retryAfterMs(headers: HttpHeaders, nowMs: number): number | undefined {
  const askedMs = statedInHeaders(headers, nowMs);
  return askedMs === undefined ? undefined : Math.min(maxMs, Math.max(minMs, Math.ceil(askedMs)));
}

/** As `retryAfterMs`, without its bounds: negative when the moment has passed. */
export function statedInHeaders(headers: HttpHeaders, nowMs: number): number | undefined {
  const atMs = answeredAtMs(headers, nowMs);
  return (
    decimal(header(headers, 'retry-after-ms')) ??
    fromRetryAfter(header(headers, 'retry-after'), atMs) ??
    fromWindows(headers, atMs)
  );
}

/** When the answer was given by the clock that wrote its dates; ours may be minutes away from it. */
export function answeredAtMs(headers: HttpHeaders, nowMs: number): number {
  return dateMs(header(headers, 'date')) ?? nowMs;
}

function header(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return (typeof value === 'string' ? value : value?.[0])?.trim();
}

function fromRetryAfter(value: string | undefined, atMs: number): number | undefined {
  return value === undefined ? undefined : waitOf(value, atMs);
}

/** The longest wait of the windows that are used up: `x-ratelimit-reset-requests`, `anthropic-ratelimit-tokens-reset`. */
function fromWindows(headers: HttpHeaders, atMs: number): number | undefined {
  const waits = Object.keys(headers)
    .filter((name) => /rate-?limit/.test(name) && name.includes('reset'))
    .filter((name) => !(Number(header(headers, name.replace('reset', 'remaining')) ?? 0) > 0))
    .map((name) => waitOf(header(headers, name) ?? '', atMs))
    .filter((ms) => ms !== undefined && ms >= 0 && ms <= maxWindowMs) as number[];
  if (waits.length > 0) return Math.max(...waits);
  const combined = /\b(?:reset|t)=(\d{1,9})\b/.exec(header(headers, 'ratelimit') ?? '')?.[1];
  return decimal(combined) === undefined ? undefined : Number(combined) * 1_000;
}
