import { element } from './dom.js';

/** How far the server's clock is ahead of this one, in milliseconds. */
let aheadMs = 0;

export function noteServerTime(nowMs) {
  aheadMs = nowMs - Date.now();
}

export function serverNow() {
  return Date.now() + aheadMs;
}

/** `340 ms`, `9.4 s`, `12 min`, `3 h`, `5 d` */
export function span(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 90_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

const counter = new Intl.NumberFormat('en');

export function number(value) {
  return counter.format(value);
}

export function plural(count, thing, more = `${thing}s`) {
  return `${number(count)} ${count === 1 ? thing : more}`;
}

/** `98 %`; of nothing, a dash. */
export function share(part, whole) {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  return `${percent > 99 && percent < 100 ? percent.toFixed(1) : Math.round(percent)} %`;
}

let currency = 'USD';

export function noteCurrency(name) {
  currency = name;
}

/** In the currency of the budgets; small sums with four digits. */
export function money(sum) {
  const digits = sum > 0 && sum < 0.1 ? 4 : 2;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency, ...options }).format(sum);
  } catch {
    // What the operator calls it is no currency code.
    return `${sum.toFixed(digits)} ${currency}`;
  }
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dated = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** The time of day; with the date where it is not of the last twelve hours. */
export function timeOf(ms) {
  return Math.abs(serverNow() - ms) < 43_200_000 ? clock.format(ms) : dated.format(ms);
}

function relative(ms) {
  const awayMs = ms - serverNow();
  if (Math.abs(awayMs) < 1_000) return 'now';
  return awayMs > 0 ? `in ${span(awayMs)}` : `${span(-awayMs)} ago`;
}

/** A moment as `in 12 s` or `3 min ago`, which stays right while it is shown. */
export function moment(ms) {
  const shown = { datetime: new Date(ms).toISOString(), title: full.format(ms), data: { moment: String(ms) } };
  return element('time', shown, relative(ms));
}

/** Brings all moments that are shown up to date; once a second. */
export function refreshMoments() {
  for (const shown of document.querySelectorAll('time[data-moment]')) {
    const words = relative(Number(shown.dataset.moment));
    if (shown.firstChild.data !== words) shown.firstChild.data = words;
  }
}

const reasons = {
  'rate-limited': 'called too often',
  concurrency: 'no seat free',
  'timed-out': 'timed out',
  'fails-alone': 'fails where others succeed',
  window: 'all calls of its window sent',
  rejected: 'refused',
  'out-of-credit': 'out of credit',
  'not-entitled': 'not in its plan',
  'unknown-model': 'unknown model',
  overloaded: 'overloaded',
  unreachable: 'unreachable',
  malformed: 'unreadable answer',
  'blocks-this-machine': 'the provider blocks this machine',
  'failed-run': 'the run failed',
  unrecognized: 'an error that no rule knows',
  'bad-request': 'bad request',
};

/** A reason in words; one that this page does not know, as it is called. */
export function reasonWords(reason) {
  return reasons[reason] ?? reason.replaceAll('-', ' ');
}

/** The state of a key: its tone, its name, why, and when that ends. */
export function keyState(state) {
  switch (state.kind) {
    case 'ready':
      return { tone: 'good', name: 'Ready' };
    case 'suspect':
      return { tone: 'wait', name: 'Suspect', why: reasonWords(state.reason) };
    case 'half-open':
      return { tone: 'wait', name: 'On trial', why: 'one call shows whether it works again' };
    case 'cooling':
      return { tone: 'cool', name: 'Cooling', why: reasonWords(state.reason), word: 'ready', atMs: state.untilMs };
    case 'benched': {
      const name = state.reason === 'out-of-credit' ? 'Out of credit' : 'Refused';
      return { tone: 'bad', name, why: state.confirmed ? '' : 'not confirmed', word: 'tried', atMs: state.probeAtMs };
    }
    case 'probing':
      return { tone: 'wait', name: 'Being tested', why: reasonWords(state.reason) };
    default:
      return state.ended
        ? { tone: 'off', name: 'Ended', why: 'its day has come' }
        : { tone: 'off', name: 'Disabled', why: 'by an admin' };
  }
}

/** What the keys of a provider are good for. */
export function availability({ availability: now, isDown, isEmpty }) {
  if (isDown) return { tone: 'bad', name: 'Down', why: 'no call succeeds; tried with one at a time' };
  if (isEmpty) return { tone: 'wait', name: 'Empty', why: 'serves no model of the chains' };
  switch (now.kind) {
    case 'taking':
      return { tone: 'good', name: 'Taking calls' };
    case 'probing':
      return { tone: 'wait', name: 'Testing keys' };
    case 'cooling':
      return { tone: 'cool', name: 'Cooling', word: 'ready', atMs: now.untilMs };
    case 'benched':
      return { tone: 'bad', name: 'No key works', why: reasonWords(now.reason), word: 'tried', atMs: now.probeAtMs };
    default:
      return { tone: 'off', name: 'No keys' };
  }
}

/** A state with its mark, and below it why and until when. */
export function stateCell({ tone, name, why, word, atMs }, mark) {
  const until = atMs === undefined ? [] : [why ? `; ${word} ` : `${word} `, moment(atMs)];
  const below = why || until.length > 0 ? element('small', {}, why ?? '', ...until) : undefined;
  return [mark(tone, name), below];
}
