import { withAnonymousKeys } from './anonymous-keys.ts';
import { type KeyFile, type ReadKeyFile, isTokenPool } from './key-file.ts';
import { fileMark, readSmallFile } from '../../kit/files.ts';
import type { KeysElsewhere } from './keys-elsewhere.ts';
import { keyFilePaths, type KeyReading, pathIn, poolVariable, readKeys } from './read-keys.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type KeySourceFiles = {
  readonly readFile?: ReadKeyFile;
  /** Returns a mark that changes with the file. */
  readonly markOf?: (path: string) => string | undefined;
  /** Keys that live elsewhere, and a number that grows when they change. */
  readonly elsewhere?: Pick<KeysElsewhere, 'entries' | 'version'> | undefined;
};

/**
 * Reads the keys from environment and files, repeatedly. When a key file later is missing, empty or incomplete, its
 * earlier content stays in use, with a warning.
 */
export class KeySource {
  readonly #readFile: ReadKeyFile;
  readonly #markOf: (path: string) => string | undefined;
  readonly #elsewhere: KeySourceFiles['elsewhere'];
  #versionRead = 0;
  readonly #good = new Map<string, KeyFile>();
  readonly #marksWhenRead = new Map<string, string | undefined>();
  readonly #marksSeen = new Map<string, string | undefined>();

  constructor({ readFile = readSmallFile, markOf = fileMark, elsewhere }: KeySourceFiles = {}) {
    this.#elsewhere = elsewhere;
    this.#readFile = readFile;
    this.#markOf = markOf;
  }

  read(env: Environment): KeyReading {
    this.#marksWhenRead.clear();
    this.#marksSeen.clear();
    for (const path of keyFilePaths(env)) {
      const mark = this.#markOf(path);
      this.#marksWhenRead.set(path, mark);
      this.#marksSeen.set(path, mark);
    }
    const poolPath = pathIn(env[poolVariable]);
    const { entries: further = [], version = 0 } = this.#elsewhere ?? {};
    this.#versionRead = version;
    const readFile = (path: string) => this.#readOrRemember(path, path === poolPath);
    const reading = readKeys(env, { readFile, further });
    return withAnonymousKeys(reading, env);
  }

  /** True when a file has changed since it was read and was stable between two checks. */
  hasChanged(): boolean {
    let changed = (this.#elsewhere?.version ?? 0) !== this.#versionRead;
    for (const [path, whenRead] of this.#marksWhenRead) {
      const mark = this.#markOf(path);
      if (mark !== whenRead && mark === this.#marksSeen.get(path)) changed = true;
      this.#marksSeen.set(path, mark);
    }
    return changed;
  }

  #readOrRemember(path: string, isPool: boolean): KeyFile {
    const file = this.#readFile(path);
    const trouble = troubleOf(file, isPool);
    const before = this.#good.get(path);
    if (trouble !== undefined) return before?.kind === 'read' ? { ...before, stale: trouble } : file;
    this.#good.set(path, file);
    return file;
  }
}

function troubleOf(file: KeyFile, isPool: boolean): string | undefined {
  if (file.kind === 'unreadable') return file.why;
  if (file.text.trim() === '') return 'is empty now';
  return isPool && !isTokenPool(file.text) ? 'is not a whole JSON object now' : undefined;
}
