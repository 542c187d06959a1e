import { keyReasonWords, triedAgainWords } from '../../observability/operator-words.ts';
import { momentWords, spanWords } from '../../observability/quantities.ts';
import { type KeyState, acceptsCalls } from '../../domain/key-state.ts';
import { originWords, type KnownKey, type KnownKeys, readKnownKeys } from './known-keys.ts';
import { type ProcessContext, paint, type Terminal } from '../process-context.ts';
import { isServed } from '../../providers/registry.ts';
import {
  keysDocument,
  writeJson,
  notServedWords,
  noKeys,
  sourceNotes,
  countByProvider,
  emptyWords,
  exitCodeFor,
  type ProviderCount,
} from './key-tables.ts';

/** What is wrong with a key and what fixes it. */
export type KeyProblem = {
  readonly what: string;
  readonly fix: string;
};

const manyErrors = 3;

/** What is wrong with the key; undefined when it works. */
export function keyProblem(key: KnownKey, nowMs: number): KeyProblem | undefined {
  const { state, health } = key;
  switch (state.kind) {
    case 'ready':
      if (health.consecutiveErrors < manyErrors) return undefined;
      return {
        what: `takes calls, but failed ${health.consecutiveErrors} times in a row${lastError(key, nowMs)}`,
        fix: 'run "darkroom keys test": when the provider accepts it, wait; the next success clears this',
      };
    case 'suspect':
      return {
        what: `takes calls, after the others: it failed once (${state.reason}), ${spanWords(nowMs - state.sinceMs)} ago`,
        fix: 'nothing to do, its next call decides',
      };
    case 'cooling':
      return {
        what: `has been cooling for ${spanWords(nowMs - state.sinceMs)}: ${keyReasonWords[state.reason]}`,
        fix: coolFix(key, state, nowMs),
      };
    case 'half-open':
      return { what: `is half-open: ${keyReasonWords[state.after]}`, fix: 'nothing to do, its next call decides' };
    case 'probing':
      return { what: 'is being probed', fix: 'look again in a few seconds' };
    case 'benched':
      return benchProblem(key, state, nowMs);
    case 'disabled':
      if (state.ended === true) {
        return {
          what: `has ended on ${key.endsOn} (UTC)`,
          fix: `replace it: ${originWords(key.origin)}; if it lasts longer, "${command('set', key)} --ends <day>"`,
        };
      }
      return { what: 'is disabled', fix: `"${command('enable', key)}" enables it` };
  }
}

function benchProblem(key: KnownKey, state: Extract<KeyState, { kind: 'benched' }>, nowMs: number): KeyProblem {
  const again = state.probeAtMs <= nowMs ? 'now' : `at ${momentWords(state.probeAtMs, nowMs)}`;
  const refusals = state.times > 1 ? `, ${state.times} times in a row` : '';
  if (state.reason === 'out-of-credit') {
    return {
      what: `is out of credit${refusals}${lastError(key, nowMs)}; ${triedAgainWords(state.reason)} ${again}`,
      fix: `add credit to its account, then "${command('wake', key)}"; or replace it: ${originWords(key.origin)}`,
    };
  }
  if (key.keyless) {
    return {
      what: `is refused: its server wants a key${lastError(key, nowMs)}; ${triedAgainWords(state.reason)} ${again}`,
      fix: `set the key of the server beside its address, ${key.origin.variable}`,
    };
  }
  if (!state.confirmed) {
    return {
      what: `was refused${refusals}${lastError(key, nowMs)}; not confirmed yet, ${triedAgainWords(state.reason)} ${again}`,
      fix: `nothing yet; "darkroom keys test" probes it at once, and if it is refused again replace it: ${originWords(key.origin)}`,
    };
  }
  return {
    what: `is refused by the provider${refusals}${lastError(key, nowMs)}; ${triedAgainWords(state.reason)} ${again}`,
    fix: `replace it: ${originWords(key.origin)}; when it was fixed at the provider, "${command('wake', key)}"`,
  };
}

function coolFix(key: KnownKey, state: Extract<KeyState, { kind: 'cooling' }>, nowMs: number): string {
  const until = momentWords(state.untilMs, nowMs);
  const wait = `wait until ${until}${state.stated ? '' : ' at the latest'}`;
  switch (state.reason) {
    case 'rate-limited':
      return `${wait}; if this happens often, add keys`;
    case 'concurrency':
      return `${wait}; if another program uses this account, give the bot one of its own`;
    case 'timed-out':
      return wait;
    case 'window':
      return `${wait}; for more calls, add keys of other accounts`;
    case 'fails-alone':
      return `${wait}; if it continues, replace it: ${originWords(key.origin)}`;
  }
}

function lastError({ health }: KnownKey, nowMs: number): string {
  return health.lastError === undefined
    ? ''
    : ` (last ${health.lastError.reason} ${spanWords(nowMs - health.lastError.atMs)} ago)`;
}

/** As it is typed: the name without its space is one word. */
function command(what: string, { provider, place }: KnownKey): string {
  return `darkroom keys ${what} ${provider}#${place}`;
}

/** Prints for each provider what is wrong with its keys and what to do about it. */
export async function reportKeys(context: ProcessContext, { json }: { readonly json: boolean }): Promise<void> {
  const known = await readKnownKeys(context);
  const counts = countByProvider(known.keys);
  if (json) writeJson(context.out, { ...keysDocument(known), problems: keyProblems(known) });
  else context.out.write(`${reportLines(context.out, known, counts).join('\n')}\n`);
  context.exitWith(exitCodeFor(counts));
}

function keyProblems({ keys, nowMs }: KnownKeys): readonly object[] {
  return keys.flatMap((key) => {
    const problem = keyProblem(key, nowMs);
    return problem === undefined ? [] : [{ key: key.name, acceptsCalls: acceptsCalls(key.state), ...problem }];
  });
}

function reportLines(terminal: Terminal, known: KnownKeys, counts: readonly ProviderCount[]): readonly string[] {
  const { keys, warnings } = known;
  return [
    ...(keys.length === 0 ? [noKeys] : []),
    ...counts.flatMap((count) => providerLines(terminal, known, count)),
    ...(warnings.length === 0 ? [] : ['', 'In the environment:', ...warnings.map((warning) => `  - ${warning}`)]),
    ...sourceNotes(known),
  ];
}

function providerLines(terminal: Terminal, { keys, nowMs, empty }: KnownKeys, count: ProviderCount): readonly string[] {
  const { provider, total, ready } = count;
  const own = keys.filter((key) => key.provider === provider);
  if (!isServed(provider)) return [notServedWords(provider, total)];
  const head =
    ready > 0
      ? paint(terminal, 'good', `${provider}: ${ready} of ${total} ${total === 1 ? 'key takes' : 'keys take'} calls`)
      : paint(terminal, 'bad', `${provider}: no key takes calls, ${nextReadyWords(own, nowMs)}`);
  const details = own.flatMap((key) => {
    const problem = keyProblem(key, nowMs);
    if (problem === undefined) return [];
    const style = acceptsCalls(key.state) ? 'warn' : 'bad';
    const id = key.fingerprint === undefined ? '' : ` (${key.fingerprint.slice(0, 8)}…)`;
    return [`  ${paint(terminal, style, key.name)}${id} ${problem.what}`, `    to do: ${problem.fix}`];
  });
  if (empty.has(provider)) return [`${head}${emptyWords}`, ...details];
  return details.length === 0 ? [`${head}; nothing is wrong`] : [head, ...details];
}

function nextReadyWords(keys: KnownKeys['keys'], nowMs: number): string {
  const untilMs = keys.flatMap(({ state }) => (state.kind === 'cooling' ? [state.untilMs] : []));
  return untilMs.length === 0
    ? 'requests fail until one does'
    : `requests wait: the first key is ready at ${momentWords(Math.min(...untilMs), nowMs)}`;
}
