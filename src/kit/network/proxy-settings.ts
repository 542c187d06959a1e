import { BlockList, isIP } from 'node:net';
import { Secret } from '../secret.ts';

/** An HTTP proxy; its password is not part of the address. */
export type Proxy = {
  readonly protocol: 'http:' | 'https:';
  /** An IPv6 address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`, where the address named a user. */
  readonly authorization: Secret | undefined;
  /** The password as it was written and as the proxy gets it, for redaction. */
  readonly passwords: readonly Secret[];
};

/** Which connections go through which proxy. */
export type ProxySettings = {
  /** For `https:` addresses. */
  readonly https: Proxy | undefined;
  /** For `http:` addresses. */
  readonly http: Proxy | undefined;
  /** Hosts that are reached directly. */
  readonly except: readonly ProxyException[];
};

export const noProxies: ProxySettings = { https: undefined, http: undefined, except: [] };

/** A host that is reached directly, and a port when only that one is meant. */
export type ProxyException = { readonly host: string; readonly port?: number };

/** Reads `http://user:password@host:port`, the scheme optional; undefined when it is no HTTP proxy. */
export function parseProxy(text: string): Proxy | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return undefined;
  const user = unescaped(url.username);
  const password = unescaped(url.password);
  if (user === undefined || password === undefined) return undefined;
  return {
    protocol: url.protocol,
    hostname: withoutBrackets(url.hostname),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    authorization:
      user === '' && password === ''
        ? undefined
        : new Secret(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`),
    passwords: [...new Set([password, url.password])].filter((secret) => secret !== '').map((one) => new Secret(one)),
  };
}

/** Reads a list as `NO_PROXY` has it: names with their subdomains, addresses, networks, `*`, each perhaps with a port. */
export function parseExceptions(text: string): readonly ProxyException[] {
  return text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, host = entry, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(entry) ?? [];
      const name = withoutBrackets(host.toLowerCase())
        .replace(/^\*?\./, '')
        .replace(/(?<=.)\.$/, '');
      return { host: name, ...(port === undefined ? {} : { port: Number(port) }) };
    });
}

export type ProxyTarget = {
  readonly protocol: string;
  /** With or without the brackets of an IPv6 address. */
  readonly hostname: string;
  /** Empty or absent for the default one. */
  readonly port?: string | number | undefined;
};

/** The proxy through which the target is reached; undefined when it is reached directly. */
export function proxyFor(settings: ProxySettings, { protocol, hostname, port }: ProxyTarget): Proxy | undefined {
  const proxy = protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined) return undefined;
  const host = withoutBrackets(hostname.toLowerCase()).replace(/(?<=.)\.$/, '');
  const numbered = port === undefined || port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const isExcepted = settings.except.some(
    (entry) => (entry.port === undefined || entry.port === numbered) && matches(entry.host, host),
  );
  return isExcepted ? undefined : proxy;
}

/** What the settings do, for an operator: no user name, no password. */
export function describeProxies({ https, http, except }: ProxySettings): string {
  if (https === undefined && http === undefined) return 'no proxy: every connection is direct';
  const routes =
    https !== undefined && http !== undefined && addressOf(https) === addressOf(http)
      ? [`${addressOf(https)} for every connection`]
      : [
          https === undefined ? 'none for https' : `${addressOf(https)} for https`,
          http === undefined ? 'none for http' : `${addressOf(http)} for http`,
        ];
  const hosts = except.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`));
  return `proxy ${routes.join(', ')}${hosts.length === 0 ? '' : `; direct for ${hosts.join(', ')}`}`;
}

/** What an operator should know at the start. */
export function proxyWarnings(settings: ProxySettings): readonly string[] {
  if (settings.https === undefined && settings.http === undefined) return [];
  return [
    `${describeProxies(settings)}; a proxy resolves names itself, so for results only names and addresses in an URL can be checked, not what a name leads to: let the proxy refuse private addresses`,
  ];
}

function addressOf({ protocol, hostname, port, authorization }: Proxy): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return `${protocol}//${host}:${port}${authorization === undefined ? '' : ' (with a password)'}`;
}

function matches(entry: string, host: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isIP(host) !== 0 && isInNetwork(host, entry);
  return host === entry || (isIP(host) === 0 && host.endsWith(`.${entry}`));
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const family = isIP(address);
  if (family === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32))
    return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
