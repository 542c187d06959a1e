import { keyStateWords } from '../../observability/operator-words.ts';
import { count, isoTime, spanWords } from '../../observability/quantities.ts';
import { type KeyState, acceptsCalls } from '../../domain/key-state.ts';
import type { ProviderName } from '../../domain/ids.ts';
import { isServed } from '../../providers/registry.ts';
import { keptWhere } from '../../app/processes/kept-where.ts';
import { type Cell, type Column, table } from '../table.ts';
import type { Style, Terminal, ProcessContext } from '../process-context.ts';
import { type KnownKey, type KnownKeys, readKnownKeys } from './known-keys.ts';

export type ProviderCount = {
  readonly provider: ProviderName;
  readonly total: number;
  /** Keys that accept calls. */
  readonly ready: number;
  readonly cooling: number;
  readonly benched: number;
  readonly disabled: number;
};

/** The keys of each provider, counted by state. */
export function countByProvider(
  keys: readonly { readonly provider: ProviderName; readonly state: KeyState }[],
): readonly ProviderCount[] {
  return [...new Set(keys.map(({ provider }) => provider))].flatMap((provider) => {
    const states = keys.filter((key) => key.provider === provider).map(({ state }) => state);
    const count = (...kinds: readonly KeyState['kind'][]) => states.filter(({ kind }) => kinds.includes(kind)).length;
    if (states.length === 0) return [];
    return [
      {
        provider,
        total: states.length,
        ready: states.filter(acceptsCalls).length,
        cooling: count('cooling'),
        benched: count('benched', 'probing'),
        disabled: count('disabled'),
      },
    ];
  });
}

/** 0 when every served provider, and at least one, has a key that accepts calls. */
export function exitCodeFor(counts: readonly { readonly provider: ProviderName; readonly ready: number }[]): number {
  const served = counts.filter(({ provider }) => isServed(provider));
  return served.length > 0 && served.every(({ ready }) => ready > 0) ? 0 : 1;
}

const styleOf = {
  ready: 'good',
  suspect: 'warn',
  cooling: 'warn',
  'half-open': 'warn',
  probing: 'warn',
  benched: 'bad',
  disabled: 'dim',
} as const satisfies Record<KeyState['kind'], Style>;

/** The state of a key and when it may change. */
export function stateCell(state: KeyState, nowMs: number): Cell {
  return { text: keyStateWords(state, nowMs), style: styleOf[state.kind] };
}

const shortFingerprint = 8;

/** The state of each key. */
export function stateTable(terminal: Terminal, { keys, nowMs }: KnownKeys): string[] {
  const hasBalances = keys.some(({ balance }) => balance !== undefined);
  const hasEnds = keys.some(({ endsOn }) => endsOn !== undefined);
  const columns: readonly Column[] = [
    { title: 'key' },
    { title: 'fingerprint', dropOrder: 4 },
    ...(terminal.isTty ? [{ title: 'hint', dropOrder: 3 }] : []),
    { title: 'provider', dropOrder: 1 },
    { title: 'calls/seats', align: 'right', dropOrder: 5 },
    { title: 'account', dropOrder: 2 },
    ...(hasBalances ? [{ title: 'left', align: 'right' as const, dropOrder: 6 }] : []),
    ...(hasEnds ? [{ title: 'ends', dropOrder: 7 }] : []),
    { title: 'state' },
  ];
  const rows = keys.map((key): readonly Cell[] => [
    key.label === undefined ? key.name : `${key.name} (${key.label})`,
    fingerprintCell(key),
    ...(terminal.isTty ? [key.hint] : []),
    key.provider,
    `${key.inFlight}/${key.seats}`,
    key.account === undefined ? '–' : `of ${key.account}`,
    ...(hasBalances ? [key.balance === undefined ? '–' : `${key.balance.amount} ${key.balance.unit}`] : []),
    ...(hasEnds ? [key.endsOn ?? '–'] : []),
    stateCell(key.state, nowMs),
  ]);
  return table(terminal, columns, rows);
}

/** Calls, successes and durations of each key. */
export function statsTable(terminal: Terminal, { keys, nowMs }: KnownKeys): string[] {
  const columns: readonly Column[] = [
    { title: 'key' },
    { title: 'fingerprint', dropOrder: 1 },
    { title: 'calls', align: 'right', dropOrder: 5 },
    { title: 'today', align: 'right', dropOrder: 3 },
    { title: 'success', align: 'right' },
    { title: 'errors in a row', align: 'right' },
    { title: 'mean', align: 'right', dropOrder: 2 },
    { title: 'p95', align: 'right', dropOrder: 4 },
    { title: 'last error' },
  ];
  return table(
    terminal,
    columns,
    keys.map((key) => [key.name, fingerprintCell(key), ...statsCells(key), lastErrorWords(key, nowMs)]),
  );
}

/** State and statistics side by side, for `monitor`. */
export function watchTable(terminal: Terminal, { keys, nowMs }: KnownKeys): string[] {
  const columns: readonly Column[] = [
    { title: 'key' },
    { title: 'calls/seats', align: 'right', dropOrder: 5 },
    { title: 'calls', align: 'right', dropOrder: 2 },
    { title: 'today', align: 'right', dropOrder: 4 },
    { title: 'success', align: 'right' },
    { title: 'in a row', align: 'right', dropOrder: 6 },
    { title: 'mean', align: 'right', dropOrder: 1 },
    { title: 'p95', align: 'right', dropOrder: 3 },
    { title: 'state' },
  ];
  return table(
    terminal,
    columns,
    keys.map((key) => [key.name, `${key.inFlight}/${key.seats}`, ...statsCells(key), stateCell(key.state, nowMs)]),
  );
}

/** Behind the counts of a provider that serves none of its models: no key is at fault. */
export const emptyWords = '; it serves no model of the chains now and is asked again every hour';

/** `bytez: 5 of 7 keys take calls, 1 cooling, 1 benched`. */
export function countLines({ keys, empty }: KnownKeys): readonly string[] {
  return countByProvider(keys).map(({ provider, total, ready, cooling, benched, disabled }) => {
    if (!isServed(provider)) return notServedWords(provider, total);
    const others = [
      [cooling, 'cooling'],
      [benched, 'benched'],
      [disabled, 'disabled'],
    ] as const;
    const rest = others.flatMap(([keys, words]) => (keys === 0 ? [] : [`, ${keys} ${words}`]));
    return `${provider}: ${ready} of ${total} ${total === 1 ? 'key takes' : 'keys take'} calls${rest.join('')}${empty.has(provider) ? emptyWords : ''}`;
  });
}

/** For keys of a provider that this version does not serve. */
export function notServedWords(provider: ProviderName, total: number): string {
  return `${provider}: ${count(total, 'key')} set; this version does not ask ${provider} yet`;
}

function fingerprintCell({ fingerprint, keyless }: KnownKey): Cell {
  if (keyless) return { text: 'without a key', style: 'dim' };
  return { text: fingerprint === undefined ? '–' : `${fingerprint.slice(0, shortFingerprint)}…`, style: 'dim' };
}

function statsCells({ health }: KnownKey): readonly Cell[] {
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

/** Every fact about the keys as JSON, under stable names and without any part of a key. */
export function keysDocument(known: KnownKeys): object {
  const { nowMs, bot, keys, warnings, unconfigured, empty } = known;
  return {
    at: isoTime(nowMs),
    bot,
    providers: countByProvider(keys),
    keys: keys.map((key) => keyDocument(key)),
    emptyProviders: [...empty],
    rememberedButNotConfigured: unconfigured,
    warnings,
  };
}

/** One key as JSON. Times are milliseconds since 1970. */
export function keyDocument(key: KnownKey): object {
  const { name, provider, fingerprint, keyless, origin, state, inFlight, seats, account, health, balance } = key;
  return {
    name,
    fingerprint: fingerprint ?? null,
    keyless,
    provider,
    origin: origin.isAdded === true ? 'added' : { variable: origin.variable, position: origin.position },
    label: key.label ?? null,
    endsOn: key.endsOn ?? null,
    state,
    acceptsCalls: acceptsCalls(state),
    inFlight,
    seats,
    account: account ?? null,
    balance: balance ?? null,
    calls: health.calls,
    callsToday: health.callsToday,
    successes: health.successes,
    successRate: health.successRate ?? null,
    errors: health.errors,
    errorsInARow: health.consecutiveErrors,
    meanLatencyMs: health.meanLatencyMs ?? null,
    p95LatencyMs: health.p95LatencyMs ?? null,
    lastUsedMs: health.lastUsedMs ?? null,
    lastError: health.lastError ?? null,
  };
}

export function writeJson(out: { write(text: string): void }, document: object): void {
  out.write(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Prints the state of each key. */
export async function listKeys(context: ProcessContext, options: { readonly json: boolean }): Promise<void> {
  const known = await show(context, options.json, stateTable);
  context.exitWith(exitCodeFor(countByProvider(known.keys)));
}

/** Prints the statistics of each key. */
export async function keyStats(context: ProcessContext, options: { readonly json: boolean }): Promise<void> {
  await show(context, options.json, statsTable);
}

async function show(context: ProcessContext, json: boolean, draw: typeof stateTable): Promise<KnownKeys> {
  const known = await readKnownKeys(context);
  if (json) {
    writeJson(context.out, keysDocument(known));
    return known;
  }
  const lines =
    known.keys.length === 0 ? [noKeys, ...known.warnings] : [...draw(context.out, known), '', ...countLines(known)];
  context.out.write(`${[...lines, ...sourceNotes(known)].join('\n')}\n`);
  return known;
}

export const noKeys = 'No provider key is set: put BYTEZ_API_KEY into .env, then start the bot';

/** Notes on where the figures come from. */
export function sourceNotes({ bot, unconfigured, config }: KnownKeys): readonly string[] {
  const remembered =
    unconfigured === 0
      ? []
      : [
          `${unconfigured} more ${unconfigured === 1 ? 'key is' : 'keys are'} remembered and not configured here; if the bot uses ${unconfigured === 1 ? 'it' : 'them'}, run this where its .env is`,
        ];
  switch (bot) {
    case 'running':
      return remembered;
    case 'stopped':
      return ['The bot is not running: these are the last stored figures', ...remembered];
    case 'never-ran':
      return [`The bot has never run with ${keptWhere(config)}: keys as configured, without history`];
  }
}
