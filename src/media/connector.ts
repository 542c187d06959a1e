import { lookup } from 'node:dns/promises';
import { type Socket, isIP } from 'node:net';
import { callbackify } from 'node:util';
import ipaddr from 'ipaddr.js';
import type * as Undici from 'undici';
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import { type Clock, systemClock } from '../kit/clock.ts';
import { connectInTurns, failedAtProxy, openSocks, openTunnel } from '../kit/network/connect.ts';
import { type Proxy, type ProxySettings, noProxies, proxyFor } from '../kit/network/proxy-settings.ts';

// The library's index loads all 110 files of it (fetch, WebSockets, caches, mocks): four times the source of these parts,
// some 5 MB of memory and a tenth of the start. It has no list of exports that would forbid paths; its version is pinned,
// and test/media/undici-parts.test.ts compares these parts with what the index exports.
export { Agent, buildConnector };

// As the index does with this and its other ways to call: it makes `dispatcher.request()`.
Object.assign(Dispatcher.prototype, { request });

/** Returns all addresses of a host name, in the order of preference. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Decides where connections may lead; each of its functions throws to refuse one. */
type Guard = {
  /** The errors by which it refuses: no other address is tried after one. */
  isRefusal(error: unknown): boolean;
  /** A name or an address as it was asked for. A proxy resolves names itself, so nothing else is known there. */
  checkHost(target: Undici.buildConnector.Options): void;
  checkAddresses(target: Undici.buildConnector.Options, addresses: readonly string[]): void;
  /** The other end of a direct connection; closes the socket that it refuses. */
  checkSocket(target: Undici.buildConnector.Options, socket: Socket): void;
};

export type ConnectorOptions = {
  readonly proxies?: ProxySettings;
  readonly guard?: Guard;
  readonly resolve?: Resolve;
  /** Opens the socket to one address, or TLS over the socket that it is given. */
  readonly dial?: Undici.buildConnector.connector;
  readonly clock?: Clock;
};

/** How long a name server may take. */
const resolveMs = 5000;
/** How long one address may take, from the first packet to the end of the TLS handshake. */
const dialMs = 5000;

const systemResolve: Resolve = async (hostname) => {
  const records = await lookup(hostname, { all: true, order: 'verbatim' });
  return records.map((record) => record.address);
};

/** Opens the connections of all outbound clients. Certificates are always verified, whatever the environment sets. */
export type Connector = Undici.buildConnector.connector;

/**
 * The one way out: resolves a name once, tries its addresses with the families in turns, and takes the proxy that the
 * settings name for the target. The Host header and the TLS server name stay those of the URL.
 */
export function createConnector(options: ConnectorOptions = {}): Connector {
  const { proxies = noProxies, guard, resolve = systemResolve, clock = systemClock } = options;
  // HTTP/1.1 only, so that a cancelled call closes its own socket.
  const dial = options.dial ?? buildConnector({ allowH2: false, timeout: dialMs, rejectUnauthorized: true });

  const dialAny = async (
    target: Undici.buildConnector.Options,
    checkAddresses: (addresses: readonly string[]) => void,
    checkSocket: (socket: Socket) => void,
  ): Promise<Socket> => {
    const { hostname } = target;
    const addresses = isIP(hostname) === 0 ? await resolvedInTime(hostname, resolve, clock) : [hostname];
    if (addresses.length === 0) throw withCode('Cannot resolve the host: no address', 'ENOTFOUND');
    checkAddresses(addresses);
    const servername = target.servername ?? (isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : undefined);
    const named = target.protocol === 'https:' && servername !== undefined ? { servername } : {};
    const connect = async (address: string): Promise<Socket> => {
      const socket = await made(dial, { ...target, ...named, hostname: address });
      checkSocket(socket);
      return socket;
    };
    return connectInTurns(addresses, connect, { clock, isFinal: (error) => guard?.isRefusal(error) === true });
  };

  const dialThrough = async (proxy: Proxy, target: Undici.buildConnector.Options): Promise<Socket> => {
    const { protocol, hostname } = target;
    const port = Number(target.port) || (protocol === 'https:' ? 443 : 80);
    const isSocks = proxy.protocol === 'socks5:';
    const proxyProtocol = isSocks ? 'http:' : proxy.protocol;
    const atProxy = { protocol: proxyProtocol, hostname: proxy.hostname, host: proxy.hostname, port: `${proxy.port}` };
    const socket = await dialAny(
      atProxy,
      () => {},
      () => {},
    ).catch((error: unknown) => {
      throw failedAtProxy(error);
    });
    const tunnel = await (isSocks ? openSocks : openTunnel)(socket, proxy, { hostname, port }, clock);
    if (protocol !== 'https:') return tunnel;
    const servername = target.servername ?? hostname.replace(/\.$/, '');
    return made(dial, { ...target, ...(isIP(servername) === 0 ? { servername } : {}), httpSocket: tunnel });
  };

  const connect = async (given: Undici.buildConnector.Options): Promise<Socket> => {
    const target = { ...given, hostname: given.hostname.replace(/^\[(.*)\]$/, '$1') };
    guard?.checkHost(target);
    const proxy = proxyFor(proxies, target);
    if (proxy !== undefined) return dialThrough(proxy, target);
    return dialAny(
      target,
      (addresses) => guard?.checkAddresses(target, addresses),
      (socket) => guard?.checkSocket(target, socket),
    );
  };

  return (target, callback) => {
    callbackify(connect)(target, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(error, null);
    });
  };
}

/** Telegram keeps a connection for longer than the pause between two calls. */
const keptAliveMs = 30_000;

/** An agent for calls that bring their own deadlines. */
export function createAgent(connector: Connector): Agent {
  return new Agent({ allowH2: false, connect: connector, keepAliveTimeout: keptAliveMs });
}

async function resolvedInTime(hostname: string, resolve: Resolve, clock: Clock): Promise<readonly string[]> {
  const tooLate = Promise.withResolvers<never>();
  using _timer = clock.schedule(resolveMs, () =>
    tooLate.reject(withCode(`Cannot resolve the host within ${resolveMs} ms`, 'EAI_AGAIN')),
  );
  return await Promise.race([resolve(hostname), tooLate.promise]);
}

function made(connector: Connector, target: Undici.buildConnector.Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connector(target, (error, socket) => {
      if (error === null) resolve(socket);
      else reject(error);
    });
  });
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

export type UrlRules = {
  /** `host:port` as in a URL (`[::1]:9000` for IPv6), exempt from all host and port rules, and reachable by http too. */
  readonly allowPrivateHosts: readonly string[];
};

type CheckedUrl = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly why: string };

/** Addresses that a store has signed take thousands of characters. */
export const maxUrlLength = 8192;
const globalUnicastV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** Where networks without IPv4 reach it: the last 32 bits are the IPv4 address (RFC 6052). */
const translatedV6 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** Public addresses that the machine's own cloud platform answers. */
const platformAddresses = new Set(['168.63.129.16']);

/**
 * True for every address that is not public: private, loopback, link-local, shared, multicast, reserved, and all IPv6
 * forms that embed an IPv4 address (mapped, compatible, 6to4, Teredo). An address of the well-known NAT64 prefix stands for
 * the IPv4 address inside it. Also true for text that is not an address.
 */
export function isForbiddenAddress(ip: string): boolean {
  if (isIP(ip) === 0 || ip.includes('%')) return true;
  const address = translated(ipaddr.parse(ip));
  if (address.range() !== 'unicast') return true;
  if (address instanceof ipaddr.IPv6) return !address.match(globalUnicastV6);
  return platformAddresses.has(address.toString());
}

/** The IPv4 address to which a NAT64 translator leads; every other address as it is. */
function translated(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6) || !address.match(translatedV6)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
}

/** Checks the text of an outbound URL before name resolution; resolved addresses are checked on connect. */
export function checkUrl(text: string, rules: UrlRules): CheckedUrl {
  if (text.length > maxUrlLength) return refused('more than 8192 characters');
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
function isExempt(url: { hostname: string; port: string; protocol: string }, rules: UrlRules): boolean {
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

export type GuardedAgentOptions = Omit<ConnectorOptions, 'guard'> & {
  readonly allowPrivateHosts: readonly string[];
};

/** A host name or literal leads to a forbidden address; no connection was made. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

/**
 * An agent that resolves a name once, checks all its addresses and connects only to these, which prevents DNS rebinding.
 * The proxy of a connection resolves the name itself: there only names and literals are checked.
 */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  return new Agent({ allowH2: false, connect: guardedConnector(options), headersTimeout: 30_000, bodyTimeout: 30_000 });
}

/** The connector of the guarded agent. */
export function guardedConnector(options: GuardedAgentOptions): Connector {
  return createConnector({ ...options, guard: publicAddressesOnly(options) });
}

/** Refuses every host that is not public, except those that the rules name. */
function publicAddressesOnly(rules: UrlRules): Guard {
  const isFree = (target: { protocol: string; hostname: string; port: string }) =>
    isExempt({ ...target, hostname: isIP(target.hostname) === 6 ? `[${target.hostname}]` : target.hostname }, rules);
  return {
    isRefusal: (error) => error instanceof ForbiddenAddressError,
    checkHost: (target) => {
      if (!isFree(target) && whyNotHost(target.hostname) !== undefined) {
        throw new ForbiddenAddressError('Cannot connect: the host is not public');
      }
    },
    checkAddresses: (target, addresses) => {
      if (!isFree(target) && addresses.some(isForbiddenAddress)) {
        throw new ForbiddenAddressError('Cannot connect: the host leads to an address that is not public');
      }
    },
    checkSocket: (target, socket) => {
      const { remoteAddress } = socket;
      if (isFree(target) || (remoteAddress !== undefined && !isForbiddenAddress(remoteAddress))) return;
      socket.destroy();
      throw new ForbiddenAddressError('Cannot use the connection: it leads to an address that is not public');
    },
  };
}
