import { takesCalls } from '../../domain/key-state.ts';
import { momentWords } from '../time-words.ts';
import type { Surroundings } from '../surroundings.ts';
import { paint, type Terminal } from '../terminal.ts';
import { isServed } from '../../providers/registry.ts';
import { keysDocument, writeJson } from './key-document.ts';
import { notServedWords } from './key-tables.ts';
import { type KnownKeys, lookAtKeys } from './known-keys.ts';
import { noKeys, standing } from './list-and-stats.ts';
import { countByProvider, exitCodeFor, type ProviderCount } from './provider-counts.ts';
import { troubleOf } from './trouble.ts';

/** Prints for each provider what is wrong with its keys and what to do about it. */
export async function reportKeys(around: Surroundings, { json }: { readonly json: boolean }): Promise<void> {
  const known = await lookAtKeys(around);
  const counts = countByProvider(known.keys);
  if (json) writeJson(around.out, { ...keysDocument(known), troubles: troublesOf(known) });
  else around.out.write(`${reportLines(around.out, known, counts).join('\n')}\n`);
  around.exitWith(exitCodeFor(counts));
}

function troublesOf({ keys, nowMs }: KnownKeys): readonly object[] {
  return keys.flatMap((key) => {
    const trouble = troubleOf(key, nowMs);
    return trouble === undefined ? [] : [{ key: key.name, takesCalls: takesCalls(key.state), ...trouble }];
  });
}

function reportLines(terminal: Terminal, known: KnownKeys, counts: readonly ProviderCount[]): readonly string[] {
  const { keys, warnings } = known;
  return [
    ...(keys.length === 0 ? [noKeys] : []),
    ...counts.flatMap((count) => providerLines(terminal, known, count)),
    ...(warnings.length === 0 ? [] : ['', 'In the environment:', ...warnings.map((warning) => `  - ${warning}`)]),
    ...standing(known),
  ];
}

function providerLines(terminal: Terminal, { keys, nowMs }: KnownKeys, count: ProviderCount): readonly string[] {
  const { provider, total, ready } = count;
  const own = keys.filter((key) => key.provider === provider);
  if (!isServed(provider)) return [notServedWords(provider, total)];
  const head =
    ready > 0
      ? paint(terminal, 'good', `${provider}: ${ready} of ${total} ${total === 1 ? 'key takes' : 'keys take'} calls`)
      : paint(terminal, 'bad', `${provider}: no key takes calls, ${wakeWords(own, nowMs)}`);
  const details = own.flatMap((key) => {
    const trouble = troubleOf(key, nowMs);
    if (trouble === undefined) return [];
    const style = takesCalls(key.state) ? 'warn' : 'bad';
    const id = key.fingerprint === undefined ? '' : ` (${key.fingerprint.slice(0, 8)}…)`;
    return [`  ${paint(terminal, style, key.name)}${id} ${trouble.what}`, `    to do: ${trouble.mend}`];
  });
  return details.length === 0 ? [`${head}; nothing is wrong`] : [head, ...details];
}

function wakeWords(keys: KnownKeys['keys'], nowMs: number): string {
  const wakes = keys.flatMap(({ state }) => (state.kind === 'cooling' ? [state.untilMs] : []));
  return wakes.length === 0
    ? 'requests fail until one does'
    : `requests wait: the first key wakes at ${momentWords(Math.min(...wakes), nowMs)}`;
}
