import type { KeyBalance } from '../domain/key-state.ts';
import { keyStateWords, reasonWords } from './key-words.ts';
import { durationWords, lines, percent, shortWait } from './phrases.ts';
import type { Localizer } from './catalog.ts';
import type { KeyView, PoolView } from '../domain/views.ts';
import { safe, shownLength, excerpt, callbackData, textLimit, type MessageView } from './view.ts';

const nameLimit = 40;
/** Telegram formats about a hundred entities in a message; each key uses one. */
const maxShown = 80;
/** Reserved for "… and N more". */
const tailUnits = 60;
const maxSiblings = 5;
const dayMs = 86_400_000;

/** The list of /keys: the counts, then as many keys as fit into one message, with all details while there are few. */
export function keysView(
  localizer: Localizer,
  view: PoolView,
  nowMs: number,
  empty: readonly string[] = [],
): MessageView {
  const rows = [
    [
      { text: localizer.plain('button.refresh'), data: callbackData('keys', 'refresh') },
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
    ...empty.map((provider) => localizer.say('keys.empty', { provider })),
  );
  const roomUnits = textLimit - shownLength(head) - tailUnits;
  const shown = view.keys.slice(0, maxShown);
  const full = fitting(
    shown.map((key) => keyWords(localizer, key, view.keys, nowMs)),
    roomUnits,
  );
  const listed = full.length === view.keys.length ? full : fitting(shortLines(localizer, shown, nowMs), roomUnits);
  const more = view.keys.length - listed.length;
  return { text: lines(head, ...listed, more === 0 ? '' : localizer.say('list.more', { count: more })), rows };
}

/** The result of testing all keys. */
export function keysTestedWords(localizer: Localizer, results: readonly { readonly ok: boolean }[]): string {
  const working = results.filter((result) => result.ok).length;
  return localizer.plain('keys.tested', { total: results.length, working });
}

/** As many parts from the start as fit. */
function fitting(parts: readonly string[], roomUnits: number): readonly string[] {
  let left = roomUnits;
  const firstOver = parts.findIndex((part) => {
    left -= shownLength(part) + 1;
    return left < 0;
  });
  return firstOver === -1 ? parts : parts.slice(0, firstOver);
}

function keyWords(localizer: Localizer, key: KeyView, all: readonly KeyView[], nowMs: number): string {
  return lines(
    headWords(localizer, key, nowMs),
    dots(workWords(localizer, key, nowMs)),
    dots(problemWords(localizer, key, all, nowMs)),
  );
}

/** Used where the details of all keys do not fit. */
function shortLines(localizer: Localizer, keys: readonly KeyView[], nowMs: number): readonly string[] {
  return keys.map((key) => dots([headWords(localizer, key, nowMs), rateWords(localizer, key)]));
}

function headWords(localizer: Localizer, key: KeyView, nowMs: number): string {
  return localizer.say('keys.key', {
    name: excerpt(key.name, nameLimit),
    hint: key.keyless === true ? safe(localizer.say('keys.keyless')) : excerpt(key.hint, nameLimit),
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
          mean: durationWords(localizer, meanLatencyMs),
          p95: durationWords(localizer, p95LatencyMs),
        }),
    localizer.say('keys.in-use', { inFlight, seats }),
    key.balance === undefined ? '' : localizer.say('keys.balance', { amount: balanceWords(localizer, key.balance) }),
    key.endsOn === undefined ? '' : localizer.say('keys.ends', { ends: new Date(`${key.endsOn}T00:00:00Z`) }),
  ];
}

/** `$12.30`, or `1,200 credits`. */
function balanceWords(localizer: Localizer, { amount, unit }: KeyBalance): string {
  const isCurrency = /^[A-Z]{3}$/.test(unit);
  const number = new Intl.NumberFormat(localizer.locale, isCurrency ? { style: 'currency', currency: unit } : {});
  return isCurrency ? number.format(amount) : `${number.format(amount)} ${unit}`;
}

/** The last error, and the keys of the same account. */
function problemWords(localizer: Localizer, key: KeyView, all: readonly KeyView[], nowMs: number): readonly string[] {
  const { lastError, consecutiveErrors, account } = key;
  const siblings = account === undefined ? [] : all.filter((other) => other.account === account && other.id !== key.id);
  const named = siblings.slice(0, maxSiblings).map(({ name }) => excerpt(/#\d+$/.exec(name)?.[0] ?? name, nameLimit));
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
