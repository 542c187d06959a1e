import { type Stats, existsSync, readdirSync, statSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkSqlite } from '../../app/maintenance.ts';
import { count, isoTime, sizeWords, spanWords } from '../../observability/quantities.ts';
import { type Finding, bad, good, note, warning } from './finding.ts';

const databaseFiles = ['darkroom.db', 'darkroom.db-wal', 'darkroom.db-shm', 'owner.lock.db'];
const largeWalBytes = 256_000_000;

type FolderLook = {
  readonly dataDir: string;
  readonly nowMs: number;
  readonly retentionMs: number;
  readonly isRunning: boolean;
};

/** Who can read the stored files, and which files are left over. */
export function checkFolder({ dataDir, nowMs, retentionMs, isRunning }: FolderLook): readonly Finding[] {
  if (!isOpen(dataDir)) {
    const fix = 'run this as the user who runs the bot, for example "sudo -u <user> darkroom doctor"';
    return [bad('folder', `this user may not look into DATA_DIR ${dataDir}`, fix)];
  }
  const folder = look(dataDir);
  if (folder === undefined) {
    return [note('folder', `DATA_DIR ${dataDir} does not exist yet`, 'the first start makes it, for its user alone')];
  }
  if (!folder.isDirectory()) {
    return [bad('folder', `DATA_DIR ${dataDir} is not a folder`, 'set DATA_DIR to a folder')];
  }
  const results = join(dataDir, 'results');
  const resultFiles = names(results).map((name) => join(results, name));
  const files = [...databaseFiles.map((name) => join(dataDir, name)), ...resultFiles];
  return [
    permissions([dataDir, results], files),
    ...leftovers(resultFiles, isRunning),
    ...oldCopies(dataDir, nowMs - retentionMs),
    ...largeWal(join(dataDir, 'darkroom.db-wal')),
  ];
}

function permissions(folders: readonly string[], files: readonly string[]): Finding {
  const open = [...folders, ...files].filter((path) => ((look(path)?.mode ?? 0) & 0o077) !== 0);
  const foreign = [...folders, ...files].filter((path) => isForeign(look(path)));
  if (foreign.length > 0) {
    return bad(
      'permissions',
      `${count(foreign.length, 'file')} in DATA_DIR belong to another user, ${foreign[0]} for one`,
      `run this as the user who runs the bot, or give the files to that user (chown -R)`,
    );
  }
  if (open.length === 0) return good('permissions', 'only this user can read the stored files');
  return bad(
    'permissions',
    `other users of this machine can read ${count(open.length, 'file')} in DATA_DIR, ${open[0]} for one`,
    `chmod -R go-rwx "${folders[0] ?? ''}"`,
  );
}

function isForeign(stats: Stats | undefined): boolean {
  const me = process.getuid?.();
  return stats !== undefined && me !== undefined && me !== 0 && stats.uid !== me;
}

/** Downloads that a killed process left behind. */
function leftovers(resultFiles: readonly string[], isRunning: boolean): readonly Finding[] {
  const parts = resultFiles.filter((path) => path.endsWith('.part')).length;
  if (parts === 0 || isRunning) return [];
  return [note('downloads', `${count(parts, 'download')} cut short`, 'the next start removes them')];
}

/** Copies of the whole database, prompts included, that are never deleted automatically. */
function oldCopies(dataDir: string, beforeMs: number): readonly Finding[] {
  const copies = names(dataDir).filter((name) => /^darkroom\.db\.(?:schema-|aside-)/.test(name));
  const old = copies.filter((name) => (look(join(dataDir, name))?.mtimeMs ?? 0) < beforeMs);
  if (old.length === 0) return [];
  return [
    warning(
      'copies',
      `${old.length === 1 ? '1 copy' : `${old.length} copies`} of the database from before RETENTION_DAYS, with people's prompts: ${old.join(', ')}`,
      `delete them from ${dataDir} if they are no longer needed`,
    ),
  ];
}

function largeWal(path: string): readonly Finding[] {
  const size = look(path)?.size ?? 0;
  if (size < largeWalBytes) return [];
  const says = `the write-ahead log has grown to ${sizeWords(size)}`;
  return [warning('wal', says, 'stop other programs that keep the database open, then restart the bot')];
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Undefined for what is missing, and for what this user may not look at. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether the folder can be listed, or is missing altogether. */
function isOpen(dir: string): boolean {
  try {
    readdirSync(dir);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'EACCES' && code !== 'EPERM';
  }
}

const minNode = [24, 15] as const;
/** No clock can rightly be before this: the program is younger. */
const earliestMs = Date.UTC(2026, 0, 1);
const clockSlackMs = 60_000;
const tightBytes = 1_000_000_000;
const fullBytes = 200_000_000;

/** The versions of Node and SQLite. */
export function checkVersions(versions: {
  readonly node: string;
  readonly sqlite: string | undefined;
}): readonly Finding[] {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const isOld = major < minNode[0] || (major === minNode[0] && minor < minNode[1]);
  const node = isOld
    ? bad('node', `Node ${versions.node} is too old`, `install Node ${minNode.join('.')} or newer, or use npm start`)
    : good('node', `Node ${versions.node}`);
  try {
    checkSqlite(versions.sqlite);
    return [node, good('sqlite', `SQLite ${versions.sqlite ?? ''}`)];
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    return [node, bad('sqlite', says, `install Node ${minNode.join('.')} or newer`)];
  }
}

/** After a clock is set back, parked jobs, cooldowns and expiry wait too long. */
export function checkClock(nowMs: number, newestMs: number): Finding {
  const fix = 'let the machine keep its time by itself (timedatectl set-ntp true) and restart the bot';
  if (nowMs < earliestMs) return bad('clock', `the machine's clock says ${isoTime(nowMs)}`, fix);
  const aheadMs = newestMs - nowMs;
  if (aheadMs <= clockSlackMs) return good('clock', isoTime(nowMs));
  return warning(
    'clock',
    `the database holds moments that are ${spanWords(aheadMs)} ahead of the machine's clock`,
    fix,
  );
}

/** Free space on the disk where the data folder is or will be. */
export function checkDisk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(dataDir));
  const free = bavail * bsize;
  const says = `${sizeWords(free)} free for DATA_DIR`;
  const fix = 'make room on that disk, set a smaller RETENTION_DAYS, or move DATA_DIR';
  if (free < fullBytes) return bad('disk', says, fix);
  return free < tightBytes ? warning('disk', says, fix) : good('disk', says);
}

function nearestFolder(dir: string): string {
  const parent = dirname(dir);
  return existsSync(dir) || parent === dir ? dir : nearestFolder(parent);
}
