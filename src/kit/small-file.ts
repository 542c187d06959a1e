import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';

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
