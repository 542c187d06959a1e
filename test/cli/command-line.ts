import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runProgram } from '../../src/cli/program.ts';
import { type ProcessContext, terminalOn } from '../../src/cli/process-context.ts';
import type { KeyHealth, KeyRecord } from '../../src/domain/key-state.ts';
import { fingerprint } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';
import { openDatabase, type SqliteDatabase } from '../../src/storage/sqlite/database.ts';
import { createKeyStore } from '../../src/storage/stores/key-store.ts';
import { fakeClock, type FakeClock } from '../support/fake-clock.ts';
import { secretsFound } from '../support/secret-hunt.ts';
import { testKey } from '../support/test-app.ts';

export const atMs = Date.UTC(2026, 0, 1, 12);
const keyCount = 7;
const secrets = Array.from({ length: 12 }, (_, index) => testKey(index + 1));

export type Ran = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
};

export type CommandLine = Disposable & {
  readonly dataDir: string;
  /** The environment of the commands; a test may change it. */
  readonly env: Record<string, string>;
  readonly clock: FakeClock;
  /** Opens the database as a bot does at its first start. */
  openAsBot(): SqliteDatabase;
  /** Stores key records as a bot would, by the numbers of the keys. */
  saveRecords(records: Readonly<Record<number, Partial<KeyRecord>>>): Promise<void>;
  /** Runs the real program in this process; throws when its output contains a secret. */
  run(words: string, options?: RunOptions): Promise<Ran>;
};

export type RunOptions = {
  /** The output is a terminal. */
  readonly tty?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** The lines of standard input; a function gives a line when it is asked for. */
  readonly input?: readonly (string | (() => string | Promise<string>))[];
  /** Stops the command as Ctrl-C does. */
  readonly stop?: AbortSignal;
  /** Called with each piece of output. */
  readonly onWrite?: (text: string) => void;
};

export const noHealth: KeyHealth = {
  calls: 0,
  successes: 0,
  errors: {},
  consecutiveErrors: 0,
  callsToday: 0,
  day: Math.floor(atMs / 86_400_000),
};

/** A data folder, an environment with seven keys and a clock for running commands. */
export function aCommandLine(): CommandLine {
  const dataDir = mkdtempSync(join(tmpdir(), 'darkroom-cli-'));
  const clock = fakeClock(atMs);
  const keys = Array.from({ length: keyCount }, (_, index) => testKey(index + 1));
  const env: Record<string, string> = { BYTEZ_API_KEYS: keys.join(','), DATA_DIR: dataDir, HORDE_ANONYMOUS: 'off' };
  const openAsBot = () => openDatabase({ path: join(dataDir, 'darkroom.db') });
  return {
    dataDir,
    env,
    clock,
    openAsBot,
    saveRecords: async (records) => {
      using database = openAsBot();
      const store = createKeyStore(database);
      const salt = await store.salt();
      await store.save(Object.entries(records).map(([place, more]) => aRecord(Number(place), salt, more)));
    },
    run: async (words, options = {}) => {
      const written = { out: '', err: '' };
      let code = 0;
      const { tty = false, columns = 160, rows = 40, stop = new AbortController().signal } = options;
      const terminal = (name: 'out' | 'err') =>
        terminalOn(
          {
            isTTY: tty,
            columns,
            rows,
            write: (text: string | Uint8Array) => {
              written[name] += String(text);
              options.onWrite?.(String(text));
              return true;
            },
          },
          env,
        );
      const context: ProcessContext = {
        cwd: dataDir,
        env,
        clock,
        out: terminal('out'),
        err: terminal('err'),
        openInput: () => {
          const left = [...(options.input ?? [])];
          return {
            nextLine: async () => {
              const next = left.shift();
              return typeof next === 'function' ? await next() : next;
            },
            [Symbol.dispose]: () => undefined,
          };
        },
        listenForStop: () => ({ signal: stop, [Symbol.dispose]: () => undefined }),
        exitWith: (number) => {
          code = number;
        },
      };
      await runProgram(wordsOf(words), context);
      const seen = Object.entries(written).map(([where, text]) => ({ where, text: stripVTControlCharacters(text) }));
      const leaks = secretsFound(seen, secrets);
      if (leaks.length > 0) throw new Error(`A secret is in ${leaks.join(' and ')} of "darkroom ${words}"`);
      return { code, ...written };
    },
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

export function aRecord(place: number, salt: string, more: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: fingerprint(new Secret(testKey(place)), salt),
    provider: 'bytez',
    name: `bytez #${place}`,
    savedAtMs: atMs,
    state: { kind: 'ready' },
    limitedInARow: 0,
    seats: { limit: 1 },
    inFlight: 0,
    health: noHealth,
    ...more,
  };
}

/** Splits as a shell does, single quotes included. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
