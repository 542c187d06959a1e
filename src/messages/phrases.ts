import { escapeHtml, safe, type Safe, excerpt, callbackData, type MessageButton, type MessageView } from './view.ts';
import type { Localizer } from './catalog.ts';
import type { JobId } from '../domain/ids.ts';
import { type JobKind, kindTraits, type Lane } from '../domain/kinds.ts';
import type { FailureCode } from '../domain/failure.ts';

/** The longest prompt that a status message shows, in UTF-16 units. */
export const promptLimit = 300;

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;

/** `in about 20 seconds`, rounded up, so that the wait is never longer. */
export function waitWords(localizer: Localizer, ms: number): Safe {
  if (ms <= 90 * secondMs)
    return safe(localizer.say('time.in-seconds', { count: Math.max(1, Math.ceil(ms / 5_000)) * 5 }));
  if (ms <= 90 * minuteMs) return safe(localizer.say('time.in-minutes', { count: Math.ceil(ms / minuteMs) }));
  return safe(localizer.say('time.in-hours', { count: Math.ceil(ms / hourMs) }));
}

/**
 * A moment as the reader's own clock shows it; clients that do not know the entity show it in UTC. `how`: `t` is the time of
 * day, `r` how long ago or how soon, which the client keeps up to date by itself.
 */
export function clockTime(localizer: Localizer, atMs: number, how: 't' | 'r' = 't'): Safe {
  // As the other hours here; Hindi would write "am" in Latin letters.
  const parts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' } as const;
  const time = new Intl.DateTimeFormat(localizer.locale, parts);
  return safe(
    `<tg-time unix="${Math.round(atMs / secondMs)}" format="${how}">${escapeHtml(time.format(atMs))} UTC</tg-time>`,
  );
}

/** `in about 2 minutes (14:05)`; without the time where it is not known what time it is now. */
export function waitWithTime(localizer: Localizer, ms: number, nowMs: number | undefined): Safe {
  const wait = waitWords(localizer, ms);
  return nowMs === undefined ? wait : safe(`${wait.html} (${clockTime(localizer, nowMs + ms).html})`);
}

/** `20 s`, for tables. */
export function shortWait(localizer: Localizer, ms: number): Safe {
  if (ms <= 0) return safe(localizer.say('time.short-now'));
  if (ms <= 90 * secondMs) return safe(localizer.say('time.short-seconds', { count: Math.ceil(ms / secondMs) }));
  if (ms <= 90 * minuteMs) return safe(localizer.say('time.short-minutes', { count: Math.ceil(ms / minuteMs) }));
  return safe(localizer.say('time.short-hours', { count: Math.ceil(ms / hourMs) }));
}

/** `2.1 s`: a measured duration. */
export function durationWords(localizer: Localizer, ms: number): Safe {
  if (ms > 90 * secondMs) return shortWait(localizer, ms);
  return safe(localizer.say('time.duration', { seconds: roundedSeconds(ms) }));
}

function roundedSeconds(ms: number): number {
  if (ms < 95) return Math.max(1, Math.round(ms / 10)) / 100;
  return ms < 9_950 ? Math.round(ms / 100) / 10 : Math.round(ms / secondMs);
}

/** `92%`, formatted for the language. */
export function percent(localizer: Localizer, share: number): string {
  return new Intl.NumberFormat(localizer.locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** `$1.20`, formatted for the language. */
export function money(localizer: Localizer, usd: number): string {
  return new Intl.NumberFormat(localizer.locale, { style: 'currency', currency: 'USD' }).format(usd);
}

/** The prompt as an expandable quote; empty when none of it can be shown. */
export function quote(prompt: string, maxUnits: number): string {
  const words = excerpt(prompt, maxUnits);
  return words === '' ? '' : `<blockquote expandable>${escapeHtml(words)}</blockquote>`;
}

/** Joins the non-empty parts with line breaks. */
export function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n');
}

/** Buttons in rows of so many. */
export function inRows(buttons: readonly MessageButton[], wide: number): MessageView['rows'] {
  const starts = buttons.flatMap((_, index) => (index % wide === 0 ? [index] : []));
  return starts.map((start) => buttons.slice(start, start + wide));
}

export function cancelButton(localizer: Localizer, id: JobId): MessageButton {
  return { text: localizer.plain('button.cancel'), data: callbackData('cancel', id) };
}

export function refreshButton(localizer: Localizer, what: JobId | 'all'): MessageButton {
  return { text: localizer.plain('button.refresh'), data: callbackData('status', what) };
}

/** Leads to the list of the person's requests. */
export function myRequestsButton(localizer: Localizer): MessageButton {
  return { text: localizer.plain('button.my-requests'), data: callbackData('status', 'all') };
}

/** An example of each of these kinds that can be made from words alone, one under the other. */
export function exampleRows(localizer: Localizer, offered: readonly JobKind[]): MessageView['rows'] {
  return offered
    .filter((kind) => kindTraits[kind].needs === 'words')
    .map((kind) => [{ text: localizer.plain(`button.example-${kind}`), data: callbackData('example', kind) }]);
}

/** Asks for the same job once more. */
export function againButton(
  localizer: Localizer,
  id: JobId,
  label: 'button.again' | 'button.try-again',
): MessageButton {
  const button = { text: localizer.plain(label), data: callbackData('again', id) };
  return label === 'button.try-again' ? { ...button, style: 'primary' } : button;
}

/** Under a result: what is wanted most, and the way to the rest. The data of the first one names the job for replies. */
export function resultRows(localizer: Localizer, id: JobId, kind: JobKind): MessageView['rows'] {
  const again = againButton(localizer, id, 'button.again');
  if (kind === 'chat') return [[again]];
  const button = (label: 'button.variations' | 'button.more', action: string): MessageButton => ({
    text: localizer.plain(label),
    data: callbackData('r1', `${id}.${action}`),
  });
  const variations = kindTraits[kind].carrier === 'photo' ? [button('button.variations', 'vary')] : [];
  return [[again, ...variations, button('button.more', 'more')]];
}

/** Codes with other words where the time of the next try is known. */
const untilMessages: Partial<Record<FailureCode, `failure-until.${'out-of-credit' | 'busy' | 'provider-down'}`>> = {
  'out-of-credit': 'failure-until.out-of-credit',
  busy: 'failure-until.busy',
  'provider-down': 'failure-until.provider-down',
};

/** What the button under it does: ask the same again, ask for an example, or show the person's requests and what is left today. */
export const failureRemedy = {
  'keys-being-set-up': 'again',
  'out-of-credit': 'again',
  busy: 'again',
  'taking-longer': 'again',
  'provider-down': 'again',
  'model-unavailable': 'again',
  'result-unavailable': 'again',
  refused: 'example',
  'bad-request': 'example',
  'empty-prompt': 'example',
  'prompt-too-long': 'example',
  'too-large': 'again',
  'quota-reached': 'status',
  'queue-full': 'status',
  'not-allowed': 'status',
  'media-not-allowed': 'status',
  'chat-closed': 'again',
  'set-aside': 'again',
  cancelled: 'again',
  stopped: 'again',
} as const satisfies Record<FailureCode, 'again' | 'example' | 'status'>;

/** Only where the lane is what makes a person wait or turns them away: `busy` is a line that is too long for the lane. */
const premiumNotes: Partial<Record<FailureCode | 'paused', 'goes-first' | 'more-waiting' | 'higher-limit'>> = {
  busy: 'goes-first',
  paused: 'goes-first',
  'queue-full': 'more-waiting',
  'quota-reached': 'higher-limit',
};

/** What happened, what happens next and what the person can do; in how long, where that is known. */
export function failureWords(localizer: Localizer, code: FailureCode, kind: JobKind, againInMs?: number): string {
  const until = untilMessages[code];
  if (until !== undefined && againInMs !== undefined && againInMs > 0) {
    return localizer.say(until, { kind, wait: waitWords(localizer, againInMs) });
  }
  return localizer.say(`failure.${code}`, { kind });
}

/** One line on what premium changes; empty for people who have it and for admins, who give it. */
export function premiumNote(
  localizer: Localizer,
  code: FailureCode | 'paused',
  { lane, isAdmin = false }: { readonly lane: Lane; readonly isAdmin?: boolean },
): string {
  const note = premiumNotes[code];
  return note === undefined || lane === 'premium' || isAdmin ? '' : localizer.say(`premium-note.${note}`);
}
