import type { JobId } from '../domain/ids.ts';
import { jobKinds, type JobKind } from '../domain/job.ts';
import { escapeHtml, safe, type Safe, excerpt } from './shown-text.ts';
import { callbackData, type Screen, type ScreenButton } from './view.ts';
import type { Voice } from './catalog.ts';
import type { FailureReason } from '../domain/failure.ts';
import type { CoolReason } from '../domain/key-state.ts';
import type { MessageId } from './message-ids.ts';

/** How much of a prompt a status message shows, in UTF-16 units. */
export const promptLimit = 300;

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;

/** `in about 20 seconds`, rounded up so that the promise is kept. */
export function waitWords(voice: Voice, ms: number): Safe {
  if (ms <= 90 * secondMs) return safe(voice.say('time.in-seconds', { count: Math.max(1, Math.ceil(ms / 5_000)) * 5 }));
  if (ms <= 90 * minuteMs) return safe(voice.say('time.in-minutes', { count: Math.ceil(ms / minuteMs) }));
  return safe(voice.say('time.in-hours', { count: Math.ceil(ms / hourMs) }));
}

/** `20 s`, for tables. */
export function shortWait(voice: Voice, ms: number): Safe {
  if (ms <= 0) return safe(voice.say('time.short-now'));
  if (ms <= 90 * secondMs) return safe(voice.say('time.short-seconds', { count: Math.ceil(ms / secondMs) }));
  if (ms <= 90 * minuteMs) return safe(voice.say('time.short-minutes', { count: Math.ceil(ms / minuteMs) }));
  return safe(voice.say('time.short-hours', { count: Math.ceil(ms / hourMs) }));
}

/** `2.1 s`: how long something took. */
export function tookWords(voice: Voice, ms: number): Safe {
  if (ms > 90 * secondMs) return shortWait(voice, ms);
  return safe(voice.say('time.took', { seconds: roundedSeconds(ms) }));
}

function roundedSeconds(ms: number): number {
  if (ms < 95) return Math.max(1, Math.round(ms / 10)) / 100;
  return ms < 9_950 ? Math.round(ms / 100) / 10 : Math.round(ms / secondMs);
}

/** `92%`, written the way of the language. */
export function percent(voice: Voice, share: number): string {
  return new Intl.NumberFormat(voice.locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);
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

export function cancelButton(voice: Voice, id: JobId): ScreenButton {
  return { text: voice.plain('button.cancel'), data: callbackData('cancel', id) };
}

export function refreshButton(voice: Voice, what: JobId | 'all'): ScreenButton {
  return { text: voice.plain('button.refresh'), data: callbackData('status', what) };
}

/** Leads to the list of the person's requests. */
export function myRequestsButton(voice: Voice): ScreenButton {
  return { text: voice.plain('button.my-requests'), data: callbackData('status', 'all') };
}

export function exampleButton(voice: Voice, kind: JobKind): ScreenButton {
  return { text: voice.plain(`button.example-${kind}`), data: callbackData('example', kind) };
}

/** An example of each kind, one under the other. */
export function exampleRows(voice: Voice): Screen['rows'] {
  return jobKinds.map((kind) => [exampleButton(voice, kind)]);
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
export function reasonWords(voice: Voice, reason: FailureReason | CoolReason): Safe {
  return safe(voice.say(reasonMessages[reason]));
}
