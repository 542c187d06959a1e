import type { KeyWish } from '../../domain/key-store.ts';
import { StartError } from '../../app/start-error.ts';
import { openBeside } from '../../storage/open-beside.ts';
import { createSqliteKeyStore } from '../../storage/sqlite-key-store.ts';
import type { Surroundings } from '../surroundings.ts';
import { writeJson } from './key-document.ts';
import { databasePath, type KnownKey, lookAtKeys } from './known-keys.ts';
import { pickKeys } from './pick-keys.ts';

export type AskOptions = {
  readonly wish: 'wake' | 'disable' | 'enable';
  /** As typed. */
  readonly names: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
};

/** The owner looks every second. */
const patienceMs = 3_000;
const lookEveryMs = 100;

const doneWords = { wake: 'woken', disable: 'switched off', enable: 'switched on' } as const;

/** Writes the wish down beside the running bot, and waits a little until it is carried out. */
export async function askOwner(around: Surroundings, options: AskOptions): Promise<void> {
  const { wish, names, all, json } = options;
  const known = await lookAtKeys(around);
  const keys = all ? known.keys : chosen(options, known.keys);
  using database = openBeside(databasePath(known.config), { writable: true });
  if (database === undefined || keys.some(({ fingerprint }) => fingerprint === undefined)) {
    throw new StartError(
      `Cannot ${wish} a key: the bot has never run with DATA_DIR ${known.config.dataDir}; start it once, or set DATA_DIR to the folder it uses`,
    );
  }
  const store = createSqliteKeyStore(database);
  const nowMs = around.clock.now();
  const wishes: readonly Omit<KeyWish, 'seq'>[] =
    all && names.length === 0
      ? [{ wish }]
      : keys.flatMap(({ fingerprint }) => (fingerprint === undefined ? [] : [{ wish, id: fingerprint }]));
  for (const one of wishes) await store.wish(one, nowMs);
  const newest = Math.max(0, ...(await store.wishes()).map(({ seq }) => seq));
  const isDone = async () => (await store.wishes()).every(({ seq }) => seq > newest);

  const waitUntilMs = known.bot === 'running' ? around.clock.uptimeMs() + patienceMs : 0;
  let done = known.bot === 'running' && (await isDone());
  using stop = around.listenForStop();
  while (!done && around.clock.uptimeMs() < waitUntilMs && !stop.signal.aborted) {
    await around.clock.sleep(lookEveryMs, stop.signal).catch(() => undefined);
    done = await isDone();
  }
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
    ? `Asked: ${named} to be ${doneWords[wish]}; the bot is running but has not done it within ${patienceMs / 1_000} s, "darkroom keys list" shows when it has`
    : `Asked: ${named} to be ${doneWords[wish]}; the bot is not running, it will do so at its next start`;
}
