/** `1 key`, `2 keys`, `3 processes`. */
export function count(number: number, thing: string, plural = 's'): string {
  return `${number} ${thing}${number === 1 ? '' : plural}`;
}

/** `25 %`, for a share from 0 to 1. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `12 kB`, `3.4 MB`, `1.2 GB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A duration: `85 ms`, `3.2 s`, `12 min`, `5 h`, `3 days`. */
export function spanWords(ms: number): string {
  if (ms < secondMs) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 100 * secondMs) return `${(ms / secondMs).toFixed(1).replace(/\.0$/, '')} s`;
  if (ms < 100 * minuteMs) return `${Math.round(ms / minuteMs)} min`;
  if (ms < 48 * hourMs) return `${Math.round(ms / hourMs)} h`;
  return `${Math.round(ms / dayMs)} days`;
}

/** A wait, rounded up to whole seconds. */
export function waitWords(ms: number): string {
  return ms < 100 * secondMs ? `${Math.max(0, Math.ceil(ms / secondMs))} s` : spanWords(ms);
}

/** `06:54:11 UTC (in 12 s)`; the day stands before it when it is another one. */
export function momentWords(atMs: number, nowMs: number): string {
  const iso = isoTime(atMs);
  const time = `${iso.slice(0, 10) === isoTime(nowMs).slice(0, 10) ? '' : `${iso.slice(0, 10)} `}${iso.slice(11, 19)} UTC`;
  return atMs > nowMs ? `${time} (in ${waitWords(atMs - nowMs)})` : `${time} (${waitWords(nowMs - atMs)} ago)`;
}

const lastDateMs = 8.64e15;

/** `06:54:11 UTC`, for a line that carries its own date; a moment beyond the calendar is `some day`. */
export function timeOfDay(atMs: number): string {
  return Math.abs(atMs) <= lastDateMs ? `${isoTime(atMs).slice(11, 19)} UTC` : 'some day';
}

/** The moment in ISO 8601; one beyond the calendar is its end. */
export function isoTime(atMs: number): string {
  return new Date(Math.min(Math.max(atMs, 0), lastDateMs)).toISOString();
}
