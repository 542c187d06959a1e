import type { IncomingMessage } from 'node:http';

const limitBytes = 20 * 1024 * 1024;

/** The whole body as text; nothing when it is too large. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > limitBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
