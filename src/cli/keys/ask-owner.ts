import { changePatienceMs } from '../../app/open-admin.ts';
import { StartError } from '../../app/start-error.ts';
import type { Surroundings } from '../surroundings.ts';
import { writeJson } from './key-document.ts';
import { type KnownKey, openAdminLook } from './known-keys.ts';
import { pickKeys } from './pick-keys.ts';

export type AskOptions = {
  readonly wish: 'wake' | 'disable' | 'enable';
  /** As typed. */
  readonly names: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
};

const doneWords = { wake: 'woken', disable: 'switched off', enable: 'switched on' } as const;

/** Asks the running bot to change keys and waits a little until it has; one that stands still does so at its next start. */
export async function askOwner(around: Surroundings, options: AskOptions): Promise<void> {
  const { wish, names, all, json } = options;
  using stop = around.listenForStop();
  using look = await openAdminLook(around, stop.signal);
  const { known, admin } = look;
  const keys = all ? known.keys : chosen(options, known.keys);
  if (known.bot === 'never-ran') {
    throw new StartError(
      `Cannot ${wish} a key: the bot has never run with DATA_DIR ${known.config.dataDir}; start it once, or set DATA_DIR to the folder it uses`,
    );
  }
  const change = await admin.keys[wish](all && names.length === 0 ? 'all' : keys.map(({ id }) => id));
  const done = change.kind === 'done';
  const named = all ? 'every key' : keys.map(({ name }) => name).join(', ');
  if (json) writeJson(around.out, { wish, keys: keys.map(({ name }) => name), bot: known.bot, done });
  else around.out.write(`${outcomeWords(wish, named, known.bot === 'running', done)}\n`);
}

function chosen({ wish, names }: AskOptions, keys: readonly KnownKey[]): readonly KnownKey[] {
  if (names.length === 0) {
    const all = wish === 'wake' ? ', or --all' : '';
    throw new StartError(`Cannot ${wish} a key: say which, for example "darkroom keys ${wish} 3"${all}`);
  }
  const picked = pickKeys(names, keys);
  if (!picked.ok) throw new StartError(`Cannot ${wish} a key: ${picked.why}`);
  return picked.keys;
}

function outcomeWords(wish: AskOptions['wish'], named: string, isRunning: boolean, done: boolean): string {
  if (done) return `Done: ${named} ${doneWords[wish]}`;
  return isRunning
    ? `Asked: ${named} to be ${doneWords[wish]}; the bot is running but has not done it within ${changePatienceMs / 1_000} s, "darkroom keys list" shows when it has`
    : `Asked: ${named} to be ${doneWords[wish]}; the bot is not running, it will do so at its next start`;
}
