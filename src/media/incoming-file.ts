import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** A file on its way in: only for its owner's eyes, under a passing name until it is kept, gone if it never is. */
export type IncomingFile = AsyncDisposable & {
  write(chunk: Uint8Array): Promise<void>;
  /** The first bytes written, at most so many. */
  head(bytes: number): Promise<Buffer>;
  /** Puts these bytes in the place of all that were written. */
  replaceWith(parts: readonly Uint8Array[]): Promise<void>;
  /** Gives the file its name, durably; answers its path. */
  keepAs(name: string): Promise<string>;
};

const passingName = /^incoming-[0-9a-f-]{36}\.part$/;

/** Removes what a killed process was fetching; only for the one owner of the folder, before the first fetch. */
export async function removeUnfinished(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) if (passingName.test(name)) await rm(join(directory, name), { force: true });
}

export async function createIncomingFile(directory: string): Promise<IncomingFile> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const passingPath = join(directory, `incoming-${randomUUID()}.part`);
  const file = await open(passingPath, 'wx+', 0o600);
  let kept = false;
  let end = 0;
  const write = async (chunk: Uint8Array): Promise<void> => {
    for (let at = 0; at < chunk.byteLength;) {
      const { bytesWritten } = await file.write(chunk, at, chunk.byteLength - at, end);
      at += bytesWritten;
      end += bytesWritten;
    }
  };
  return {
    write,
    head: async (bytes) => {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(bytes, size));
      const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, 0);
      return buffer.subarray(0, bytesRead);
    },
    replaceWith: async (parts) => {
      await file.truncate(0);
      end = 0;
      for (const part of parts) await write(part);
    },
    keepAs: async (name) => {
      const path = join(directory, name);
      await file.sync();
      await rename(passingPath, path);
      kept = true;
      await syncDirectory(directory);
      return path;
    },
    [Symbol.asyncDispose]: async () => {
      await file.close();
      if (!kept) await rm(passingPath, { force: true });
    },
  };
}

/** A new name in a directory outlasts a power cut only once the directory itself is written. */
async function syncDirectory(directory: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(directory, 'r');
    await handle.sync();
  } catch {
    // Not every platform lets a directory be opened or synced; the file itself is on the disk.
  } finally {
    await handle?.close();
  }
}
