import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpOutcome, JsonContentType, Reply } from './responses.ts';

/** Carries out the outcome; resolves when it is sent, or at once when the client has closed the connection. */
export async function sendOutcome(
  response: ServerResponse,
  outcome: HttpOutcome,
  jsonContentType: JsonContentType,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  switch (outcome.kind) {
    case 'cut':
      response.socket?.destroy();
      return;
    case 'truncated':
      await sendHalf(response, outcome.reply, jsonContentType);
      response.socket?.destroy();
      return;
    case 'stalled':
      await sendHalf(response, outcome.reply, jsonContentType);
      await once(signal, 'abort');
      return;
    case 'reply':
      response.writeHead(outcome.status, headersOf(outcome, jsonContentType));
      if (isWhole(outcome.body)) response.end(outcome.body);
      else await pipeline(Readable.from(outcome.body, { objectMode: false }), response).catch(ignoreGoneClient);
  }
}

async function sendHalf(response: ServerResponse, reply: Reply, jsonContentType: JsonContentType): Promise<void> {
  const body = Buffer.concat(
    isWhole(reply.body) ? [Buffer.from(reply.body)] : [...reply.body].map((piece) => Buffer.from(piece)),
  );
  response.writeHead(reply.status, { ...headersOf(reply, jsonContentType), 'content-length': String(body.length) });
  await new Promise<void>((resolve) => {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => resolve());
  });
}

function headersOf(reply: Reply, jsonContentType: JsonContentType): Readonly<Record<string, string>> {
  const given = reply.headers['content-type'] === 'application/json' ? { 'content-type': jsonContentType } : {};
  const length = isWhole(reply.body) ? { 'content-length': String(Buffer.byteLength(reply.body)) } : {};
  return { ...length, ...reply.headers, ...given };
}

function isWhole(body: Reply['body']): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function ignoreGoneClient(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
}
