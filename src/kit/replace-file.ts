import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

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
