import { isoTime, sizeWords, spanWords } from '../../observability/quantities.ts';
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkSqlite } from '../../app/maintenance.ts';
import { bad, type Finding, good, warning } from './finding.ts';

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
