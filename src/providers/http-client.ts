import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { isTimeout } from '../kit/clock.ts';
import { networkTrouble } from '../media/network-trouble.ts';
import type { NetworkTrouble } from '../media/network-trouble.ts';

export type HttpCall = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The one deadline of the call; aborting it closes the socket. */
  readonly signal: AbortSignal;
  readonly bodyLimitBytes: number;
};

export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Everything that a call can come to. A `detail` names codes and sizes only, never a header's value. */
export type HttpReply =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: HttpHeaders; readonly body: Uint8Array }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'cut'; readonly detail: string }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'too-large' };

export type HttpClient = AsyncDisposable & {
  /** Answers whatever happened on the wire; throws only the signal's reason when that is not a passed deadline. */
  call(call: HttpCall): Promise<HttpReply>;
};

/** One client for all providers; disposing it closes the agent it made and leaves alone one that was given. */
export function createHttpClient(options: { readonly agent?: Dispatcher } = {}): HttpClient {
  const own = newAgent();
  const dispatcher = options.agent ?? own;
  return {
    call: async (call) => {
      try {
        call.signal.throwIfAborted();
        const response = await request(call.url, {
          method: call.method,
          headers: { 'user-agent': 'darkroom', ...call.headers, 'accept-encoding': 'identity' },
          body: call.body ?? null,
          signal: call.signal,
          headersTimeout: 0,
          bodyTimeout: 0,
          dispatcher,
        });
        return await readReply(response, call.bodyLimitBytes);
      } catch (error) {
        if (call.signal.aborted) {
          if (isTimeout(call.signal.reason)) return { kind: 'timed-out' };
          throw call.signal.reason;
        }
        return replyFor(error);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await own.destroy();
    },
  };
}

/** HTTP/1.1 only: a cancelled call then ends its own socket and with it the provider's run. */
function newAgent(): Agent {
  return new Agent({ allowH2: false, connectTimeout: 10_000, headersTimeout: 0, bodyTimeout: 0 });
}

async function readReply(response: Dispatcher.ResponseData, limitBytes: number): Promise<HttpReply> {
  const { statusCode: status, headers, body } = response;
  // Destroying a body that was not read to its end reports that as an error.
  body.on('error', () => {});
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity' && encoding !== '') {
    body.destroy();
    return { kind: 'malformed', detail: `HTTP ${status} with a content-encoding that was not asked for` };
  }
  if (Number(headers['content-length'] ?? 0) > limitBytes) {
    body.destroy();
    return { kind: 'too-large' };
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const buffer = chunk as Buffer;
    bytes += buffer.byteLength;
    if (bytes > limitBytes) {
      body.destroy();
      return { kind: 'too-large' };
    }
    chunks.push(buffer);
  }
  return { kind: 'answer', status, headers, body: Buffer.concat(chunks, bytes) };
}

const troubles = {
  unreachable: { kind: 'unreachable', says: 'cannot connect' },
  untrusted: { kind: 'unreachable', says: 'cannot trust the server' },
  malformed: { kind: 'malformed', says: 'the answer is not HTTP' },
  cut: { kind: 'cut', says: 'the connection broke' },
} as const satisfies Record<NetworkTrouble['kind'], { kind: HttpReply['kind']; says: string }>;

function replyFor(error: unknown): HttpReply {
  const trouble = networkTrouble(error);
  const { kind, says } = troubles[trouble.kind];
  return { kind, detail: `${says}: ${trouble.code}` };
}
