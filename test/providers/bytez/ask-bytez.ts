import type { Socket } from 'node:net';
import { expect } from 'vitest';
import type { AttemptFailure } from '../../../src/domain/failure.ts';
import type { JobKind } from '../../../src/domain/kinds.ts';
import type { ProviderReply } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import { createHttpClient } from '../../../src/providers/http/http-exchange.ts';
import { localTcpServer } from '../../contract/local-server.ts';

export const canaryKey = 'canary-key-001-of-the-tests-abcdef';
export const goodUrl = 'https://cdn.bytez.com/model/output/a/b/c.png';
export const goodBody = JSON.stringify({ error: null, output: goodUrl });
export const goodReply: ProviderReply = { ok: true, source: { kind: 'url', url: goodUrl } };

const forever = new AbortController().signal;

/** Asks the provider at this address for a picture or a video. */
export async function ask(url: string, kind: JobKind = 'image', signal = forever): Promise<ProviderReply> {
  await using http = createHttpClient();
  const provider = createBytezProvider({ baseUrl: url, http, now: Date.now });
  return await provider.generate(
    { kind, model: 'a/b', prompt: 'a red fox', inputs: [] },
    new Secret(canaryKey),
    signal,
  );
}

/** What comes of a provider that says exactly these bytes and closes; its connection is gone afterwards. */
export async function askRaw(bytes: string | Uint8Array, signal = forever): Promise<ProviderReply> {
  return await askTalking((socket) => void socket.end(bytes), signal);
}

export async function askTalking(talk: (socket: Socket) => void, signal = forever): Promise<ProviderReply> {
  await using server = await localTcpServer(talk);
  const reply = await ask(server.url, 'image', signal);
  await server.allClosed();
  return reply;
}

/** What comes of an answer with this status and body. */
export async function askFor(status: number, body: string | Uint8Array, headers = ''): Promise<ProviderReply> {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 ${status} As It Is\r\ncontent-length: ${bytes.byteLength}\r\n${headers}\r\n`;
  return await askRaw(Buffer.concat([Buffer.from(head), bytes]));
}

/** The whole failure, whatever its detail; with these marks beside. */
export function failing(
  blame: AttemptFailure['blame'],
  reason: AttemptFailure['reason'],
  marks: Partial<Pick<AttemptFailure, 'sureness'>> & { readonly retryAfterMs?: number } = {},
): unknown {
  return { ok: false, failure: { blame, reason, detail: expect.any(String) as unknown, ...marks } };
}

export const malformed = failing('provider', 'malformed');
