import { isIP, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { lookup } from 'node:dns/promises';
import { callbackify } from 'node:util';
import { Agent, buildConnector } from 'undici';
import { systemClock, type Clock } from '../kit/clock.ts';

export type UrlRules = {
  /** `host:port` as in a URL (`[::1]:9000` for IPv6), exempt from all host and port rules, and reachable by http too. */
  readonly allowPrivateHosts: readonly string[];
};

export type CheckedUrl = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly why: string };

const maxUrlLength = 2048;
const globalUnicastV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public addresses that the machine's own cloud platform answers. */
const platformAddresses = new Set(['168.63.129.16']);

/**
 * True for every address that is not public: private, loopback, link-local, shared, multicast, reserved, and all IPv6
 * forms that embed an IPv4 address (mapped, compatible, 6to4, NAT64, Teredo). Also true for text that is not an address.
 */
export function isForbiddenAddress(ip: string): boolean {
  if (isIP(ip) === 0 || ip.includes('%')) return true;
  const address = ipaddr.parse(ip);
  if (address.range() !== 'unicast') return true;
  if (address instanceof ipaddr.IPv6) return !address.match(globalUnicastV6);
  return platformAddresses.has(address.toString());
}

/** Checks the text of an outbound URL before name resolution; resolved addresses are checked on connect. */
export function checkUrl(text: string, rules: UrlRules): CheckedUrl {
  if (text.length > maxUrlLength) return refused('longer than 2048 characters');
  if (hasUnsafeCharacters(text)) return refused('a backslash, a space or a control character');
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return refused('neither http:// nor https://');
  if (authority.includes('@')) return refused('a user name or password');
  if (!URL.canParse(text)) return refused('not an address');
  const url = new URL(text);
  if (isExempt(url, rules)) return { ok: true, url };
  if (url.protocol === 'http:') return refused('http:// for a host that MEDIA_ALLOW_PRIVATE_HOSTS does not name');
  if (url.port !== '') return refused(`port ${url.port}`);
  const why = whyNotHost(url.hostname);
  return why === undefined ? { ok: true, url } : refused(why);
}

/** True when the text has characters that a URL parser would silently change. */
export function hasUnsafeCharacters(text: string): boolean {
  return /[\\\s\p{Cc}]/u.test(text);
}

/** True when the configuration names exactly this host and port. */
export function isExempt(url: { hostname: string; port: string; protocol: string }, rules: UrlRules): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const name = `${url.hostname}:${port}`.toLowerCase();
  return rules.allowPrivateHosts.some((allowed) => allowed.trim().toLowerCase() === name);
}

function whyNotHost(hostname: string): string | undefined {
  const literal = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(literal) !== 0) return isForbiddenAddress(literal) ? 'an address that is not public' : undefined;
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  const labels = name.split('.');
  if (name.length > 253 || labels.some((label) => label === '' || label.length > 63)) return 'not a host name';
  const isLocal = labels.length < 2 || /\.(?:localhost|local|internal|intranet|lan|home\.arpa|onion)$/.test(name);
  return isLocal ? 'a name that is not public' : undefined;
}

function refused(why: string): CheckedUrl {
  return { ok: false, why };
}

/** Returns all addresses of a host name, in the order in which they should be tried. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export type GuardedAgentOptions = {
  readonly allowPrivateHosts: readonly string[];
  readonly resolve?: Resolve;
  /** Opens the socket to a checked address. */
  readonly dial?: buildConnector.connector;
  readonly clock?: Clock;
};

/** A host name or literal leads to a forbidden address; no connection was made. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

const resolveMs = 5000;
const dialMs = 5000;
const maxRecords = 10;
const maxDials = 3;

export const systemResolve: Resolve = async (hostname) => {
  const records = await lookup(hostname, { all: true, order: 'verbatim' });
  return records.map((record) => record.address);
};

/**
 * An agent that resolves a name once, checks all its addresses and connects only to these, which prevents DNS rebinding.
 * The Host header and the TLS server name stay those of the URL.
 */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  return new Agent({ allowH2: false, connect: guardedConnector(options), headersTimeout: 30_000, bodyTimeout: 30_000 });
}

/** The connector of the guarded agent. */
export function guardedConnector(options: GuardedAgentOptions): buildConnector.connector {
  const { resolve = systemResolve, clock = systemClock } = options;
  const dial = options.dial ?? buildConnector({ allowH2: false, timeout: dialMs, rejectUnauthorized: true });
  return (target, callback) => {
    const hostname = target.hostname.replace(/^\[(.*)\]$/, '$1');
    const exempt = isExempt({ ...target, hostname: isIP(hostname) === 6 ? `[${hostname}]` : hostname }, options);
    const connect = async (): Promise<Socket> => {
      const addresses = await checkedAddresses(hostname, exempt, resolve, clock);
      const servername = target.servername ?? (isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : undefined);
      const named = target.protocol === 'https:' && servername !== undefined ? { servername } : {};
      let lastError: unknown;
      for (const address of addresses.slice(0, maxDials)) {
        try {
          const socket = await dialled(dial, { ...target, ...named, hostname: address });
          return exempt ? socket : checkedSocket(socket);
        } catch (error) {
          if (error instanceof ForbiddenAddressError) throw error;
          lastError = error;
        }
      }
      throw lastError;
    };
    callbackify(connect)((error, socket) => {
      if (error === null) callback(null, socket);
      else callback(error, null);
    });
  };
}

async function checkedAddresses(
  hostname: string,
  exempt: boolean,
  resolve: Resolve,
  clock: Clock,
): Promise<readonly string[]> {
  const found = isIP(hostname) === 0 ? await resolvedInTime(hostname, resolve, clock) : [hostname];
  const addresses = found.slice(0, maxRecords);
  if (addresses.length === 0) throw withCode('Cannot resolve the host: no address', 'ENOTFOUND');
  if (!exempt && addresses.some(isForbiddenAddress)) {
    throw new ForbiddenAddressError('Cannot connect: the host leads to an address that is not public');
  }
  return addresses;
}

async function resolvedInTime(hostname: string, resolve: Resolve, clock: Clock): Promise<readonly string[]> {
  const tooLate = Promise.withResolvers<never>();
  using _timer = clock.schedule(resolveMs, () =>
    tooLate.reject(withCode(`Cannot resolve the host within ${resolveMs} ms`, 'ETIMEDOUT')),
  );
  return await Promise.race([resolve(hostname), tooLate.promise]);
}

function dialled(dial: buildConnector.connector, target: buildConnector.Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    dial(target, (error, socket) => {
      if (error === null) resolve(socket);
      else reject(error);
    });
  });
}

function checkedSocket(socket: Socket): Socket {
  if (socket.remoteAddress !== undefined && !isForbiddenAddress(socket.remoteAddress)) return socket;
  socket.destroy();
  throw new ForbiddenAddressError('Cannot use the connection: it leads to an address that is not public');
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
