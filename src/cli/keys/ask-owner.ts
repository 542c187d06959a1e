import { type KnownKey, openAdminLook } from './known-keys.ts';
import { maxChangeWaitMs } from '../../app/open-admin.ts';
import { neverRanWords } from '../../app/processes/kept-where.ts';
import { StartError } from '../../app/start-error.ts';
import type { ProcessContext } from '../process-context.ts';
import { writeJson } from './key-tables.ts';

export type Picked =
  | { readonly ok: true; readonly keys: readonly KnownKey[] }
  | { readonly ok: false; readonly why: string };

/** A shorter prefix too easily matches another key. */
const minPrefixLength = 4;

/** The keys that the arguments name: `3`, `#3`, `bytez#3`, `bytez #3` or the beginning of a fingerprint. */
export function pickKeys(words: readonly string[], keys: readonly KnownKey[]): Picked {
  const picked: KnownKey[] = [];
  for (const word of words) {
    const found = keysNamed(word, keys);
    const [one] = found;
    if (one === undefined) return { ok: false, why: `there is no key "${word}"; ${namesOf(keys)}` };
    if (found.length > 1) return { ok: false, why: `"${word}" may be ${found.map(named).join(' or ')}` };
    if (!picked.includes(one)) picked.push(one);
  }
  return { ok: true, keys: picked };
}

function keysNamed(word: string, keys: readonly KnownKey[]): readonly KnownKey[] {
  const typed = word.trim();
  // With the sign the name may have digits of its own: `home-2#1`.
  const parts = /^([a-z][a-z0-9-]{0,39})?\s{0,3}#\s{0,3}([0-9]{1,6})$/i.exec(typed);
  const [, provider = '', place] = parts ?? /^([a-z]*)\s{0,3}([0-9]{1,6})$/i.exec(typed) ?? [];
  const byName = keys.filter(
    (key) => key.place === Number(place) && (provider === '' || key.provider === provider.toLowerCase()),
  );
  if (byName.length > 0) return byName;
  const prefix = word.trim().replace(/…$/, '').toLowerCase();
  return prefix.length < minPrefixLength ? [] : keys.filter(({ fingerprint }) => fingerprint?.startsWith(prefix));
}

function namesOf(keys: readonly KnownKey[]): string {
  return keys.length === 0 ? 'no provider key is set' : `known are ${keys.map(named).join(', ')}`;
}

/** As one word, so that it can be typed. */
function named({ provider, place, fingerprint }: KnownKey): string {
  return `${provider}#${place}${fingerprint === undefined ? '' : ` (${fingerprint.slice(0, 8)})`}`;
}

export type AskOptions = {
  readonly command: 'wake' | 'disable' | 'enable';
  /** As typed. */
  readonly names: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
};

const doneWords = { wake: 'woken', disable: 'disabled', enable: 'enabled' } as const;

/** Asks the bot to change keys and waits shortly for it; a stopped bot makes the change at its next start. */
export async function askOwner(context: ProcessContext, options: AskOptions): Promise<void> {
  const { command, names, all, json } = options;
  using stop = context.listenForStop();
  using look = await openAdminLook(context, stop.signal);
  const { known, admin } = look;
  const keys = all ? known.keys : chosen(options, known.keys);
  if (known.bot === 'never-ran') {
    throw new StartError(`Cannot ${command} a key: ${neverRanWords(known.config)}`);
  }
  const change = await admin.keys[command](all && names.length === 0 ? 'all' : keys.map(({ id }) => id));
  const done = change.kind === 'done';
  const named = all ? 'every key' : keys.map(({ name }) => name).join(', ');
  if (json) writeJson(context.out, { command, keys: keys.map(({ name }) => name), bot: known.bot, done });
  else context.out.write(`${changeWords(command, named, known.bot === 'running', done)}\n`);
}

function chosen({ command, names }: AskOptions, keys: readonly KnownKey[]): readonly KnownKey[] {
  if (names.length === 0) {
    const all = command === 'wake' ? ', or --all' : '';
    throw new StartError(`Cannot ${command} a key: say which, for example "darkroom keys ${command} 3"${all}`);
  }
  const picked = pickKeys(names, keys);
  if (!picked.ok) throw new StartError(`Cannot ${command} a key: ${picked.why}`);
  return picked.keys;
}

function changeWords(command: AskOptions['command'], named: string, isRunning: boolean, done: boolean): string {
  if (done) return `Done: ${named} ${doneWords[command]}`;
  return isRunning
    ? `Asked: ${named} to be ${doneWords[command]}; the bot is running but has not done it within ${maxChangeWaitMs / 1_000} s, "darkroom keys list" shows when it has`
    : `Asked: ${named} to be ${doneWords[command]}; the bot is not running, it makes the change at its next start`;
}
