import type { AttemptFailure } from '../domain/failure.ts';
import type { Dispatcher } from 'undici';
import { systemClock, type Clock } from '../kit/clock.ts';
import { proxyErrorCodes } from '../kit/network/connect.ts';
import { ForbiddenAddressError, type UrlRules, checkUrl, hasUnsafeCharacters } from './connector.ts';
import { withoutBlanks } from './result-encodings.ts';

export type NetworkError = {
  /** No connection, a broken connection, or a reply that is not HTTP. */
  readonly kind: 'unreachable' | 'untrusted' | 'cut' | 'malformed';
  readonly code: string;
};

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ENODATA',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_INVALID_ARG',
  ...proxyErrorCodes,
  'ERR_INVALID_URL',
]);

const untrusted =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/;
const malformed = /^(?:HPE_|HTTPParserError$|UND_ERR_HEADERS_OVERFLOW$)/;

/** Classifies a network error by its code alone, because its message may quote a header that holds a key. */
export function networkError(error: unknown): NetworkError {
  const code = codeOf(error);
  if (unreachable.has(code)) return { kind: 'unreachable', code };
  if (untrusted.test(code)) return { kind: 'untrusted', code };
  if (malformed.test(code)) return { kind: 'malformed', code };
  return { kind: 'cut', code };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  if (error.cause instanceof Error && error.cause !== error) return codeOf(error.cause);
  return /^\w{1,64}$/.test(error.name) ? error.name : 'UNKNOWN';
}

type ResultReason = Extract<AttemptFailure, { reason: `result-${string}` }>['reason'];

/** Rejects one result; thrown and caught inside the media room only. */
export class RefusedResult extends Error {
  override readonly name = 'RefusedResult';
  readonly failure: AttemptFailure;
  /** A later fetch of the same address may succeed. */
  readonly retryable: boolean;

  constructor(reason: ResultReason, detail: string, retryable = false) {
    super(`Cannot keep the result: ${detail}`);
    this.failure = { blame: 'provider', reason, detail };
    this.retryable = retryable;
  }
}

export type OpenOptions = UrlRules & {
  readonly agent: Dispatcher;
  /** Of this download alone. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
};

/** The timeout of each hop, from the name lookup to the end of the headers. */
const headersMs = 15_000;

const maxRedirects = 3;
const redirects = new Set([301, 302, 303, 307, 308]);
const retryableStatuses = new Set([403, 404, 408, 425, 429]);

/**
 * Requests a result's URL and returns the response with its unread body. Every redirect passes the same checks as the
 * first URL, none leads from https to http, and none carries a credential. Throws a `RefusedResult`.
 */
export async function openResult(address: string, options: OpenOptions): Promise<Dispatcher.ResponseData> {
  let url = checked(address, options);
  for (let hop = 0; ; hop += 1) {
    const response = await ask(url, options);
    if (!redirects.has(response.statusCode)) return usable(response);
    response.body.destroy();
    if (hop === maxRedirects) throw new RefusedResult('result-unavailable', `more than ${maxRedirects} redirects`);
    url = nextHop(url, response.headers.location, options);
  }
}

async function ask(url: URL, { agent, signal, clock = systemClock }: OpenOptions): Promise<Dispatcher.ResponseData> {
  const ending = new AbortController();
  // Also while the body is read; the signal is this download's own, so nobody has to remove the listener.
  const passOn = () => ending.abort(signal.reason);
  if (signal.aborted) passOn();
  else signal.addEventListener('abort', passOn, { once: true });
  let isLate = false;
  using _timer = clock.schedule(headersMs, () => {
    isLate = true;
    ending.abort();
  });
  try {
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'GET',
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'darkroom' },
      signal: ending.signal,
    });
    // Destroying a body before its end emits an error event.
    response.body.on('error', () => {});
    return response;
  } catch (error) {
    signal.throwIfAborted();
    if (isLate) throw new RefusedResult('result-unavailable', `no headers within ${headersMs} ms`, true);
    throw refusedBy(error);
  }
}

/** Converts a connection error into a rejected result. */
export function refusedBy(error: unknown): RefusedResult {
  if (error instanceof ForbiddenAddressError) {
    return new RefusedResult('result-forbidden', 'the host leads to an address that is not public');
  }
  const { kind, code } = networkError(error);
  const retryable = kind === 'unreachable' || kind === 'cut';
  return new RefusedResult('result-unavailable', `${kind}: ${code}`, retryable);
}

function usable(response: Dispatcher.ResponseData): Dispatcher.ResponseData {
  const { statusCode: status } = response;
  if (status === 200) return response;
  response.body.destroy();
  throw new RefusedResult('result-unavailable', `HTTP ${status}`, status >= 500 || retryableStatuses.has(status));
}

function nextHop(from: URL, given: string | string[] | undefined, rules: UrlRules): URL {
  if (typeof given !== 'string') throw new RefusedResult('result-unavailable', 'a redirect without one location');
  const location = withoutBlanks(given);
  if (hasUnsafeCharacters(location) || !URL.canParse(location, from.href)) {
    throw new RefusedResult('result-forbidden', 'a redirect to something that is not an address');
  }
  const to = checked(new URL(location, from.href).href, rules);
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new RefusedResult('result-forbidden', 'a redirect from https to http');
  }
  return to;
}

function checked(address: string, rules: UrlRules): URL {
  const result = checkUrl(address, rules);
  if (result.ok) return result.url;
  throw new RefusedResult('result-forbidden', `the address has ${result.why}`);
}
