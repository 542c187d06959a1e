import type { KeyState } from '../domain/key-state.ts';
import type { KeyView, PoolView } from '../domain/views.ts';
import type { MessageId } from './message-ids.ts';
import { lines, shortWait } from './phrases.ts';
import { safe, shownLength } from './safe-html.ts';
import { callbackData, textLimit, type Screen } from './screen.ts';
import { excerpt } from './shown-text.ts';
import type { Voice } from './voice.ts';

const nameLimit = 40;
/** Telegram honours about a hundred entities in a message; each key takes one. */
const shownAtMost = 80;
/** Kept free for "… and N more". */
const tailUnits = 60;

const reasonMessages = {
  'rate-limited': 'keys.reason-rate-limited',
  concurrency: 'keys.reason-concurrency',
  'timed-out': 'keys.reason-timed-out',
  'fails-alone': 'keys.reason-fails-alone',
  rejected: 'keys.reason-rejected',
  'out-of-credit': 'keys.reason-out-of-credit',
} as const satisfies Record<string, MessageId>;

/** All keys for an admin's eyes: the counts, then as many keys as one message takes. */
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
  return { text: lines(head, ...keyLines(voice, view.keys, nowMs, textLimit - shownLength(head) - tailUnits)), rows };
}

/** What the test of all keys found. */
export function keysTestedWords(voice: Voice, results: readonly { readonly ok: boolean }[]): string {
  const working = results.filter((result) => result.ok).length;
  return voice.plain('keys.tested', { total: results.length, working });
}

function keyLines(voice: Voice, keys: readonly KeyView[], nowMs: number, roomUnits: number): readonly string[] {
  const shown: string[] = [];
  let left = roomUnits;
  for (const key of keys.slice(0, shownAtMost)) {
    const line = keyLine(voice, key, nowMs);
    left -= shownLength(line) + 1;
    if (left < 0) break;
    shown.push(line);
  }
  const more = keys.length - shown.length;
  return more === 0 ? shown : [...shown, voice.say('keys.more', { count: more })];
}

function keyLine(voice: Voice, key: KeyView, nowMs: number): string {
  const errors = Object.values(key.errors).reduce((sum, count) => sum + count, 0);
  const work =
    key.successRate === undefined
      ? voice.say('keys.unused')
      : voice.say('keys.work', { calls: key.calls, errors, rate: percent(voice.locale, key.successRate) });
  return voice.say('keys.key', {
    name: excerpt(key.name, nameLimit),
    hint: excerpt(key.hint, nameLimit),
    state: safe(stateWords(voice, key.state, nowMs)),
    work: safe(work),
    inFlight: key.inFlight,
    seats: key.seats,
  });
}

function stateWords(voice: Voice, state: KeyState, nowMs: number): string {
  switch (state.kind) {
    case 'ready':
      return voice.say('keys.ready');
    case 'cooling':
      return voice.say('keys.cooling', {
        reason: safe(voice.say(reasonMessages[state.reason])),
        wait: shortWait(voice, state.untilMs - nowMs),
      });
    case 'benched':
      return voice.say('keys.benched', {
        reason: safe(voice.say(reasonMessages[state.reason])),
        wait: shortWait(voice, state.probeAtMs - nowMs),
      });
    case 'probing':
      return voice.say('keys.probing', { reason: safe(voice.say(reasonMessages[state.reason])) });
    case 'disabled':
      return voice.say('keys.disabled');
  }
}

function percent(locale: string, share: number): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}
