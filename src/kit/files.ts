import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A file that was read whole; `openToAll` when every user of this machine may read it. */
export type SmallFile =
  | { readonly kind: 'read'; readonly text: string; readonly openToAll: boolean }
  | { readonly kind: 'unreadable'; readonly why: string };

const maxBytes = 64 * 1024;

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EACCES', 'may not be read by this user'],
  ['EPERM', 'may not be read by this user'],
  ['EISDIR', 'is not a plain file'],
  ['ENXIO', 'is not a plain file'],
  ['ELOOP', 'is a loop of links'],
]);

/** Reads a plain file of at most 64 KB: keys, a secret, a table. What is wrong is told in words without the path. */
export function readSmallFile(path: string): SmallFile {
  try {
    return readPlainFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { kind: 'unreadable', why: reasons.get(code) ?? 'cannot be read' };
  }
}

/** Returns a mark that changes with the file or its symbolic links; undefined while the file is missing. */
export function fileMark(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

function readPlainFile(path: string): SmallFile {
  // Non-blocking: opening a named pipe would otherwise wait for someone to write into it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { kind: 'unreadable', why: 'is not a plain file' };
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    if (length > maxBytes) return { kind: 'unreadable', why: 'is larger than 64 KB' };
    const openToAll = process.platform !== 'win32' && (stat.mode & 0o004) !== 0;
    return { kind: 'read', text: bytes.toString('utf8', 0, length), openToAll };
  } finally {
    closeSync(file);
  }
}

const newFileMode = 0o600;

/**
 * Replaces the content of a file as a whole or not at all: it is written beside the file, flushed, and moved into its place.
 * Mode and owner stay as they were; a new file is its owner's alone. A symbolic link stays one, and its target is replaced.
 * Throws the error of the system, and the file is then as it was.
 */
export function replaceFile(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const target = before === undefined ? path : realpathSync(path);
  const fresh = `${target}.${randomUUID()}.part`;
  try {
    const file = openSync(fresh, 'wx', newFileMode);
    try {
      if (before !== undefined) {
        const own = fstatSync(file);
        if (own.uid !== before.uid || own.gid !== before.gid) fchownSync(file, before.uid, before.gid);
        fchmodSync(file, before.mode & 0o777);
      }
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { force: true });
  }
  flushFolder(dirname(target));
}

/** The new name of a file survives a power cut only once its folder is flushed; some file systems do not need or allow it. */
function flushFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The file has its new content all the same.
  }
}

/** `EACCES` and the like: what the system says of an error, for a sentence. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/**
 * Creates the folder and its missing parents, accessible only by this user. It creates them one by one, because
 * `mkdirSync` with `recursive` never returns where the system reports ENOENT below an existing folder, as under /proc.
 */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  const parent = dirname(resolve(dir));
  if (parent !== resolve(dir)) makeFolder(parent);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another process that shares the folder has made it meanwhile.
    if (!existsSync(dir)) throw error;
  }
}
