import type { ToldWindow } from '../../domain/key-state.ts';
import type { HttpHeaders } from '../http/http-exchange.ts';
import type { Complaint, WaitField } from './error-body.ts';

/** How the headers about requests are named, by who names them; a place is left for limit, remaining and reset. */
const families = [
  'x-ratelimit-*-requests',
  'anthropic-ratelimit-requests-*',
  'x-ratelimit-*',
  'x-rate-limit-*',
  'ratelimit-*',
].map((family) => ({
  limit: family.replace('*', 'limit'),
  remaining: family.replace('*', 'remaining'),
  reset: family.replace('*', 'reset'),
}));

/**
 * Reads how many calls are left, and until when, from the headers of an answer; undefined where they do not say both.
 * `nowMs` is our own time, in which `resetsAtMs` is told.
 */
export function windowInHeaders(headers: HttpHeaders, nowMs: number): ToldWindow | undefined {
  for (const family of families) {
    // Hot path: every answer is asked, and most name none of them.
    const reset = header(headers, family.reset);
    if (reset === undefined) continue;
    const limit = count(header(headers, family.limit));
    const remaining = count(header(headers, family.remaining));
    const restMs = waitOf(reset, answeredAtMs(headers, nowMs));
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

const span = String.raw`(?:(?<times>\d{1,5}) ?)?(?<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?)\b`;
const per = String.raw`(?:per|every|each|an?|in|within|/)`;
const made = String.raw`images?|pictures?|videos?|clips?|songs?|tracks?|generations?|creations?|predictions?`;
/** With a word before it: "API calls", "free generations". */
const calls = String.raw`(?:[a-z]{1,10} )?(?:requests?|calls?|queries|reqs?|${made})`;
/** A whole number, and never a part of another one, as the 5 of `1.5` or the 500 of `10 500`. */
const figure = String.raw`(?<!\d[.,'’ ]?)(?<limit>[1-9]\d{0,5})(?![.,'’]?\d)`;
const patterns = [
  // "5 requests per 1 minute", "limited to 20 API calls / minute"
  new RegExp(String.raw`${figure} ${calls}(?: (?:are )?allowed)? ?${per} ?(?:the )?${span}`, 'i'),
  // "Rate limit exceeded: 5 per 1 minute", "limited to 5 in 1 minute", "your plan allows 100 per day"
  new RegExp(
    String.raw`\b(?:(?:limit(?:ed)?|quota|cap|allowance)(?: (?:exceeded|reached))?|allows?|includes?|max(?:imum)?|up to|only)(?: ?[:=(]| is| of| to| at)? ?${figure} ?${per} ?${span}`,
    'i',
  ),
  // The figure comes last: "requests per min (RPM): Limit 3, Used 3"
  new RegExp(String.raw`\b${calls} ?${per} ?${span}(?: \(\w{1,5}\))?:? {0,2}limit:? ${figure}`, 'i'),
  // "daily limit of 50 images", "daily request quota exceeded: 100"
  new RegExp(
    String.raw`\b(?:(?<unit>d)aily|today['’]s) (?:\w{1,20} ){0,2}?(?:limit|quota|cap|allowance|maximum)\b(?: (?:exceeded|reached))?(?: (?:is|of|at)| ?[:=(])? ?${figure}(?: ${calls}\b|(?! ?[%a-z]))`,
    'i',
  ),
  // "all 100 of your daily requests"
  new RegExp(String.raw`${figure} (?:of (?:your|the) )?(?<unit>d)aily ${calls}\b`, 'i'),
  // "100 images daily"
  new RegExp(String.raw`${figure} ${calls}(?: (?:are )?allowed)? (?:(?<unit>d)aily|today)\b`, 'i'),
] as const;

/** Longer texts add no information and cost time. */
const maxTextLength = 4000;

/** Reads "5 requests per minute" from the words of a refusal; undefined where they name no calls and no span. */
export function windowInWords(words: string): ToldWindow | undefined {
  const text = words.slice(0, maxTextLength).normalize('NFKC').replace(thousands, withoutCommas).replace(/\s+/g, ' ');
  for (const pattern of patterns) {
    const { groups } = pattern.exec(text) ?? {};
    if (groups === undefined) continue;
    const { limit, times = '1', unit = 'd' } = groups;
    const first = unit[0]?.toLowerCase();
    if (first !== 's' && first !== 'm' && first !== 'h' && first !== 'd') continue;
    return { limit: Number(limit), lengthMs: Number(times) * unitMs[first] };
  }
  return undefined;
}

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

/** Returns the value of a header, the first where there are several. */
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

/** Numbers from here on are moments since 1970 rather than spans: the first in seconds, the second in milliseconds. */
const epochSeconds = 1_000_000_000;
const epochMs = 100_000_000_000;

/** Reads a decimal number without sign or exponent. */
function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}(?:\.\d{1,9})?$/.test(value) ? Number(value) : undefined;
}

/** Reads an HTTP date or an ISO 8601 date with its time, in milliseconds since 1970. */
function dateMs(value: string | undefined): number | undefined {
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
const spanPattern = String.raw`${amount}(?:(?:,? and |,? ?)${amount}){0,3}`;

const wholeSpan = new RegExp(`^${spanPattern}$`, 'i');

/** Reads a span such as `6m0s`, `12s`, `1 minute and 30 seconds`. */
function spanMs(text: string): number | undefined {
  if (!wholeSpan.test(text)) return undefined;
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

const dayMs = 86_400_000;
/** A longer wait is of no use to a job or a key, and more likely something else. */
const maxWaitMs = 40 * dayMs;
/** A number such as `1,200`; `withoutCommas` makes it `1200`. */
const thousands = /(?<![\d.,])\d{1,3}(?:,\d{3}){1,3}(?!,?\d)/g;
const withoutCommas = (number: string): string => number.replaceAll(',', '');

/**
 * Reads the wait that a failure response states in its fields or in its words, in milliseconds; undefined when it states
 * none. `atMs` is the moment of the answer by the provider's own clock.
 */
export function statedInBody({ waitFields = [], words }: Complaint, atMs: number): number | undefined {
  const waits = [...waitFields.map((field) => fromField(field, atMs)), ...fromWords(words, atMs)].filter(
    (ms) => ms !== undefined && ms >= 0 && ms <= maxWaitMs,
  ) as number[];
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function fromField({ name, value }: WaitField, atMs: number): number | undefined {
  const isMs = /(?:ms|millis|milliseconds)$/.test(name) && /^\d{1,12}(?:\.\d+)?$/.test(value);
  return isMs && Number(value) < 100_000_000_000 ? Number(value) : waitOf(value, atMs);
}

const askAgain = String.raw`(?:re-?try|try(?:ing)?|try again|again|wait(?:ing)?|resets?|reset|refresh(?:es|ed)?|renews?|replenish(?:es|ed)?|available|back(?: off)?|resume[sd]?|until|unblocked|lifted|cool ?down|expires?)`;
/** Between the verb and the time: "Please try your request again in about 40s". */
const between = String.raw`[^.!?\n;]{0,40}?`;
const spanSays = new RegExp(
  String.raw`\b${askAgain}\b${between}(?:\b(?:in|after|within|for|delay)\b|[:=~]|\bwait\b|)[ "'~:=]{0,3}(?:(?:in|after|about|around|approximately|approx\.?|at least|another|a further|~)[ ~]{0,2})*(${spanPattern})`,
  'gi',
);
const secondsSay =
  /\b(?:retry[ -]after|(?:retry|wait)(?: after)? \(?(?:seconds|secs))\)?\b ?[:=]? {0,2}(\d{1,6}(?:\.\d{1,6})?)\b(?! ?[a-z:]|[-/.]\d)/gi;
const spanFirst = new RegExp(String.raw`(${spanPattern}) (?:until|before|remaining|left until)\b`, 'gi');
const isoSays = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|UTC)\b|[+-]\d\d:?\d\d)?/g;
const httpDateSays = /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g;
const epochSays = new RegExp(String.raw`\b${askAgain}\b${between}\b(\d{10}(?:\d{3})?(?:\.\d{1,6})?)\b`, 'gi');
const clockSays = new RegExp(
  String.raw`\b${askAgain}\b${between}\b(?:(\d{1,2})(?::(\d\d)(?::\d\d)?)? ?([ap]\.?m\b\.?)?|(midnight|noon)) ?\(?(utc|gmt|z|pst|pdt|pt|pacific|est|edt|et|eastern|cet|cest)?\b`,
  'gi',
);
const zoneHours = {
  pst: -8,
  pdt: -7,
  pt: -8,
  pacific: -8,
  est: -5,
  edt: -4,
  et: -5,
  eastern: -5,
  cet: 1,
  cest: 2,
} as const;

function fromWords(words: string, atMs: number): readonly (number | undefined)[] {
  const text = words
    .slice(0, maxTextLength)
    .normalize('NFKC')
    .replace(thousands, withoutCommas)
    .replaceAll('_', ' ')
    .replace(/\b(?:an?|one) (?=(?:second|minute|hour|day)\b)/gi, '1 ')
    .replace(/\bin (\d{1,2}):(\d\d):(\d\d)\b/g, 'in $1h$2m$3s');
  const spans = [
    ...Array.from([...text.matchAll(spanSays), ...text.matchAll(spanFirst)], ([, span = '']) => spanMs(span)),
    ...Array.from(text.matchAll(secondsSay), ([, seconds]) => Number(seconds) * 1_000),
  ];
  if (spans.length > 0) return spans;
  const dates = [...text.matchAll(isoSays), ...text.matchAll(httpDateSays)].map(([date]) => dateMs(date));
  const moments = dates.filter((ms) => ms !== undefined).map((ms) => ms - atMs);
  const epochs = Array.from(text.matchAll(epochSays), ([, value = '']) => waitOf(value, atMs));
  if (moments.length > 0 || epochs.length > 0) return [...moments, ...epochs];
  return Array.from(text.matchAll(clockSays), (match) => untilTimeOfDay(match, atMs));
}

/** The wait until the next time that a clock shows this: `00:00 UTC`, `midnight Pacific`; without a zone it is UTC. */
function untilTimeOfDay(match: RegExpMatchArray, atMs: number): number | undefined {
  const [, hour, minute, half, name, zone] = match;
  // A bare number is no time of day.
  if (name === undefined && minute === undefined && half === undefined) return undefined;
  const hours = name === undefined ? hourOf(Number(hour), half) : name.toLowerCase() === 'noon' ? 12 : 0;
  const minutes = Number(minute ?? 0);
  if (hours > 24 || minutes > 59) return undefined;
  const isZone = (text: string): text is keyof typeof zoneHours => text in zoneHours;
  const key = zone?.toLowerCase() ?? 'utc';
  const offsetMs = (isZone(key) ? zoneHours[key] : 0) * 3_600_000;
  const ofDayMs = (hours * 60 + minutes) * 60_000 - offsetMs;
  const untilMs = (((ofDayMs - (atMs % dayMs)) % dayMs) + dayMs) % dayMs;
  return untilMs === 0 ? dayMs : untilMs;
}

function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  return (hour % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}
