import { readFile } from 'node:fs/promises';
import type { MediaFile } from '../domain/media.ts';
import type { Failed } from './keyed-client.ts';

/** A file that a result is made from, ready to be sent. */
export type InputFile = { readonly mime: string; readonly bytes: Buffer };

export type InputFiles = { readonly ok: true; readonly files: readonly InputFile[] } | Failed;

/**
 * Reads the files of a request from this machine's disk. One that is not there any more fails the request; together they
 * may have `maxBytes`. Throws the signal's reason when it aborts.
 */
export async function readInputFiles(
  inputs: readonly MediaFile[],
  maxBytes: number,
  signal: AbortSignal,
): Promise<InputFiles> {
  const bytes = inputs.reduce((sum, input) => sum + input.bytes, 0);
  if (bytes > maxBytes) return unusable(`the pictures sent along have ${bytes} bytes, more than ${maxBytes}`);
  try {
    const files = await Promise.all(
      inputs.map(async ({ path, mime }) => ({ mime, bytes: await readFile(path, { signal }) })),
    );
    return { ok: true, files };
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return unusable(`a picture sent along cannot be read: ${code}`);
  }
}

function unusable(detail: string): Failed {
  return { ok: false, failure: { blame: 'request', reason: 'bad-request', detail } };
}

/** The file as an address that holds it. */
export function dataUri({ mime, bytes }: InputFile): string {
  return `data:${mime};base64,${bytes.toString('base64')}`;
}

/** What files begin with, and what they are then. */
const beginnings: readonly (readonly [string, string])[] = [
  ['\u0089PNG', 'image/png'],
  ['\u00ff\u00d8', 'image/jpeg'],
  ['RIFF', 'image/webp'],
  ['GIF8', 'image/gif'],
];

/** As `dataUri`, of a picture of which only the bytes are at hand. */
export function pictureUri(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  const mime = beginnings.find(([beginning]) => start.startsWith(beginning))?.[1] ?? 'image/png';
  return dataUri({ mime, bytes: Buffer.from(bytes) });
}
