import { escapeHtml, safe, type Safe, excerpt } from './view.ts';
import type { Localizer } from './catalog.ts';

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

/** The prompt as an expandable quote; empty when none of it can be shown. */
export function quote(prompt: string, maxUnits: number): string {
  const words = excerpt(prompt, maxUnits);
  return words === '' ? '' : `<blockquote expandable>${escapeHtml(words)}</blockquote>`;
}

/** Joins the non-empty parts with line breaks. */
export function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n');
}
