import { dateMs, spanMs, spanPattern, waitOf } from '../http/moments.ts';
import type { Complaint } from './error-body.ts';
import type { WaitField } from './wait-fields.ts';

const dayMs = 86_400_000;
/** A longer wait is of no use to a job or a key, and more likely something else. */
const maxWaitMs = 40 * dayMs;
/** Longer texts add no information and cost time. */
const maxTextLength = 4000;
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
