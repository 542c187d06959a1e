import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageTrouble } from '../domain/storage-trouble.ts';

/** About a picture. */
const tryBytes = 1_000_000;

const diskCodes = /^(?:ENOSPC|EDQUOT|EROFS|EIO|EFBIG|ENOENT|ENOTDIR|EISDIR|EEXIST)$/;
/** What a connection may be refused with as well. */
const sharedCodes = /^(?:EACCES|EPERM|EMFILE|ENFILE)$/;
const ofConnections = /^(?:connect|bind|getaddrinfo|socket|read|write)$/;

/** The folder of results cannot be written. */
export class ResultsDiskTrouble extends StorageTrouble {
  override readonly name = 'ResultsDiskTrouble';
  readonly isRefusal = true;

  constructor(directory: string, code: string) {
    super(`Cannot write "${directory}": ${code}; make room there and let this user write it`);
  }
}

/** The code of a failed file operation; network errors have none of these. */
export function diskCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const code = String(error.code);
  if (diskCodes.test(code)) return code;
  return sharedCodes.test(code) && !ofConnections.test(String(error.syscall)) ? code : undefined;
}

/** Tries it: is there room for another result? */
export function hasRoom(directory: string): boolean {
  const path = join(directory, `incoming-${randomUUID()}.part`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, Buffer.alloc(tryBytes), { mode: 0o600, flag: 'wx' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(path, { force: true });
  }
}
