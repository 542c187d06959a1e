import type { Clock } from '../kit/clock.ts';
import type { Secret } from '../kit/secret.ts';
import { carriesToken } from './bearer.ts';
import { FailedTries } from './failed-tries.ts';
import { servedHosts } from './served-hosts.ts';

/** A request as it came over the wire, before anything was made of it. */
export type Caller = {
  readonly method: string;
  /** As it stands on the request line. */
  readonly target: string;
  readonly hosts: readonly string[];
  readonly authorizations: readonly string[];
  /** Of the connection: what a header says of it is anybody's word. */
  readonly address: string;
  /** How the body is compressed. */
  readonly coding: string | undefined;
  /** How long the body says it is; undefined when it does not say. */
  readonly bodyBytes: number | undefined;
};

export type Refusal = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Gate = (caller: Caller) => Refusal | 'pass';

export type GateOptions = {
  /** What answers without a token; exactly these paths, by GET. */
  readonly open: ReadonlySet<string>;
  /** The tokens that count right now; with none, nobody gets further than what is open. */
  readonly tokens: () => readonly Secret[];
  /** The address that the app listens on. */
  readonly host: string;
  readonly clock: Clock;
};

/** No body that is sent to us is longer. */
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
    if (open.has(path)) return caller.method === 'GET' ? 'pass' : { status: 405, headers: { allow: 'GET' } };
    const [named = '', ...others] = caller.hosts;
    if (others.length > 0 || !serves(named)) return { status: 421 };
    const waitMs = failures.waitMs(caller.address);
    if (waitMs > 0) return { status: 429, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } };
    if (!carriesToken(caller.authorizations, tokens())) {
      failures.count(caller.address);
      return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
    }
    if (!methods.has(caller.method)) return { status: 405, headers: { allow: [...methods].join(', ') } };
    if (!isPlain(path)) return { status: 404 };
    if (caller.coding !== undefined && caller.coding !== 'identity') return { status: 415 };
    if (caller.bodyBytes === undefined) return { status: 411 };
    return caller.bodyBytes > bodyLimitBytes ? { status: 413 } : 'pass';
  };
}

/** One spelling a page: no dots to climb with, no empty steps, nothing coded. */
function isPlain(path: string): boolean {
  const [before, ...steps] = path.split('/');
  return before === '' && (path === '/' || steps.every((step) => segment.test(step)));
}
