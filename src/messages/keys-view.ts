import type { KeyState } from '../domain/key-state.ts';
import { shortWait, reasonWords, lines, percent, tookWords } from './phrases.ts';
import type { Localizer } from './catalog.ts';
import type { KeyView, PoolView } from '../domain/views.ts';
import { safe, shownLength, excerpt } from './shown-text.ts';
import { callbackData, textLimit, type MessageView } from './view.ts';

/** What state a key is in, why, and until when as far as that is known. */
export function keyStateWords(localizer: Localizer, state: KeyState, nowMs: number): string {
  switch (state.kind) {
    case 'ready':
      return localizer.say('keys.ready');
    case 'suspect':
      return localizer.say('keys.suspect', { reason: reasonWords(localizer, state.reason) });
    case 'cooling': {
      const facts = { reason: reasonWords(localizer, state.reason), wait: shortWait(localizer, state.untilMs - nowMs) };
      const isKnown = state.stated || state.untilMs <= nowMs;
      return isKnown ? localizer.say('keys.cooling', facts) : localizer.say('keys.cooling-guess', facts);
    }
    case 'half-open':
      return localizer.say('keys.half-open', { reason: reasonWords(localizer, state.after) });
    case 'benched': {
      const reason = reasonWords(localizer, state.reason);
      // Whether a key is accepted is asked at once; credit shows when a call is dared again, in an hour or more.
      if (!state.confirmed && state.reason === 'rejected') return localizer.say('keys.benched-unsure', { reason });
      return localizer.say('keys.benched', { reason, wait: shortWait(localizer, state.probeAtMs - nowMs) });
    }
    case 'probing':
      return localizer.say('keys.probing', { reason: reasonWords(localizer, state.reason) });
    case 'disabled':
      return localizer.say('keys.disabled');
  }
}

const nameLimit = 40;
/** Telegram honours about a hundred entities in a message; each key takes one. */
const shownAtMost = 80;
/** Kept free for "… and N more". */
const tailUnits = 60;
const siblingsShown = 5;
const dayMs = 86_400_000;

/** All keys for an admin's eyes: the counts, then as many keys as one message takes; few of them with all that is known. */
export function keysView(localizer: Localizer, view: PoolView, nowMs: number): MessageView {
  const rows = [
    [
      { text: localizer.plain('button.keys-refresh'), data: callbackData('keys', 'refresh') },
      { text: localizer.plain('button.keys-test'), data: callbackData('keys', 'test') },
    ],
    ...(view.benched > 0 ? [[{ text: localizer.plain('button.keys-wake'), data: callbackData('keys', 'wake') }]] : []),
  ];
  if (view.total === 0) return { text: localizer.say('keys.none'), rows: [] };
  const { ready, total, cooling, benched, disabled } = view;
  const head = lines(
    localizer.say('keys.counts', { ready, total, cooling, benched, disabled }),
    view.nextWakeMs === undefined
      ? ''
      : localizer.say('keys.next-wake', { wait: shortWait(localizer, view.nextWakeMs - nowMs) }),
  );
  const roomUnits = textLimit - shownLength(head) - tailUnits;
  const shown = view.keys.slice(0, shownAtMost);
  const full = fitting(
    shown.map((key) => keyWords(localizer, key, view.keys, nowMs)),
    roomUnits,
  );
  const listed = full.length === view.keys.length ? full : fitting(shortLines(localizer, shown, nowMs), roomUnits);
  const more = view.keys.length - listed.length;
  return { text: lines(head, ...listed, more === 0 ? '' : localizer.say('keys.more', { count: more })), rows };
}

/** What the test of all keys found. */
export function keysTestedWords(localizer: Localizer, results: readonly { readonly ok: boolean }[]): string {
  const working = results.filter((result) => result.ok).length;
  return localizer.plain('keys.tested', { total: results.length, working });
}

/** As many from the beginning as there is room for. */
function fitting(parts: readonly string[], roomUnits: number): readonly string[] {
  let left = roomUnits;
  const tooMuch = parts.findIndex((part) => {
    left -= shownLength(part) + 1;
    return left < 0;
  });
  return tooMuch === -1 ? parts : parts.slice(0, tooMuch);
}

function keyWords(localizer: Localizer, key: KeyView, all: readonly KeyView[], nowMs: number): string {
  return lines(
    headWords(localizer, key, nowMs),
    dots(workWords(localizer, key, nowMs)),
    dots(worryWords(localizer, key, all, nowMs)),
  );
}

/** Where there are too many keys for all of it. */
function shortLines(localizer: Localizer, keys: readonly KeyView[], nowMs: number): readonly string[] {
  return keys.map((key) => dots([headWords(localizer, key, nowMs), rateWords(localizer, key)]));
}

function headWords(localizer: Localizer, key: KeyView, nowMs: number): string {
  return localizer.say('keys.key', {
    name: excerpt(key.name, nameLimit),
    hint: excerpt(key.hint, nameLimit),
    state: safe(keyStateWords(localizer, key.state, nowMs)),
  });
}

function rateWords(localizer: Localizer, { successRate }: KeyView): string {
  return successRate === undefined
    ? localizer.say('keys.unused')
    : localizer.say('keys.rate', { rate: percent(localizer, successRate) });
}

function workWords(localizer: Localizer, key: KeyView, nowMs: number): readonly string[] {
  const { meanLatencyMs, p95LatencyMs, inFlight, seats } = key;
  const isToday = key.day === Math.floor(nowMs / dayMs);
  return [
    rateWords(localizer, key),
    key.calls === 0 ? '' : localizer.say('keys.today', { count: isToday ? key.callsToday : 0 }),
    meanLatencyMs === undefined || p95LatencyMs === undefined
      ? ''
      : localizer.say('keys.latency', {
          mean: tookWords(localizer, meanLatencyMs),
          p95: tookWords(localizer, p95LatencyMs),
        }),
    localizer.say('keys.in-use', { inFlight, seats }),
  ];
}

/** What went wrong last, and with whom it shares its seats. */
function worryWords(localizer: Localizer, key: KeyView, all: readonly KeyView[], nowMs: number): readonly string[] {
  const { lastError, consecutiveErrors, account } = key;
  const siblings = account === undefined ? [] : all.filter((other) => other.account === account && other.id !== key.id);
  const named = siblings.slice(0, siblingsShown).map(({ name }) => excerpt(/#\d+$/.exec(name)?.[0] ?? name, nameLimit));
  const names = [...named, ...(siblings.length > named.length ? ['…'] : [])].join(', ');
  return [
    lastError === undefined
      ? ''
      : localizer.say('keys.last-error', {
          reason: reasonWords(localizer, lastError.reason),
          age: shortWait(localizer, Math.max(1, nowMs - lastError.atMs)),
        }),
    consecutiveErrors < 2 ? '' : localizer.say('keys.in-a-row', { count: consecutiveErrors }),
    names === '' ? '' : localizer.say('keys.shared', { names }),
  ];
}

function dots(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
