import type { Dispatcher } from 'undici';

export type ReadAnswer = { readonly status: number; readonly retryAfter: string | undefined; readonly body: string };

type Controller = Dispatcher.DispatchController;
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Sends the request and resolves with its answer, read whole. Rejects when the connection fails, when the answer is longer
 * than `maxBytes`, and when the signal aborts, which closes the connection.
 */
export async function wholeAnswer(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<ReadAnswer> {
  if (signal?.aborted === true) throw new Error('The call was aborted');
  const answer = new WholeAnswer(maxBytes);
  const onAbort = () => answer.fail(new Error('The call was aborted'));
  signal?.addEventListener('abort', onAbort);
  try {
    dispatcher.dispatch(request, answer);
    return await answer.read;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** The answer to one call as an undici dispatch handler: a stream would cost more than the rest of the call. */
class WholeAnswer implements Dispatcher.DispatchHandler {
  /** Rejects with what ended the call before its answer was complete. */
  readonly read: Promise<ReadAnswer>;
  readonly #maxBytes: number;
  readonly #resolve: (answer: ReadAnswer) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Controller | undefined;
  #failure: Error | undefined;
  #status = 0;
  #retryAfter: string | undefined;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer>();
    this.read = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    // The call ended while it waited for a connection.
    if (this.#failure !== undefined) controller.abort(this.#failure);
  }

  onResponseStart(_controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return;
    const retryAfter = headers['retry-after'];
    this.#status = status;
    this.#retryAfter = typeof retryAfter === 'object' ? retryAfter[0] : retryAfter;
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) this.fail(withCode('The answer is too long', 'ERR_TOO_LONG'));
    else if (this.#failure === undefined) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    // Most answers arrive in one chunk, which needs no copy.
    const whole = first?.byteLength === this.#bytes ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#resolve({ status: this.#status, retryAfter: this.#retryAfter, body: whole.toString('utf8') });
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#reject(error);
  }

  /** Ends the call; its connection is closed. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#reject(error);
    this.#controller?.abort(error);
  }
}

/** An error that is told by its code. */
export function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
