import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { isTimeout } from '../../kit/clock.ts';
import type { OwnRule } from '../../domain/failure.ts';
import { Agent, type Connector, createConnector } from '../../media/connector.ts';
import { endOfString, withoutNonNumbers } from './non-numbers.ts';
import { networkError, type NetworkError } from '../../media/open-result.ts';
import { mayBePacked, unpacked } from '../../media/result-encodings.ts';

export type HttpCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** In place of a body; goes out as it is read, with its `content-length` among the headers. */
  readonly stream?: Readable;
  /** The deadline of the call; aborting it closes the socket. */
  readonly signal: AbortSignal;
  readonly bodyLimitBytes: number;
  /** Hears the body of a 2xx answer as it arrives, unless it is packed; the reply holds all of it again. */
  readonly onBody?: (chunk: Uint8Array) => void;
};

export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Every outcome of a call. A `detail` names codes and sizes only, never a header's value. */
export type HttpReply =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: HttpHeaders; readonly body: Uint8Array }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'cut'; readonly detail: string }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'too-large' };

/**
 * One request and its buffered response, as an undici dispatch handler: a stream would cost more than the rest of the
 * call. It settles once and ignores later events of the connection.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #call: HttpCall;
  readonly #resolve: (reply: HttpReply) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort = () => this.#cancel();
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

  /** Sends the request; listens to the signal until the response is complete. */
  begin(send: () => void): void {
    const { signal } = this.#call;
    if (signal.aborted) return this.#cancel();
    try {
      send();
    } catch (error) {
      this.#settle(replyFor(error));
    }
    if (!this.#isSettled) signal.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The call ended while it waited for a connection.
    if (this.#isSettled) this.#closeConnection();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (Number(headers['content-length'] ?? 0) > this.#call.bodyLimitBytes) this.#refuse({ kind: 'too-large' });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#call.bodyLimitBytes) this.#refuse({ kind: 'too-large' });
    else this.#chunks.push(chunk);
    const { onBody } = this.#call;
    if (onBody !== undefined && this.#status < 300 && !this.#isSettled && !this.#isPacked()) onBody(chunk);
  }

  #isPacked(): boolean {
    return (this.#headers['content-encoding'] ?? 'identity') !== 'identity';
  }

  onResponseEnd(): void {
    const first = this.#chunks[0];
    // Most responses arrive in one chunk, which needs no copy.
    const body = first?.byteLength === this.#bytes ? first : Buffer.concat(this.#chunks, this.#bytes);
    const encoding = this.#headers['content-encoding'];
    if (!mayBePacked(body, encoding)) return this.#answer(body);
    void this.#unpack(body, encoding);
  }

  #answer(body: Uint8Array): void {
    this.#settle({ kind: 'answer', status: this.#status, headers: this.#headers, body });
  }

  /** Nothing packed was asked for; where it comes nevertheless, the limit holds for what it is unpacked to. */
  async #unpack(body: Uint8Array, encoding: string | readonly string[] | undefined): Promise<void> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of unpacked(onePart(body), encoding)) {
        bytes += chunk.byteLength;
        if (bytes > this.#call.bodyLimitBytes) return this.#settle({ kind: 'too-large' });
        chunks.push(chunk);
      }
      this.#answer(Buffer.concat(chunks));
    } catch (error) {
      const { code } = networkError(error);
      this.#settle({ kind: 'malformed', detail: `HTTP ${this.#status} cannot be unpacked: ${code}` });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isSettled) this.#settle(replyFor(error));
  }

  #settle(reply: HttpReply): void {
    if (this.#end()) this.#resolve(reply);
  }

  #refuse(reply: HttpReply): void {
    this.#settle(reply);
    this.#closeConnection();
  }

  #cancel(): void {
    const reason: unknown = this.#call.signal.reason;
    if (this.#end()) {
      if (isTimeout(reason)) this.#resolve({ kind: 'timed-out' });
      else this.#reject(reason);
    }
    this.#closeConnection();
  }

  /** Marks the exchange as settled; returns false when it was settled before. */
  #end(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#call.signal.removeEventListener('abort', this.#onAbort);
    return true;
  }

  #closeConnection(): void {
    this.#controller?.abort(new Error('The rest of the response is not needed'));
  }
}

async function* onePart(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const errorReplies = {
  unreachable: { kind: 'unreachable', says: 'cannot connect' },
  untrusted: { kind: 'unreachable', says: 'cannot trust the server' },
  malformed: { kind: 'malformed', says: 'the answer is not HTTP' },
  cut: { kind: 'cut', says: 'the connection broke' },
} as const satisfies Record<NetworkError['kind'], { kind: HttpReply['kind']; says: string }>;

function replyFor(error: unknown): HttpReply {
  const { kind: errorKind, code } = networkError(error);
  const { kind, says } = errorReplies[errorKind];
  return { kind, detail: `${says}: ${code}` };
}

/** A URL in the parts that a request needs. */
type Address = { readonly origin: string; readonly path: string };

const maxKnownUrls = 1_000;

/** Caches parsed URLs: the app calls the same few, and parsing would cost every call. */
export class KnownAddresses {
  readonly #known = new Map<string, Address>();

  /** Throws a TypeError for an invalid URL. */
  find(url: string): Address {
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    const { origin, pathname, search } = new URL(url);
    const address = { origin, path: `${pathname}${search}` };
    if (this.#known.size >= maxKnownUrls) this.#known.clear();
    this.#known.set(url, address);
    return address;
  }
}

export type HttpClient = AsyncDisposable & {
  /** The operator's own rules for the failures of the provider that is called; they come before its table. */
  readonly rules?: () => readonly OwnRule[];
  /** Returns a reply for every outcome of the call; throws only the signal's reason, unless that is a timeout. */
  call(call: HttpCall): Promise<HttpReply>;
};

export type HttpClientOptions = {
  /** Opens the connections; a direct connector unless given. */
  readonly connector?: Connector;
  /** Replaces the client's own agent, and with it the connector. */
  readonly agent?: Dispatcher;
};

/** Creates one client for all providers; disposing it destroys its own agent, never one passed in. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const own = newAgent(options.connector ?? createConnector());
  const dispatcher = options.agent ?? own;
  const addresses = new KnownAddresses();
  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        const exchange = new HttpExchange(call, resolve, reject);
        exchange.begin(() => dispatcher.dispatch(requestFor(call, addresses), exchange));
      }),
    [Symbol.asyncDispose]: () => own.destroy(),
  };
}

/** HTTP/1.1 only, so that a cancelled call closes its own socket and with it the provider's run. */
function newAgent(connector: Connector): Agent {
  return new Agent({ allowH2: false, connect: connector, headersTimeout: 0, bodyTimeout: 0 });
}

function requestFor(call: HttpCall, addresses: KnownAddresses): Dispatcher.DispatchOptions {
  const { url, method, headers, body, stream } = call;
  return {
    ...addresses.find(url),
    method,
    headers: { ...headers, 'user-agent': headers['user-agent'] ?? 'darkroom', 'accept-encoding': 'identity' },
    body: body ?? stream ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

const byteOrderMark = '\uFEFF';
const maxDepth = 64;
const maxValues = 100_000;

/** Parses untrusted JSON safely: strict UTF-8, bounded depth, bounded number of values. */
export function parseJson(bytes: Uint8Array): ParsedJson {
  if (!isUtf8(bytes)) return { ok: false, why: 'not UTF-8' };
  const decoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  const text = decoded.startsWith(byteOrderMark) ? decoded.slice(1) : decoded;
  if (text.trim() === '') return { ok: false, why: 'empty' };
  if (!isWithinBounds(text)) return { ok: false, why: 'JSON too deep or with too many values' };
  const value = parsed(text) ?? parsed(withoutNonNumbers(text));
  return value ?? { ok: false, why: isHtml(text) ? 'an HTML page' : 'not JSON' };
}

function parsed(text: string): ParsedJson | undefined {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

export function isHtml(text: string): boolean {
  return /^\s*(?:<!--[^]{0,500}?-->\s*)?<(?:!doctype|html|head|body|center|title|h1)\b/i.test(text.slice(0, 1000));
}

/** Returns the own enumerable fields of a JSON object; undefined for everything else. */
export function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

function isWithinBounds(text: string): boolean {
  let depth = 0;
  let values = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') {
      index = endOfString(text, index);
    } else if (character === '{' || character === '[') {
      depth += 1;
      values += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    } else if (character === ',') {
      values += 1;
    }
    if (depth > maxDepth || values > maxValues) return false;
  }
  return true;
}
