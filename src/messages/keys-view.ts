import type { KeyState } from '../domain/key-state.ts';
import { shortWait, reasonWords, lines, percent, tookWords } from './phrases.ts';
import type { Voice } from './catalog.ts';
import type { KeyView, PoolView } from '../domain/views.ts';
import { safe, shownLength, excerpt } from './shown-text.ts';
import { callbackData, textLimit, type Screen } from './view.ts';

/** What state a key is in, why, and until when as far as that is known. */
export function keyStateWords(voice: Voice, state: KeyState, nowMs: number): string {
  switch (state.kind) {
    case 'ready':
      return voice.say('keys.ready');
    case 'suspect':
      return voice.say('keys.suspect', { reason: reasonWords(voice, state.reason) });
    case 'cooling': {
      const facts = { reason: reasonWords(voice, state.reason), wait: shortWait(voice, state.untilMs - nowMs) };
      const isKnown = state.stated || state.untilMs <= nowMs;
      return isKnown ? voice.say('keys.cooling', facts) : voice.say('keys.cooling-guess', facts);
    }
    case 'half-open':
      return voice.say('keys.half-open', { reason: reasonWords(voice, state.after) });
    case 'benched': {
      const reason = reasonWords(voice, state.reason);
      // Whether a key is accepted is asked at once; credit shows when a call is dared again, in an hour or more.
      if (!state.confirmed && state.reason === 'rejected') return voice.say('keys.benched-unsure', { reason });
      return voice.say('keys.benched', { reason, wait: shortWait(voice, state.probeAtMs - nowMs) });
    }
    case 'probing':
      return voice.say('keys.probing', { reason: reasonWords(voice, state.reason) });
    case 'disabled':
      return voice.say('keys.disabled');
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
export function keysScreen(voice: Voice, view: PoolView, nowMs: number): Screen {
  const rows = [
    [
      { text: voice.plain('button.keys-refresh'), data: callbackData('keys', 'refresh') },
      { text: voice.plain('button.keys-test'), data: callbackData('keys', 'test') },
    ],
    ...(view.benched > 0 ? [[{ text: voice.plain('button.keys-wake'), data: callbackData('keys', 'wake') }]] : []),
  ];
  if (view.total === 0) return { text: voice.say('keys.none'), rows: [] };
  const { ready, total, cooling, benched, disabled } = view;
  const head = lines(
    voice.say('keys.counts', { ready, total, cooling, benched, disabled }),
    view.nextWakeMs === undefined
      ? ''
      : voice.say('keys.next-wake', { wait: shortWait(voice, view.nextWakeMs - nowMs) }),
  );
  const roomUnits = textLimit - shownLength(head) - tailUnits;
  const shown = view.keys.slice(0, shownAtMost);
  const full = fitting(
    shown.map((key) => keyWords(voice, key, view.keys, nowMs)),
    roomUnits,
  );
  const listed = full.length === view.keys.length ? full : fitting(shortLines(voice, shown, nowMs), roomUnits);
  const more = view.keys.length - listed.length;
  return { text: lines(head, ...listed, more === 0 ? '' : voice.say('keys.more', { count: more })), rows };
}

/** What the test of all keys found. */
export function keysTestedWords(voice: Voice, results: readonly { readonly ok: boolean }[]): string {
  const working = results.filter((result) => result.ok).length;
  return voice.plain('keys.tested', { total: results.length, working });
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

function keyWords(voice: Voice, key: KeyView, all: readonly KeyView[], nowMs: number): string {
  return lines(
    headWords(voice, key, nowMs),
    dots(workWords(voice, key, nowMs)),
    dots(worryWords(voice, key, all, nowMs)),
  );
}

/** Where there are too many keys for all of it. */
function shortLines(voice: Voice, keys: readonly KeyView[], nowMs: number): readonly string[] {
  return keys.map((key) => dots([headWords(voice, key, nowMs), rateWords(voice, key)]));
}

function headWords(voice: Voice, key: KeyView, nowMs: number): string {
  return voice.say('keys.key', {
    name: excerpt(key.name, nameLimit),
    hint: excerpt(key.hint, nameLimit),
    state: safe(keyStateWords(voice, key.state, nowMs)),
  });
}

function rateWords(voice: Voice, { successRate }: KeyView): string {
  return successRate === undefined
    ? voice.say('keys.unused')
    : voice.say('keys.rate', { rate: percent(voice, successRate) });
}

function workWords(voice: Voice, key: KeyView, nowMs: number): readonly string[] {
  const { meanLatencyMs, p95LatencyMs, inFlight, seats } = key;
  const isToday = key.day === Math.floor(nowMs / dayMs);
  return [
    rateWords(voice, key),
    key.calls === 0 ? '' : voice.say('keys.today', { count: isToday ? key.callsToday : 0 }),
    meanLatencyMs === undefined || p95LatencyMs === undefined
      ? ''
      : voice.say('keys.latency', { mean: tookWords(voice, meanLatencyMs), p95: tookWords(voice, p95LatencyMs) }),
    voice.say('keys.in-use', { inFlight, seats }),
  ];
}

/** What went wrong last, and with whom it shares its seats. */
function worryWords(voice: Voice, key: KeyView, all: readonly KeyView[], nowMs: number): readonly string[] {
  const { lastError, consecutiveErrors, account } = key;
  const siblings = account === undefined ? [] : all.filter((other) => other.account === account && other.id !== key.id);
  const named = siblings.slice(0, siblingsShown).map(({ name }) => excerpt(/#\d+$/.exec(name)?.[0] ?? name, nameLimit));
  const names = [...named, ...(siblings.length > named.length ? ['…'] : [])].join(', ');
  return [
    lastError === undefined
      ? ''
      : voice.say('keys.last-error', {
          reason: reasonWords(voice, lastError.reason),
          age: shortWait(voice, Math.max(1, nowMs - lastError.atMs)),
        }),
    consecutiveErrors < 2 ? '' : voice.say('keys.in-a-row', { count: consecutiveErrors }),
    names === '' ? '' : voice.say('keys.shared', { names }),
  ];
}

function dots(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
