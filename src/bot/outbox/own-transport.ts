import { randomUUID } from 'node:crypto';
import { type ApiClientOptions, HttpError, InputFile, type Transformer } from 'grammy';
import type { Dispatcher } from 'undici';
import type { OpenedResult } from '../../domain/media.ts';
import { isTimeout, systemClock } from '../../kit/clock.ts';

/** A larger upload is streamed. */
const maxWholeBytes = 1_000_000;

/** A kept file to upload, read again for each call. */
export class KeptUpload extends InputFile {
  readonly opened: OpenedResult;
  readonly name: string;

  constructor(opened: OpenedResult, name: string) {
    super(() => opened.stream(), name);
    this.opened = opened;
    this.name = name;
  }
}

export type OwnTransportOptions = {
  readonly token: string;
  readonly client: Pick<ApiClientOptions, 'apiRoot' | 'fetch'>;
  readonly timeoutS: number;
};

/**
 * Makes a client's calls in place of grammY, which streams every upload in a dozen parts and runs three races a call. What
 * it throws is what grammY would throw. Uploads that are large, or no kept files, go grammY's way.
 */
export function ownTransport({ token, client, timeoutS }: OwnTransportOptions): Transformer {
  const { apiRoot, fetch: ask } = client;
  if (apiRoot === undefined || ask === undefined) throw new Error('Cannot call Telegram: no address, or no way to it');
  return async (prev, method, payload, signal) => {
    const files = new Map<string, KeptUpload>();
    const fields = withoutFiles(payload, files);
    if (fields === undefined) return prev(method, payload, signal);
    using deadline = systemClock.deadline(timeoutS * 1_000, signal as AbortSignal | undefined);
    try {
      const body = files.size === 0 ? jsonBody(fields) : await multipartBody(fields, files);
      const answer = await ask(`${apiRoot}/bot${token}/${method}`, { method: 'POST', ...body, signal: deadline });
      return await answer.json();
    } catch (error) {
      const isLate = deadline.aborted && isTimeout(deadline.reason);
      const late = `Request to '${method}' timed out after ${timeoutS} seconds`;
      throw new HttpError(`Network request for '${method}' failed!`, isLate ? new Error(late) : error);
    }
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** The payload without what is absent, its files by name; undefined when it holds a file that is to be streamed. */
function withoutFiles(payload: object, files: Map<string, KeptUpload>): Fields | undefined {
  const replaced: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(payload)) {
    if (value === null || value === undefined) continue;
    const one = replacedValue(value, files);
    if (one === undefined) return undefined;
    replaced[name] = one;
  }
  return replaced;
}

function replacedValue(value: unknown, files: Map<string, KeptUpload>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof InputFile) {
    if (!(value instanceof KeptUpload) || value.opened.bytes > maxWholeBytes) return undefined;
    const id = `file${files.size}`;
    files.set(id, value);
    return `attach://${id}`;
  }
  if (!Array.isArray(value)) return withoutFiles(value, files);
  const all = value.map((one: unknown) => replacedValue(one, files));
  return all.includes(undefined) ? undefined : all;
}

function jsonBody(fields: Fields) {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) };
}

async function multipartBody(fields: Fields, files: ReadonlyMap<string, KeptUpload>) {
  const boundary = `----------${randomUUID()}`;
  const head = `--${boundary}\r\ncontent-disposition:form-data;name=`;
  const words = Object.entries(fields).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${head}"${name}"\r\n\r\n${text}\r\n`;
  });
  const parts: Uint8Array[] = [Buffer.from(words.join(''))];
  for (const [id, { opened, name }] of files) {
    const type = 'content-type:application/octet-stream';
    parts.push(Buffer.from(`${head}"${id}";filename=${name}\r\n${type}\r\n\r\n`));
    for await (const chunk of opened.stream()) parts.push(chunk);
    parts.push(Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat(parts),
  };
}

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
