import type { ToldWindow } from '../../domain/key-state.ts';
import type { HttpHeaders } from '../http/http-exchange.ts';
import { answeredAtMs, header, thousands, waitOf, withoutCommas } from './stated-wait.ts';

/** How the headers about requests are named, by who names them; a place is left for limit, remaining and reset. */
const families = [
  'x-ratelimit-*-requests',
  'anthropic-ratelimit-requests-*',
  'x-ratelimit-*',
  'x-rate-limit-*',
  'ratelimit-*',
] as const;

/**
 * Reads how many calls are left, and until when, from the headers of an answer; undefined where they do not say both.
 * `nowMs` is our own time, in which `resetsAtMs` is told.
 */
export function windowInHeaders(headers: HttpHeaders, nowMs: number): ToldWindow | undefined {
  const atMs = answeredAtMs(headers, nowMs);
  for (const family of families) {
    const value = (name: string) => header(headers, family.replace('*', name));
    const limit = count(value('limit'));
    const remaining = count(value('remaining'));
    const restMs = waitOf(value('reset') ?? '', atMs);
    if (limit === undefined || remaining === undefined || restMs === undefined) continue;
    return { limit, remaining, resetsAtMs: nowMs + restMs };
  }
  return undefined;
}

/** A whole number without sign; a policy may follow it: `5, 5;w=60`. */
function count(value: string | undefined): number | undefined {
  const digits = /^(\d{1,9})(?:$|[,;])/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const span = String.raw`(?:(\d{1,5}) ?)?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?)\b`;
const per = String.raw`(?:per|every|each|an?|in|within|/)`;
const calls = String.raw`(?:api |http |image )?(?:requests?|calls?|images?|generations?|creations?|queries|reqs?)`;
/** A whole number, and never a part of another one, as the 5 of `1.5` or the 500 of `10 500`. */
const figure = String.raw`(?<!\d[.,'’ ]?)([1-9]\d{0,5})(?![.,'’]?\d)`;
const patterns = [
  // "5 requests per 1 minute", "limited to 20 API calls / minute"
  new RegExp(String.raw`${figure} ${calls}(?: (?:are )?allowed)? ?${per} ?(?:the )?${span}`, 'i'),
  // "Rate limit exceeded: 5 per 1 minute", "limited to 5 in 1 minute"
  new RegExp(
    String.raw`\blimit(?:ed)?(?: (?:exceeded|reached))?(?: ?[:=(]| is| of| to| at)? ?${figure} ?${per} ?${span}`,
    'i',
  ),
  // The figure comes last: "requests per min (RPM): Limit 3, Used 3"
  new RegExp(String.raw`\b${calls} ?${per} ?${span}(?: \(\w{1,5}\))?:? {0,2}limit:? ${figure}`, 'i'),
] as const;

/** Longer texts add no information and cost time. */
const maxTextLength = 4000;

/** Reads "5 requests per minute" from the words of a refusal; undefined where they name no calls and no span. */
export function windowInWords(words: string): ToldWindow | undefined {
  const text = words.slice(0, maxTextLength).normalize('NFKC').replace(thousands, withoutCommas).replace(/\s+/g, ' ');
  for (const [index, pattern] of patterns.entries()) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const [limit, times, unit] = index === 2 ? [found[3], found[1], found[2]] : [found[1], found[2], found[3]];
    const first = unit?.[0]?.toLowerCase();
    if (first !== 's' && first !== 'm' && first !== 'h' && first !== 'd') continue;
    return { limit: Number(limit), lengthMs: Number(times ?? 1) * unitMs[first] };
  }
  return undefined;
}
