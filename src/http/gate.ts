import type { Clock } from '../kit/clock.ts';
import type { Secret } from '../kit/secret.ts';
import { carriesToken } from './bearer.ts';
import { FailedTries } from './failed-tries.ts';
import { servedHosts } from './served-hosts.ts';

/** A request before it is parsed any further. */
export type Caller = {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  readonly hosts: readonly string[];
  readonly authorizations: readonly string[];
  /** Of the connection: headers that name an address can be forged. */
  readonly address: string;
  /** How the body is compressed. */
  readonly coding: string | undefined;
  /** The stated length of the body; undefined when none is stated. */
  readonly bodyBytes: number | undefined;
};

export type Refusal = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Gate = (caller: Caller) => Refusal | 'pass';

export type GateOptions = {
  /** Paths that need no token, by GET. */
  readonly open: ReadonlySet<string>;
  /** The tokens that are valid now; with none only the open paths answer. */
  readonly tokens: () => readonly Secret[];
  /** The address that the app listens on. */
  readonly host: string;
  readonly clock: Clock;
};

/** The longest request body. */
export const bodyLimitBytes = 64 * 1024;
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const segment = /^[A-Za-z0-9_-][A-Za-z0-9._~-]*$/;

/**
 * Lets through open paths and requests with the token. The order matters: without a token nothing is disclosed, not even
 * whether there is such a page.
 */
export function createGate({ open, tokens, host, clock }: GateOptions): Gate {
  const failures = new FailedTries(clock);
  const serves = servedHosts(host);
  return (caller) => {
    const [path = ''] = caller.target.split('?', 1);
    // A bearer on an open path asks for more than others see, so it is checked, and counted when it is wrong.
    if (open.has(path) && !caller.authorizations.some(isBearer))
      return caller.method === 'GET' ? 'pass' : { status: 405, headers: { allow: 'GET' } };
    const [named = '', ...others] = caller.hosts;
    if (others.length > 0 || !serves(named)) return { status: 421 };
    const waitMs = failures.waitMs(caller.address);
    if (waitMs > 0) return { status: 429, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } };
    if (!carriesToken(caller.authorizations, tokens())) {
      failures.count(caller.address);
      return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    }
    if (open.has(path) && caller.method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
    if (!methods.has(caller.method)) return { status: 405, headers: { allow: [...methods].join(', ') } };
    if (!isPlain(path)) return { status: 404 };
    if (caller.coding !== undefined && caller.coding !== 'identity') return { status: 415 };
    if (caller.bodyBytes === undefined) return { status: 411 };
    return caller.bodyBytes > bodyLimitBytes ? { status: 413 } : 'pass';
  };
}

/** True for a header that offers a token. */
export function isBearer(authorization: string): boolean {
  return /^bearer(?: |$)/i.test(authorization);
}

/** Each page has one spelling: no dot segments, no empty segments, no percent-encoding. */
function isPlain(path: string): boolean {
  const [before, ...steps] = path.split('/');
  return before === '' && (path === '/' || steps.every((step) => segment.test(step)));
}
