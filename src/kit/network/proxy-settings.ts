import { BlockList, isIP } from 'node:net';
import { Secret } from '../secret.ts';

/** A proxy; its user and password are not part of the address. */
export type Proxy = {
  /** `socks5:` resolves names at the proxy, as `socks5h:` does elsewhere. */
  readonly protocol: 'http:' | 'https:' | 'socks5:';
  /** An IPv6 address without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly user: Secret | undefined;
  readonly password: Secret | undefined;
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

const defaultPorts = { 'http:': 80, 'https:': 443, 'socks5:': 1080 } as const;

/** Reads `http://user:password@host:port`, the scheme optional; undefined when it is no HTTP and no SOCKS5 proxy. */
export function parseProxy(text: string): Proxy | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const protocol = url === null ? undefined : protocolOf(url.protocol);
  if (url === null || protocol === undefined || url.hostname === '') return undefined;
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '') return undefined;
  const user = unescaped(url.username);
  const password = unescaped(url.password);
  if (user === undefined || password === undefined) return undefined;
  return {
    protocol,
    hostname: withoutBrackets(url.hostname),
    port: url.port === '' ? defaultPorts[protocol] : Number(url.port),
    user: user === '' && password === '' ? undefined : new Secret(user),
    password: password === '' ? undefined : new Secret(password),
  };
}

function protocolOf(scheme: string): Proxy['protocol'] | undefined {
  if (scheme === 'http:' || scheme === 'https:') return scheme;
  return scheme === 'socks5:' || scheme === 'socks5h:' || scheme === 'socks:' ? 'socks5:' : undefined;
}

/** The value of `Proxy-Authorization`; undefined when the proxy has no user. */
export function basicLogin({ user, password }: Proxy): string | undefined {
  if (user === undefined) return undefined;
  return `Basic ${Buffer.from(`${user.reveal()}:${password?.reveal() ?? ''}`).toString('base64')}`;
}

/** Everything of the settings that nobody may read, as it was given and as it may be written. */
export function proxySecrets({ https, http }: ProxySettings): readonly Secret[] {
  return [https, http].flatMap((proxy) => {
    const { password } = proxy ?? {};
    return password === undefined ? [] : [password, new Secret(encodeURIComponent(password.reveal()))];
  });
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

function addressOf({ protocol, hostname, port, user }: Proxy): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return `${protocol}//${host}:${port}${user === undefined ? '' : ' (with a password)'}`;
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
