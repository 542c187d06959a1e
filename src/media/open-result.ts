import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { systemClock } from '../kit/clock.ts';
import type { Clock } from '../kit/clock.ts';
import { checkUrl, hasUnsafeCharacters } from './address-guard.ts';
import type { UrlRules } from './address-guard.ts';
import { ForbiddenAddressError } from './guarded-connect.ts';
import { networkTrouble } from './network-trouble.ts';
import { RefusedResult } from './refused-result.ts';

export type OpenOptions = UrlRules & {
  readonly agent: Dispatcher;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
};

/** From the look-up of a name to the end of the headers, on each hop. */
const headersMs = 15_000;

const mostHops = 3;
const redirects = new Set([301, 302, 303, 307, 308]);
const passingStatuses = new Set([403, 404, 408, 425, 429]);

/**
 * Opens the bytes behind a result's address. Every hop is judged like the first one, none leaves https again, none
 * carries a credential. Whatever is refused is a thrown `RefusedResult`.
 */
export async function openResult(address: string, options: OpenOptions): Promise<Dispatcher.ResponseData> {
  let url = checked(address, options);
  for (let hop = 0; ; hop += 1) {
    const response = await ask(url, options);
    if (!redirects.has(response.statusCode)) return usable(response);
    response.body.destroy();
    if (hop === mostHops) throw new RefusedResult('result-unavailable', `more than ${mostHops} redirects`);
    url = nextHop(url, response.headers.location, options);
  }
}

async function ask(url: URL, { agent, signal, clock = systemClock }: OpenOptions): Promise<Dispatcher.ResponseData> {
  const late = new AbortController();
  using _timer = clock.schedule(headersMs, () => late.abort());
  try {
    const response = await request(url, {
      dispatcher: agent,
      method: 'GET',
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'darkroom' },
      signal: AbortSignal.any([signal, late.signal]),
    });
    // Destroying a body that was not read to its end reports that as an error.
    response.body.on('error', () => {});
    return response;
  } catch (error) {
    signal.throwIfAborted();
    if (late.signal.aborted) throw new RefusedResult('result-unavailable', `no headers within ${headersMs} ms`, true);
    throw refusedBy(error);
  }
}

/** What a broken connection means for a result. */
export function refusedBy(error: unknown): RefusedResult {
  if (error instanceof ForbiddenAddressError) {
    return new RefusedResult('result-forbidden', 'the host leads to an address that is not public');
  }
  const { kind, code } = networkTrouble(error);
  const again = kind === 'unreachable' || kind === 'cut';
  return new RefusedResult('result-unavailable', `${kind}: ${code}`, again);
}

function usable(response: Dispatcher.ResponseData): Dispatcher.ResponseData {
  const { statusCode: status, headers } = response;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (status === 200 && (encoding === 'identity' || encoding === '')) return response;
  response.body.destroy();
  if (status === 200) throw new RefusedResult('result-unusable', 'a content-encoding that was not asked for');
  throw new RefusedResult('result-unavailable', `HTTP ${status}`, status >= 500 || passingStatuses.has(status));
}

function nextHop(from: URL, location: string | string[] | undefined, rules: UrlRules): URL {
  if (typeof location !== 'string') throw new RefusedResult('result-unavailable', 'a redirect without one location');
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
