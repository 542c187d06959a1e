import { Agent } from 'undici';
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
    call: (call) => new Promise((resolve, reject) => exchange(call, dispatcher, resolve, reject)),
    [Symbol.asyncDispose]: async () => {
      await own.destroy();
    },
  };
}

/**
 * HTTP/1.1 only: a cancelled call then ends its own socket and with it the provider's run. A server is trusted by its
 * certificate alone, whatever the environment says.
 */
function newAgent(): Agent {
  const connect = { rejectUnauthorized: true };
  return new Agent({ allowH2: false, connect, connectTimeout: 10_000, headersTimeout: 0, bodyTimeout: 0 });
}

/**
 * One request and its answer, collected as it comes in: a stream in between would cost more than all the rest. Settles
 * once; what the wire still says afterwards is not heard.
 */
function exchange(
  call: HttpCall,
  dispatcher: Dispatcher,
  resolve: (reply: HttpReply) => void,
  reject: (reason: unknown) => void,
): void {
  const { signal, bodyLimitBytes } = call;
  const chunks: Buffer[] = [];
  let bytes = 0;
  let status = 0;
  let headers: HttpHeaders = {};
  let isSettled = false;
  let controller: Dispatcher.DispatchController | undefined;

  const settle = (tell: () => void) => {
    if (isSettled) return;
    isSettled = true;
    signal.removeEventListener('abort', onAbort);
    tell();
  };
  const answer = (reply: HttpReply) => settle(() => resolve(reply));
  const leave = () => controller?.abort(new Error('The rest of the answer is not wanted'));
  const onAbort = () => {
    const reason: unknown = signal.reason;
    settle(() => (isTimeout(reason) ? resolve({ kind: 'timed-out' }) : reject(reason)));
    leave();
  };
  const refuse = (reply: HttpReply) => {
    answer(reply);
    leave();
  };

  if (signal.aborted) return onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { origin, pathname, search } = new URL(call.url);
    dispatcher.dispatch(
      {
        origin,
        path: `${pathname}${search}`,
        method: call.method,
        headers: { 'user-agent': 'darkroom', ...call.headers, 'accept-encoding': 'identity' },
        body: call.body ?? null,
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart: (started) => {
          controller = started;
          // Given up while it waited for its connection.
          if (isSettled) leave();
        },
        onResponseStart: (_controller, statusCode, responseHeaders) => {
          if (statusCode < 200) return;
          status = statusCode;
          headers = responseHeaders;
          const encoding = headers['content-encoding'];
          if (encoding !== undefined && encoding !== 'identity' && encoding !== '') {
            refuse({ kind: 'malformed', detail: `HTTP ${status} with a content-encoding that was not asked for` });
          } else if (Number(headers['content-length'] ?? 0) > bodyLimitBytes) {
            refuse({ kind: 'too-large' });
          }
        },
        onResponseData: (_controller, chunk) => {
          if (isSettled) return;
          bytes += chunk.byteLength;
          if (bytes > bodyLimitBytes) refuse({ kind: 'too-large' });
          else chunks.push(chunk);
        },
        onResponseEnd: () => answer({ kind: 'answer', status, headers, body: Buffer.concat(chunks, bytes) }),
        onResponseError: (_controller, error) => answer(replyFor(error)),
      },
    );
  } catch (error) {
    answer(replyFor(error));
  }
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
