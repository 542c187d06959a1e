import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  createReadStream,
  fstatSync,
  fsync,
  ftruncateSync,
  lstatSync,
  open,
  openSync,
  read,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type JobId, jobId } from '../domain/ids.ts';
import type { JobKind } from '../domain/kinds.ts';
import type { ByteSource, MediaFile, OpenedResult } from '../domain/media.ts';
import { makeFolder } from '../kit/files.ts';
import { judgeFile, resultExtensions } from './judge-file.ts';
import { unfinishedName } from './unfinished-files.ts';

const synced = promisify(fsync);
const opened = promisify(open);

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

/** A smaller file is judged in memory and written once. */
const maxInMemoryBytes = 1_000_000;

/** `owner` is the process that writes, where others share the folder. */
export function createIncomingFolder(directory: string, owner?: string): IncomingFolder {
  const syncNames = sharedSync(directory);
  let isMade = false;
  const make = () => {
    makeFolder(directory);
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
      return new Incoming(directory, unfinishedName(owner), openNew, syncNames);
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

  constructor(
    directory: string,
    passingName: string,
    openNew: (path: string) => number,
    syncNames: () => Promise<void>,
  ) {
    this.#directory = directory;
    this.#passingPath = join(directory, passingName);
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
    // Making a file may take a file system long; where it fails, the folder is made first.
    this.#file ??= await opened(this.#passingPath, 'wx+', 0o600).catch(() => undefined);
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

const withDigest = /-[0-9a-f]{12}$/;

/** Finds a stored file of the job's result; only complete files have a final name. */
export async function findResult(
  directory: string,
  kind: JobKind,
  id: JobId,
  part = 0,
): Promise<MediaFile | undefined> {
  for (const path of pathsOf(directory, id, part)) {
    const file = await judged(path, kind);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Opens a file of the job's result; the file handle is opened only when the stream is read. */
export async function openKept(directory: string, id: JobId, part = 0): Promise<OpenedResult | undefined> {
  for (const path of pathsOf(directory, id, part)) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true) return { bytes: found.size, stream: () => contentOf(path, found.size) };
  }
  return undefined;
}

/** A small file is read at once, most often from the system's memory. */
const maxAtOnceBytes = 1_000_000;

async function* contentOf(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  if (bytes <= maxAtOnceBytes) yield readFileSync(path);
  else yield* createReadStream(path) as AsyncIterable<Buffer>;
}

/** Removes all stored files of the job; returns whether there were any. */
export async function removeResult(directory: string, id: JobId): Promise<boolean> {
  const found: string[] = [];
  for (let part = 0; ; part += 1) {
    const own = pathsOf(directory, id, part).filter(isThere);
    if (own.length === 0) break;
    found.push(...own);
  }
  // From the last to the first: what a killed process leaves includes part 0, by which the job is found.
  for (const path of found.toReversed()) await rm(path, { force: true });
  return found.length > 0;
}

/** Lists the jobs that have a result in the folder; files with other names are ignored. */
export async function jobsWithResults(directory: string): Promise<readonly JobId[]> {
  const names = await readdir(directory).catch(() => []);
  const ids = names.flatMap((name) => {
    const [, stem, extension = ''] = /^job-([^.]+)(?:\.[0-9]+)?\.([a-z0-9]+)$/.exec(name) ?? [];
    // An escaped id cannot be restored from its digest.
    if (stem === undefined || withDigest.test(stem) || !resultExtensions.includes(extension)) return [];
    return [jobId(stem)];
  });
  return [...new Set(ids)];
}

/** The name of a file of the job's result, without its extension; parts after the first carry their number. */
export function resultName(id: JobId, part: number): string {
  return part === 0 ? `job-${resultStem(id)}` : `job-${resultStem(id)}.${part + 1}`;
}

/** Converts an id to a unique file name: an id with unsafe characters gets a digest. */
export function resultStem(id: JobId): string {
  const safe = id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 100);
  if (safe === id) return safe;
  return `${safe.slice(0, 80)}-${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
}

function pathsOf(directory: string, id: JobId, part: number): readonly string[] {
  return resultExtensions.map((extension) => join(directory, `${resultName(id, part)}.${extension}`));
}

/** Most often there is nothing, and nothing is asked most often: before each answer is kept. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return false;
    throw error;
  }
}

async function judged(path: string, kind: JobKind): Promise<MediaFile | undefined> {
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size: bytes } = fstatSync(file);
    const found = await judgeFile(bytesOfDescriptor(file, bytes), kind);
    if (found.kind !== 'good') return undefined;
    const { extension: _, ...type } = found.type;
    return { path, bytes, ...type };
  } finally {
    closeSync(file);
  }
}

const readAt = promisify(read);

/** The bytes of an open file; who opened it closes it. */
export function bytesOfDescriptor(file: number, bytes: number): ByteSource {
  return {
    bytes,
    read: async (at, length) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, bytes - at)));
      const { bytesRead } = await readAt(file, buffer, 0, buffer.byteLength, at);
      return buffer.subarray(0, bytesRead);
    },
  };
}
