import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { z } from 'zod';
import type { ProviderName } from '../../domain/ids.ts';

/**
 * The content of a key file; `openToAll` when every user of this machine may read it. With `stale` it is the earlier
 * content, and `stale` says what is wrong with the file now.
 */
export type KeyFile =
  | { readonly kind: 'read'; readonly text: string; readonly openToAll: boolean; readonly stale?: string }
  | { readonly kind: 'unreadable'; readonly why: string };

export type ReadKeyFile = (path: string) => KeyFile;

const maxKeyFileBytes = 64 * 1024;

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist'],
  ['EACCES', 'may not be read by this user'],
  ['EPERM', 'may not be read by this user'],
  ['EISDIR', 'is not a plain file'],
  ['ENXIO', 'is not a plain file'],
  ['ELOOP', 'is a loop of links'],
]);

/** Reads a small key file; returns an error as text without the path. */
export const readKeyFile: ReadKeyFile = (path) => {
  try {
    return readPlainFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { kind: 'unreadable', why: reasons.get(code) ?? 'cannot be read' };
  }
};

/** Returns a mark that changes with the file or its symbolic links; undefined while the file is missing. */
export function keyFileMark(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

function readPlainFile(path: string): KeyFile {
  // Non-blocking: opening a named pipe would otherwise wait for someone to write into it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { kind: 'unreadable', why: 'is not a plain file' };
    const bytes = Buffer.alloc(maxKeyFileBytes + 1);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    if (length > maxKeyFileBytes) return { kind: 'unreadable', why: 'is larger than 64 KB' };
    const openToAll = process.platform !== 'win32' && (stat.mode & 0o004) !== 0;
    return { kind: 'read', text: bytes.toString('utf8', 0, length), openToAll };
  } finally {
    closeSync(file);
  }
}

/** Keys of one entry of the token-pool file; `where` names it by its position. */
export type PoolEntry = {
  readonly where: string;
  readonly provider: ProviderName;
  readonly onlyModel?: string;
  readonly value: string;
};

type TokenPool = {
  readonly entries: readonly PoolEntry[];
  readonly warnings: readonly string[];
};

const poolSchema = z.record(z.string(), z.unknown());
const keysSchema = z.union([z.string().transform((key) => [key]), z.array(z.string())]);

/**
 * Reads `{"provider or provider:model": ["key", ...]}`. Warnings name a bad entry by position only: its name may be a
 * misplaced key.
 */
export function parseTokenPool(text: string, variable: string, known: ReadonlySet<ProviderName>): TokenPool {
  const pool = poolSchema.safeParse(parseJson(text));
  if (!pool.success) {
    return { entries: [], warnings: [`${variable} must hold a JSON object of lists of keys; the file is skipped`] };
  }
  const entries: PoolEntry[] = [];
  const warnings: string[] = [];
  for (const [index, [name, value]] of Object.entries(pool.data).entries()) {
    const where = `${variable} entry ${index + 1}`;
    const owner = parseOwner(name, known);
    const keys = keysSchema.safeParse(value);
    if (owner === undefined) {
      warnings.push(`${where} must be named after a provider or provider:model; it is skipped`);
    } else if (!keys.success) {
      warnings.push(`${where} must be a list of keys in quotation marks; it is skipped`);
    } else {
      entries.push({ where, ...owner, value: keys.data.join('\n') });
    }
  }
  // Keys for every model come first: a duplicate that is bound to one model is dropped.
  return { entries: entries.sort((a, b) => boundTo(a) - boundTo(b)), warnings };
}

/** True for complete JSON; a file that is still being written usually is not. */
export function isTokenPool(text: string): boolean {
  return poolSchema.safeParse(parseJson(text)).success;
}

function boundTo(entry: PoolEntry): number {
  return entry.onlyModel === undefined ? 0 : 1;
}

function parseOwner(
  name: string,
  known: ReadonlySet<ProviderName>,
): { provider: ProviderName; onlyModel?: string } | undefined {
  const [, provider = '', model] = /^\s*([a-z][a-z0-9-]{0,39})(?::([\x21-\x7e]{1,200}))?\s*$/.exec(name) ?? [];
  if (!known.has(provider)) return undefined;
  return model === undefined ? { provider } : { provider, onlyModel: model };
}

/** Drops the error of JSON.parse, because it quotes the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
