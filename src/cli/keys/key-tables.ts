import type { ProviderName } from '../../domain/provider-name.ts';
import { count } from '../../observability/story-words.ts';
import { isServed } from '../../providers/registry.ts';
import { spanWords } from '../time-words.ts';
import { type Cell, type Column, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { KnownKey, KnownKeys } from './known-keys.ts';
import { countByProvider } from './provider-counts.ts';
import { stateCell } from './state-words.ts';

const shortFingerprint = 8;

/** Where each key stands. */
export function stateTable(terminal: Terminal, { keys, nowMs }: KnownKeys): string[] {
  const columns: readonly Column[] = [
    { title: 'key' },
    { title: 'fingerprint', givesWay: 4 },
    ...(terminal.isTty ? [{ title: 'hint', givesWay: 3 }] : []),
    { title: 'provider', givesWay: 1 },
    { title: 'calls/seats', align: 'right', givesWay: 5 },
    { title: 'account', givesWay: 2 },
    { title: 'state' },
  ];
  const rows = keys.map((key): readonly Cell[] => [
    key.name,
    fingerprintCell(key),
    ...(terminal.isTty ? [key.hint] : []),
    key.provider,
    `${key.inFlight}/${key.seats}`,
    key.account === undefined ? '–' : `of ${key.account}`,
    stateCell(key.state, nowMs),
  ]);
  return table(terminal, columns, rows);
}

/** How each key has fared. */
export function statsTable(terminal: Terminal, { keys, nowMs }: KnownKeys): string[] {
  const columns: readonly Column[] = [
    { title: 'key' },
    { title: 'fingerprint', givesWay: 1 },
    { title: 'calls', align: 'right', givesWay: 5 },
    { title: 'today', align: 'right', givesWay: 3 },
    { title: 'success', align: 'right' },
    { title: 'errors in a row', align: 'right' },
    { title: 'mean', align: 'right', givesWay: 2 },
    { title: 'p95', align: 'right', givesWay: 4 },
    { title: 'last error' },
  ];
  return table(
    terminal,
    columns,
    keys.map((key) => [key.name, fingerprintCell(key), ...fareCells(key), lastErrorWords(key, nowMs)]),
  );
}

/** State and fare side by side, for somebody who watches. */
export function watchTable(terminal: Terminal, { keys, nowMs }: KnownKeys): string[] {
  const columns: readonly Column[] = [
    { title: 'key' },
    { title: 'calls/seats', align: 'right', givesWay: 5 },
    { title: 'calls', align: 'right', givesWay: 2 },
    { title: 'today', align: 'right', givesWay: 4 },
    { title: 'success', align: 'right' },
    { title: 'in a row', align: 'right', givesWay: 6 },
    { title: 'mean', align: 'right', givesWay: 1 },
    { title: 'p95', align: 'right', givesWay: 3 },
    { title: 'state' },
  ];
  return table(
    terminal,
    columns,
    keys.map((key) => [key.name, `${key.inFlight}/${key.seats}`, ...fareCells(key), stateCell(key.state, nowMs)]),
  );
}

/** `bytez: 5 of 7 keys take calls, 1 rests, 1 is benched`. */
export function countLines({ keys }: KnownKeys): readonly string[] {
  return countByProvider(keys).map(({ provider, total, ready, cooling, benched, disabled }) => {
    if (!isServed(provider)) return notServedWords(provider, total);
    const others = [
      [cooling, 'cooling'],
      [benched, 'benched'],
      [disabled, 'disabled'],
    ] as const;
    const rest = others.flatMap(([keys, words]) => (keys === 0 ? [] : [`, ${keys} ${words}`]));
    return `${provider}: ${ready} of ${total} ${total === 1 ? 'key takes' : 'keys take'} calls${rest.join('')}`;
  });
}

/** Said of keys that are set for a later version. */
export function notServedWords(provider: ProviderName, total: number): string {
  return `${provider}: ${count(total, 'key')} set; this version does not ask ${provider} yet`;
}

function fingerprintCell({ fingerprint }: KnownKey): Cell {
  return { text: fingerprint === undefined ? '–' : `${fingerprint.slice(0, shortFingerprint)}…`, style: 'dim' };
}

function fareCells({ health }: KnownKey): readonly Cell[] {
  const { calls, callsToday, successRate, consecutiveErrors, meanLatencyMs, p95LatencyMs } = health;
  const span = (ms: number | undefined) => (ms === undefined ? '–' : spanWords(ms));
  return [
    String(calls),
    String(callsToday),
    successRate === undefined ? '–' : { text: `${Math.round(successRate * 100)} %`, style: rateStyle(successRate) },
    { text: String(consecutiveErrors), style: consecutiveErrors >= 3 ? 'bad' : undefined },
    span(meanLatencyMs),
    span(p95LatencyMs),
  ];
}

function rateStyle(rate: number): 'good' | 'warn' | 'bad' {
  return rate >= 0.9 ? 'good' : rate >= 0.5 ? 'warn' : 'bad';
}

function lastErrorWords({ health }: KnownKey, nowMs: number): string {
  const { lastError } = health;
  return lastError === undefined ? '–' : `${lastError.reason}, ${spanWords(nowMs - lastError.atMs)} ago`;
}
