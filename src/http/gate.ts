import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Clock } from '../kit/clock.ts';
import { isLoopback } from '../kit/loopback.ts';
import type { Secret } from '../kit/secret.ts';

/** A request before it is parsed any further. */
export type Caller = {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  readonly hosts: readonly string[];
  readonly authorizations: readonly string[];
  /** Secrets by which Telegram is known. */
  readonly telegramSecrets?: readonly string[];
  /** Of the connection: headers that name an address can be forged. */
  readonly address: string;
  /** How the body is compressed. */
  readonly coding: string | undefined;
  /** The stated length of the body; undefined when none is stated. */
  readonly bodyBytes: number | undefined;
  /** Any other header by its name in small letters, as often as it was sent. */
  readonly header: (name: string) => string | undefined;
  /** The digest of the token with which the gate let it in. */
  letInBy?: Buffer;
};

export type Refusal = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; nothing when absent. */
  readonly body?: string;
};

/** Paths that need no token; they return no data. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

export type Gate = (caller: Caller) => Refusal | 'pass';

/** A part of the API with tokens and limits of its own. Outside of every area the admin's token and a short body are asked for. */
export type Area = {
  /** How its paths begin: `/v1/`. */
  readonly prefix: string;
  /** Below this path a name may be percent-encoded, once; what it says has to be plain. */
  readonly encodedBelow?: string;
  /** The SHA-256 digests of the tokens that are valid here now. */
  readonly digests: () => readonly Buffer[];
  /** The longest request body whose length is stated. */
  readonly maxBodyBytes: number;
  /** Bodies without a stated length are let through: their reader counts the bytes. */
  readonly takesUnstatedLength?: true;
  /**
   * Where its tokens are: in `Authorization` when absent, else in Telegram's own header. Telegram reaches the bot under any
   * name and through proxies, so neither the host counts there nor the address of wrong tries.
   */
  readonly tokenIn?: 'telegram-header';
  /** Everybody may read here, under any name of this server: the paths themselves are secrets. */
  readonly isOpen?: true;
  /** What a refusal says, as JSON; nothing when absent. */
  readonly refusalBody?: (status: number) => string;
  /** Answers a request that was let in and returns true; false leaves it to the routes of the API. */
  readonly answer?: (caller: Caller, halves: Halves) => boolean;
};

/** What a request arrives with: Node's own halves. */
export type Halves = { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };

/** Whether the browser has signed in; `foreign`: it has, and a page of somebody else makes it send this. */
export type SignedIn = (caller: Caller) => 'yes' | 'foreign' | 'expired' | 'no';

type GateOptions = {
  /** Paths that need no token, by GET. */
  readonly open: ReadonlySet<string>;
  readonly areas?: readonly Area[];
  /** Pages that everybody may ask for from a browser, each by its one method; they contain no data. */
  readonly pages?: ReadonlyMap<string, 'GET' | 'POST'>;
  /** Outside of the areas a session counts as much as the token. */
  readonly signedIn?: SignedIn;
  readonly tries?: FailedTries;
  /** The tokens that are valid now; with none only the open paths answer. */
  readonly tokens: () => readonly Secret[];
  /** The address that the app listens on. */
  readonly host: string;
  readonly clock: Clock;
};

/** The longest request body outside of the areas. */
const maxBodyBytes = 64 * 1024;
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Names of models have colons and at-signs: `@cf/org/model`, `provider:org/model`. */
const segment = /^[A-Za-z0-9_@-][A-Za-z0-9._~:@-]*$/;

/**
 * Lets through open paths and requests with the token. The order matters: without a token nothing is disclosed, not even
 * whether there is such a page.
 */
export function createGate(options: GateOptions): Gate {
  const { open, pages = noPages, areas = [], signedIn = () => 'no', tokens, host, clock } = options;
  const { tries: failures = new FailedTries(clock) } = options;
  const serves = servedHosts(host);
  const admins: Area = { prefix: '/', digests: () => digestsOf(tokens()), maxBodyBytes };

  const decide = (caller: Caller, path: string, area: Area): Refusal | 'pass' => {
    // A bearer on an open path asks for more than others see, so it is checked, and counted when it is wrong.
    if (open.has(path) && !caller.authorizations.some(isBearer))
      return caller.method === 'GET' ? 'pass' : { status: 405, headers: { allow: 'GET' } };
    if (area.isOpen === true) {
      const reads = caller.method === 'GET' || caller.method === 'HEAD';
      return reads ? (isPlain(path) ? 'pass' : { status: 404 }) : { status: 405, headers: { allow: 'GET, HEAD' } };
    }
    if (area.tokenIn === 'telegram-header') {
      const offered = (caller.telegramSecrets ?? []).map((secret) => `Bearer ${secret}`);
      return carriesToken(offered, area.digests()) ? limited(caller, path, area) : { status: 401 };
    }
    const [named = '', ...others] = caller.hosts;
    if (others.length > 0 || !serves(named)) return { status: 421 };
    const pageMethod = pages.get(path);
    if (pageMethod !== undefined && caller.authorizations.length === 0 && caller.header('upgrade') === undefined) {
      return caller.method === pageMethod ? bodyOf(caller, area) : { status: 405, headers: { allow: pageMethod } };
    }
    const session = area === admins && caller.authorizations.length === 0 ? signedIn(caller) : 'no';
    if (session === 'foreign') return { status: 403 };
    // A guess at a session is hopeless, and a page that was left open asks again and again.
    if (session === 'expired') return { status: 401 };
    const waitMs = failures.waitMs(caller.address);
    if (waitMs > 0) return { status: 429, headers: { 'retry-after': String(Math.ceil(waitMs / 1_000)) } };
    if (session !== 'yes') {
      const digest = tokenDigest(caller.authorizations, area.digests());
      if (digest === undefined) {
        failures.count(caller.address);
        return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
      }
      caller.letInBy = digest;
    }
    if (open.has(path) && caller.method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
    return limited(caller, path, area);
  };

  const limited = (caller: Caller, path: string, area: Area): Refusal | 'pass' => {
    if (!methods.has(caller.method)) return { status: 405, headers: { allow: [...methods].join(', ') } };
    if (!isPlain(decodedBelow(area.encodedBelow, path))) return { status: 404 };
    return bodyOf(caller, area);
  };

  return (caller) => {
    const [path = ''] = caller.target.split('?', 1);
    const area = areaOf(path, areas) ?? admins;
    const decision = decide(caller, path, area);
    if (decision === 'pass' || area.refusalBody === undefined) return decision;
    return { ...decision, body: area.refusalBody(decision.status) };
  };
}

/** The first area in which the path of the request is; undefined outside of all. */
export function areaOf(target: string, areas: readonly Area[]): Area | undefined {
  return areas.find(({ prefix }) => target.startsWith(prefix));
}

const noPages: ReadonlyMap<string, 'GET' | 'POST'> = new Map();

/** Whether the body may be read, by what its headers say of it. */
function bodyOf({ coding, bodyBytes }: Caller, area: Area): Refusal | 'pass' {
  if (coding !== undefined && coding !== 'identity') return { status: 415 };
  if (bodyBytes === undefined) return area.takesUnstatedLength === true ? 'pass' : { status: 411 };
  return bodyBytes > area.maxBodyBytes ? { status: 413 } : 'pass';
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

/** The path with the name behind `prefix` decoded; as it is where it cannot be. */
function decodedBelow(prefix: string | undefined, path: string): string {
  if (prefix === undefined || !path.startsWith(prefix)) return path;
  try {
    return `${prefix}${decodeURIComponent(path.slice(prefix.length))}`;
  } catch {
    return path;
  }
}

const bearer = /^Bearer ([\x21-\x7e]{1,512})$/;

/** True when exactly one header carries a token with one of the digests. */
export function carriesToken(authorizations: readonly string[], digests: readonly Buffer[]): boolean {
  return tokenDigest(authorizations, digests) !== undefined;
}

/**
 * The digest of the token that exactly one header carries, where it is one of the digests. All digests are compared, so that
 * the time taken reveals neither the length of a token nor a correct part of it.
 */
function tokenDigest(authorizations: readonly string[], digests: readonly Buffer[]): Buffer | undefined {
  const [header = '', ...others] = authorizations;
  const offered = bearer.exec(header)?.[1];
  const ofOffered = digestOf(offered ?? '');
  const matches = digests.filter((digest) => timingSafeEqual(ofOffered, digest));
  return offered !== undefined && others.length === 0 && matches.length > 0 ? ofOffered : undefined;
}

export function digestsOf(tokens: readonly Secret[]): readonly Buffer[] {
  return tokens.map((token) => digestOf(token.reveal()));
}

/** The SHA-256 digest by which tokens are compared. */
export function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

const mostTries = 10;
const windowMs = 60_000;
/** A client with ever new addresses must not fill the memory. */
const mostAddresses = 10_000;

type Tries = { readonly sinceMs: number; readonly count: number };

/** Counts refused tokens by address and blocks addresses with too many. */
export class FailedTries {
  readonly #clock: Clock;
  readonly #byNet = new Map<string, Tries>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For how long requests from this address are refused; 0 when they are not. */
  waitMs(address: string): number {
    if (this.#byNet.size === 0) return 0;
    const tries = this.#recent(netOf(address));
    return tries === undefined || tries.count < mostTries ? 0 : tries.sinceMs + windowMs - this.#clock.monotonicMs();
  }

  count(address: string): void {
    const net = netOf(address);
    const { sinceMs, count } = this.#recent(net) ?? { sinceMs: this.#clock.monotonicMs(), count: 0 };
    this.#byNet.delete(net);
    this.#byNet.set(net, { sinceMs, count: count + 1 });
    for (const oldest of this.#byNet.keys()) {
      if (this.#byNet.size <= mostAddresses) break;
      this.#byNet.delete(oldest);
    }
  }

  get addresses(): number {
    return this.#byNet.size;
  }

  #recent(net: string): Tries | undefined {
    const tries = this.#byNet.get(net);
    return tries === undefined || this.#clock.monotonicMs() - tries.sinceMs >= windowMs ? undefined : tries;
  }
}

/** IPv6 addresses count by their /64, all of which one machine may use. */
function netOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.');
}

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const hostHeader = /^(\[[0-9a-f:.]{2,45}\]|[0-9a-z._-]{1,253})(?::[0-9]{1,5})?$/i;

/**
 * Checks whether a Host header names this server. After DNS rebinding a foreign page still sends its own name, never an
 * address of this server.
 */
export function servedHosts(boundTo: string): (host: string) => boolean {
  const bound = boundTo.toLowerCase();
  const serves = (header: string): boolean => {
    const name = hostHeader
      .exec(header)?.[1]
      ?.toLowerCase()
      .replace(/^\[|\]$/g, '');
    if (name === undefined) return false;
    if (name === bound || isLoopback(name)) return true;
    return everywhere.has(bound) && isIP(name) !== 0;
  };
  // Hot path: the callers of a server know it by one name.
  let last = { header: '', isServed: false };
  return (header) => {
    if (header !== last.header) last = { header, isServed: serves(header) };
    return last.isServed;
  };
}
