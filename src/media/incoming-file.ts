import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ByteSource } from '../domain/media.ts';
import { bytesOfDescriptor } from './stored-results.ts';

const synced = promisify(fsync);

/** A file on its way in: readable only by this user, under a temporary name, deleted unless `keepAs` names it. */
export type IncomingFile = Disposable & {
  write(chunk: Uint8Array): void;
  /** Everything written so far. */
  content(): ByteSource;
  /** Replaces everything written with these bytes. */
  replaceWith(parts: readonly Uint8Array[]): void;
  /** Renames the file to its final name, durably; returns its path. */
  keepAs(name: string): Promise<string>;
};

/** The folder of the files; made when the first one comes, and again when it has gone. */
export type IncomingFolder = { incoming(): IncomingFile };

const temporaryName = /^incoming-[0-9a-f-]{36}\.part$/;
/** A smaller file is judged in memory and written once. */
const maxInMemoryBytes = 1_000_000;

/** Removes unfinished downloads of a killed process; only the owner of the folder may call it, before its first download. */
export async function removeUnfinished(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) if (temporaryName.test(name)) await rm(join(directory, name), { force: true });
}

export function createIncomingFolder(directory: string): IncomingFolder {
  const syncNames = sharedSync(directory);
  let isMade = false;
  const make = () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    isMade = true;
  };
  const openNew = (path: string): number => {
    try {
      return openSync(path, 'wx+', 0o600);
    } catch {
      make();
      return openSync(path, 'wx+', 0o600);
    }
  };
  return {
    incoming: () => {
      if (!isMade) make();
      return new Incoming(directory, openNew, syncNames);
    },
  };
}

class Incoming implements IncomingFile {
  readonly #directory: string;
  readonly #passingPath: string;
  readonly #openNew: (path: string) => number;
  readonly #syncNames: () => Promise<void>;
  /** What was written, while that is little. */
  #memory: Uint8Array[] | undefined = [];
  #file: number | undefined;
  #bytes = 0;
  #isKept = false;

  constructor(directory: string, openNew: (path: string) => number, syncNames: () => Promise<void>) {
    this.#directory = directory;
    this.#passingPath = join(directory, `incoming-${randomUUID()}.part`);
    this.#openNew = openNew;
    this.#syncNames = syncNames;
  }

  write(chunk: Uint8Array): void {
    if (this.#memory !== undefined && this.#bytes + chunk.byteLength <= maxInMemoryBytes) {
      this.#memory.push(chunk);
      this.#bytes += chunk.byteLength;
      return;
    }
    const file = this.#onDisk();
    this.#bytes += writeAll(file, chunk, this.#bytes);
  }

  content(): ByteSource {
    if (this.#memory === undefined) return bytesOfDescriptor(this.#onDisk(), this.#bytes);
    const whole = Buffer.concat(this.#memory);
    this.#memory = [whole];
    return { bytes: whole.byteLength, read: async (at, length) => whole.subarray(at, at + length) };
  }

  replaceWith(parts: readonly Uint8Array[]): void {
    if (this.#memory === undefined) ftruncateSync(this.#onDisk(), 0);
    else this.#memory = [];
    this.#bytes = 0;
    for (const part of parts) this.write(part);
  }

  async keepAs(name: string): Promise<string> {
    const path = join(this.#directory, name);
    await synced(this.#onDisk());
    renameSync(this.#passingPath, path);
    this.#isKept = true;
    await this.#syncNames();
    return path;
  }

  [Symbol.dispose](): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    if (!this.#isKept) rmSync(this.#passingPath, { force: true });
  }

  /** The file, with everything that was written until now. */
  #onDisk(): number {
    this.#file ??= this.#openNew(this.#passingPath);
    let end = 0;
    for (const part of this.#memory ?? []) end += writeAll(this.#file, part, end);
    this.#memory = undefined;
    return this.#file;
  }
}

function writeAll(file: number, chunk: Uint8Array, from: number): number {
  for (let at = 0; at < chunk.byteLength;) at += writeSync(file, chunk, at, chunk.byteLength - at, from + at);
  return chunk.byteLength;
}

/**
 * A new name survives a power cut only after the directory itself is synced. A caller that asks while the directory is being
 * synced shares the next time with all others who do.
 */
function sharedSync(directory: string): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = () => {
    running = syncDirectory(directory).finally(() => (running = undefined));
    return running;
  };
  return () => {
    if (running === undefined) return begin();
    next ??= running.then(() => {
      next = undefined;
      return begin();
    });
    return next;
  };
}

async function syncDirectory(directory: string): Promise<void> {
  let handle: number | undefined;
  try {
    handle = openSync(directory, 'r');
    await synced(handle);
  } catch {
    // Some platforms cannot open or sync a directory; the file itself is synced.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
