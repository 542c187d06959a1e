import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** What a file of keys gave; `openToAll` when everyone on this machine may read it. */
export type KeyFile =
  | { readonly kind: 'read'; readonly text: string; readonly openToAll: boolean }
  | { readonly kind: 'unreadable'; readonly why: string };

export type ReadKeyFile = (path: string) => KeyFile;

export const keyFileLimitBytes = 64 * 1024;

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EACCES', 'may not be read by this user'],
  ['EPERM', 'may not be read by this user'],
  ['EISDIR', 'is not a plain file'],
  ['ENXIO', 'is not a plain file'],
  ['ELOOP', 'is a loop of links'],
]);

/** Reads a small file of keys; whatever is wrong with it comes back as words, without its path. */
export const readKeyFile: ReadKeyFile = (path) => {
  try {
    return readPlainFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { kind: 'unreadable', why: reasons.get(code) ?? 'cannot be read' };
  }
};

function readPlainFile(path: string): KeyFile {
  // Non-blocking: opening a named pipe would otherwise wait for someone to write into it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { kind: 'unreadable', why: 'is not a plain file' };
    const bytes = Buffer.alloc(keyFileLimitBytes + 1);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    if (length > keyFileLimitBytes) return { kind: 'unreadable', why: 'is larger than 64 KB' };
    const openToAll = process.platform !== 'win32' && (stat.mode & 0o004) !== 0;
    return { kind: 'read', text: bytes.toString('utf8', 0, length), openToAll };
  } finally {
    closeSync(file);
  }
}
