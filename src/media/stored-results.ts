import type { JobKind } from '../domain/kinds.ts';
import type { ByteSource, MediaFile, OpenedResult } from '../domain/media.ts';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, lstatSync, openSync, read, readFileSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type JobId, jobId } from '../domain/ids.ts';
import { judgeFile, resultExtensions } from './judge-file.ts';

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
