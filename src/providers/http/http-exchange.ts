import type { Dispatcher } from 'undici';
import { isTimeout } from '../../kit/clock.ts';
import { networkError, type NetworkError } from '../../media/open-result.ts';

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

/**
 * One request and its answer, collected as it comes in: a stream in between would cost more than all the rest. Settles
 * once; what the wire still says afterwards is not heard.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #call: HttpCall;
  readonly #resolve: (reply: HttpReply) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort = () => this.#skipCandidate();
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: HttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #isSettled = false;

  constructor(call: HttpCall, resolve: (reply: HttpReply) => void, reject: (reason: unknown) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Sends the request; the signal is listened to while the answer is on its way. */
  begin(send: () => void): void {
    const { signal } = this.#call;
    if (signal.aborted) return this.#skipCandidate();
    try {
      send();
    } catch (error) {
      this.#settle(replyFor(error));
    }
    if (!this.#isSettled) signal.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for its connection.
    if (this.#isSettled) this.#leave();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity' && encoding !== '') {
      this.#refuse({ kind: 'malformed', detail: `HTTP ${status} with a content-encoding that was not asked for` });
    } else if (Number(headers['content-length'] ?? 0) > this.#call.bodyLimitBytes) {
      this.#refuse({ kind: 'too-large' });
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#call.bodyLimitBytes) this.#refuse({ kind: 'too-large' });
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const first = this.#chunks[0];
    // Most answers come in one piece, which is taken as it is.
    const body = first?.byteLength === this.#bytes ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#settle({ kind: 'answer', status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle(replyFor(error));
  }

  #settle(reply: HttpReply): void {
    if (this.#end()) this.#resolve(reply);
  }

  #refuse(reply: HttpReply): void {
    this.#settle(reply);
    this.#leave();
  }

  #skipCandidate(): void {
    const reason: unknown = this.#call.signal.reason;
    if (this.#end()) {
      if (isTimeout(reason)) this.#resolve({ kind: 'timed-out' });
      else this.#reject(reason);
    }
    this.#leave();
  }

  /** Answers whether it was still going on. */
  #end(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#call.signal.removeEventListener('abort', this.#onAbort);
    return true;
  }

  #leave(): void {
    this.#controller?.abort(new Error('The rest of the answer is not wanted'));
  }
}

const troubles = {
  unreachable: { kind: 'unreachable', says: 'cannot connect' },
  untrusted: { kind: 'unreachable', says: 'cannot trust the server' },
  malformed: { kind: 'malformed', says: 'the answer is not HTTP' },
  cut: { kind: 'cut', says: 'the connection broke' },
} as const satisfies Record<NetworkError['kind'], { kind: HttpReply['kind']; says: string }>;

function replyFor(error: unknown): HttpReply {
  const trouble = networkError(error);
  const { kind, says } = troubles[trouble.kind];
  return { kind, detail: `${says}: ${trouble.code}` };
}
