import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../kit/clock.ts';
import { type Caller, digestOf, type SignedIn } from '../gate.ts';

/** A session ends when its page was closed for so long, and at the latest after `longestMs`. */
const idleMs = 12 * 3_600_000;
const longestMs = 7 * 24 * 3_600_000;
/** The oldest one ends when there is one more. */
const maxSessions = 50;

export const sessionCookie = 'darkroom_session';
/** The header of every request of the page that changes something; a form of another site cannot send it. */
const pageHeader = 'x-darkroom-page';
const cookieShape = /(?:^|; ?)darkroom_session=([A-Za-z0-9_-]{43})(?:;|$)/;

type Session = { readonly byToken: Buffer; readonly sinceMs: number; usedMs: number };

export type SessionsOptions = {
  /** The SHA-256 digests of the tokens that are valid now. */
  readonly digests: () => readonly Buffer[];
  readonly clock: Pick<Clock, 'monotonicMs'>;
};

/**
 * Browsers that have signed in with the admin's token. A cookie names its session and contains nothing of the token; a
 * session ends with the token by which it was opened. Sessions are kept in memory, by digest: a restart ends them.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #byDigest = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Opens a session for who has shown this token; returns the value of its cookie, or undefined for a wrong token. */
  open(token: string): string | undefined {
    const offered = digestOf(token);
    const byToken = this.#options.digests().find((digest) => timingSafeEqual(digest, offered));
    if (byToken === undefined) return undefined;
    for (const oldest of this.#byDigest.keys()) {
      if (this.#byDigest.size < maxSessions) break;
      this.#byDigest.delete(oldest);
    }
    const value = randomBytes(32).toString('base64url');
    const nowMs = this.#options.clock.monotonicMs();
    this.#byDigest.set(nameOf(value), { byToken, sinceMs: nowMs, usedMs: nowMs });
    return value;
  }

  close(cookies: string | undefined): void {
    const value = valueIn(cookies);
    if (value !== undefined) this.#byDigest.delete(nameOf(value));
  }

  /** Whether the browser has signed in. */
  has(cookies: string | undefined): boolean {
    const value = valueIn(cookies);
    if (value === undefined) return false;
    const session = this.#byDigest.get(nameOf(value));
    if (session === undefined) return false;
    const nowMs = this.#options.clock.monotonicMs();
    const isValid = this.#options.digests().some((digest) => timingSafeEqual(digest, session.byToken));
    if (isValid && nowMs - session.usedMs < idleMs && nowMs - session.sinceMs < longestMs) {
      session.usedMs = nowMs;
      return true;
    }
    this.#byDigest.delete(nameOf(value));
    return false;
  }

  /** What the cookie of a request is good for. A page of another site may make the browser send it. */
  readonly signedIn: SignedIn = (caller) => {
    const cookies = caller.header('cookie');
    if (valueIn(cookies) === undefined) return 'no';
    if (!this.has(cookies)) return 'expired';
    return isOwnPage(caller) ? 'yes' : 'foreign';
  };
}

/**
 * True for a request that a page of this server made. Browsers name the page's origin with everything but a plain GET, and
 * whether the page was of the same site; a request that changes something carries the page's header as well.
 */
export function isOwnPage({ method, header, hosts }: Pick<Caller, 'method' | 'header' | 'hosts'>): boolean {
  const origin = header('origin');
  const site = header('sec-fetch-site');
  const isPlain = method === 'GET' && header('upgrade') === undefined;
  if (origin !== undefined ? !isOfHost(origin, hosts[0] ?? '') : !isPlain && site !== 'same-origin') return false;
  if (site !== undefined && site !== 'same-origin' && !(isPlain && site === 'none')) return false;
  return method === 'GET' || header(pageHeader) === '1';
}

/** Whether the origin is a page of the host that was asked; a proxy in front may have answered by TLS. */
export function isOfHost(origin: string, host: string): boolean {
  const lower = origin.toLowerCase();
  return [`http://${host.toLowerCase()}`, `https://${host.toLowerCase()}`].includes(lower);
}

function valueIn(cookies: string | undefined): string | undefined {
  return cookieShape.exec(cookies ?? '')?.[1];
}

/** A copy of the memory does not tell the cookies. */
function nameOf(value: string): string {
  return digestOf(value).toString('base64');
}
