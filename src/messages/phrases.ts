import type { JobId } from '../domain/ids.ts';
import { jobKinds, type JobKind } from '../domain/job.ts';
import { escapeHtml, safe, type Safe, excerpt } from './shown-text.ts';
import { callbackData, type MessageView, type MessageButton } from './view.ts';
import type { Localizer } from './catalog.ts';
import type { FailureReason } from '../domain/failure.ts';
import type { CoolReason } from '../domain/key-state.ts';
import type { MessageId } from './message-ids.ts';

/** How much of a prompt a status message shows, in UTF-16 units. */
export const promptLimit = 300;

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;

/** `in about 20 seconds`, rounded up so that the promise is kept. */
export function waitWords(localizer: Localizer, ms: number): Safe {
  if (ms <= 90 * secondMs)
    return safe(localizer.say('time.in-seconds', { count: Math.max(1, Math.ceil(ms / 5_000)) * 5 }));
  if (ms <= 90 * minuteMs) return safe(localizer.say('time.in-minutes', { count: Math.ceil(ms / minuteMs) }));
  return safe(localizer.say('time.in-hours', { count: Math.ceil(ms / hourMs) }));
}

/** `20 s`, for tables. */
export function shortWait(localizer: Localizer, ms: number): Safe {
  if (ms <= 0) return safe(localizer.say('time.short-now'));
  if (ms <= 90 * secondMs) return safe(localizer.say('time.short-seconds', { count: Math.ceil(ms / secondMs) }));
  if (ms <= 90 * minuteMs) return safe(localizer.say('time.short-minutes', { count: Math.ceil(ms / minuteMs) }));
  return safe(localizer.say('time.short-hours', { count: Math.ceil(ms / hourMs) }));
}

/** `2.1 s`: how long something took. */
export function tookWords(localizer: Localizer, ms: number): Safe {
  if (ms > 90 * secondMs) return shortWait(localizer, ms);
  return safe(localizer.say('time.took', { seconds: roundedSeconds(ms) }));
}

function roundedSeconds(ms: number): number {
  if (ms < 95) return Math.max(1, Math.round(ms / 10)) / 100;
  return ms < 9_950 ? Math.round(ms / 100) / 10 : Math.round(ms / secondMs);
}

/** `92%`, written the way of the language. */
export function percent(localizer: Localizer, share: number): string {
  return new Intl.NumberFormat(localizer.locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** The person's words as an expandable quote; empty when nothing of them can be shown. */
export function quote(prompt: string, maxUnits: number): string {
  const words = excerpt(prompt, maxUnits);
  return words === '' ? '' : `<blockquote expandable>${escapeHtml(words)}</blockquote>`;
}

/** Puts the parts that are there under one another. */
export function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n');
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

export function exampleButton(localizer: Localizer, kind: JobKind): MessageButton {
  return { text: localizer.plain(`button.example-${kind}`), data: callbackData('example', kind) };
}

/** An example of each kind, one under the other. */
export function exampleRows(localizer: Localizer): MessageView['rows'] {
  return jobKinds.map((kind) => [exampleButton(localizer, kind)]);
}

const reasonMessages = {
  rejected: 'reason.rejected',
  'not-entitled': 'reason.not-entitled',
  'out-of-credit': 'reason.out-of-credit',
  concurrency: 'reason.concurrency',
  'rate-limited': 'reason.rate-limited',
  'fails-alone': 'reason.fails-alone',
  'unknown-model': 'reason.unknown-model',
  'timed-out': 'reason.timed-out',
  overloaded: 'reason.overloaded',
  unreachable: 'reason.unreachable',
  malformed: 'reason.malformed',
  'failed-run': 'reason.failed-run',
  unrecognized: 'reason.unrecognized',
  'result-unavailable': 'reason.result-unavailable',
  'result-forbidden': 'reason.result-forbidden',
  'result-unusable': 'reason.result-unusable',
  'result-too-large': 'reason.result-too-large',
  'bad-request': 'reason.bad-request',
  refused: 'reason.refused',
} as const satisfies Record<FailureReason | CoolReason, MessageId>;

/** Why a call failed or a key rests, in a few words for an admin. */
export function reasonWords(localizer: Localizer, reason: FailureReason | CoolReason): Safe {
  return safe(localizer.say(reasonMessages[reason]));
}
