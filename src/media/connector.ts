import { lookup } from 'node:dns/promises';
import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callbackify } from 'node:util';
import { buildConnector } from 'undici';
import { type Clock, systemClock } from '../kit/clock.ts';
import { connectInTurns } from '../kit/network/connect-in-turns.ts';
import { noProxies, type Proxy, proxyFor, type ProxySettings } from '../kit/network/proxy-settings.ts';
import { openSocks, openTunnel } from '../kit/network/proxy-tunnels.ts';

/** Returns all addresses of a host name, in the order of preference. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Decides where connections may lead; each of its functions throws to refuse one. */
export type Guard = {
  /** The errors by which it refuses: no other address is tried after one. */
  isRefusal(error: unknown): boolean;
  /** A name or an address as it was asked for. A proxy resolves names itself, so nothing else is known there. */
  checkHost(target: buildConnector.Options): void;
  checkAddresses(target: buildConnector.Options, addresses: readonly string[]): void;
  /** The other end of a direct connection; closes the socket that it refuses. */
  checkSocket(target: buildConnector.Options, socket: Socket): void;
};

export type ConnectorOptions = {
  readonly proxies?: ProxySettings;
  readonly guard?: Guard;
  readonly resolve?: Resolve;
  /** Opens the socket to one address, or TLS over the socket that it is given. */
  readonly dial?: buildConnector.connector;
  readonly clock?: Clock;
};

/** How long a name server may take. */
const resolveMs = 5000;
/** How long one address may take, from the first packet to the end of the TLS handshake. */
const dialMs = 5000;

export const systemResolve: Resolve = async (hostname) => {
  const records = await lookup(hostname, { all: true, order: 'verbatim' });
  return records.map((record) => record.address);
};

/** Opens the connections of all outbound clients. Certificates are always verified, whatever the environment sets. */
export type Connector = buildConnector.connector;

/**
 * The one way out: resolves a name once, tries its addresses with the families in turns, and takes the proxy that the
 * settings name for the target. The Host header and the TLS server name stay those of the URL.
 */
export function createConnector(options: ConnectorOptions = {}): Connector {
  const { proxies = noProxies, guard, resolve = systemResolve, clock = systemClock } = options;
  // HTTP/1.1 only, so that a cancelled call closes its own socket.
  const dial = options.dial ?? buildConnector({ allowH2: false, timeout: dialMs, rejectUnauthorized: true });

  const dialAny = async (
    target: buildConnector.Options,
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

  const dialThrough = async (proxy: Proxy, target: buildConnector.Options): Promise<Socket> => {
    const { protocol, hostname } = target;
    const port = Number(target.port) || (protocol === 'https:' ? 443 : 80);
    const isSocks = proxy.protocol === 'socks5:';
    const proxyProtocol = isSocks ? 'http:' : proxy.protocol;
    const atProxy = { protocol: proxyProtocol, hostname: proxy.hostname, host: proxy.hostname, port: `${proxy.port}` };
    const socket = await dialAny(
      atProxy,
      () => {},
      () => {},
    );
    const tunnel = await (isSocks ? openSocks : openTunnel)(socket, proxy, { hostname, port }, clock);
    if (protocol !== 'https:') return tunnel;
    const servername = target.servername ?? hostname.replace(/\.$/, '');
    return made(dial, { ...target, ...(isIP(servername) === 0 ? { servername } : {}), httpSocket: tunnel });
  };

  const connect = async (given: buildConnector.Options): Promise<Socket> => {
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

/** An agent of Node's own HTTP client over the connector, for a library that is bound to that client. */
export function createNodeAgent(protocol: 'http:' | 'https:', connector: Connector): HttpAgent {
  const createConnection = (
    options: ClientRequestArgs & { servername?: string },
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined => {
    const hostname = options.host ?? options.hostname ?? 'localhost';
    const { servername = '' } = options;
    connector(
      {
        protocol,
        hostname,
        host: hostname,
        port: String(options.port ?? ''),
        ...(servername === '' ? {} : { servername }),
      },
      (error, socket) => callback?.(error, socket as Socket),
    );
  };
  const agent = protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  return Object.assign(agent, { createConnection });
}

async function resolvedInTime(hostname: string, resolve: Resolve, clock: Clock): Promise<readonly string[]> {
  const tooLate = Promise.withResolvers<never>();
  using _timer = clock.schedule(resolveMs, () =>
    tooLate.reject(withCode(`Cannot resolve the host within ${resolveMs} ms`, 'EAI_AGAIN')),
  );
  return await Promise.race([resolve(hostname), tooLate.promise]);
}

function made(connector: Connector, target: buildConnector.Options): Promise<Socket> {
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
