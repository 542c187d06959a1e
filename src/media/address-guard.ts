import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type UrlRules = {
  /** `host:port` as written in a URL (`[::1]:9000` for IPv6), exempt from every rule about hosts and ports, and asked by http as well. */
  readonly allowPrivateHosts: readonly string[];
};

export type CheckedUrl = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly why: string };

const longestUrl = 2048;
const globalUnicastV6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by number, yet answered by the machine's own cloud platform. */
const platformAddresses = new Set(['168.63.129.16']);

/**
 * True for every address that is not plainly public: private, loopback, link-local, shared, multicast, reserved, and
 * all IPv6 forms that carry an IPv4 address inside (mapped, compatible, 6to4, NAT64, Teredo). Also true for text that
 * is no address at all.
 */
export function isForbiddenAddress(ip: string): boolean {
  if (isIP(ip) === 0 || ip.includes('%')) return true;
  const address = ipaddr.parse(ip);
  if (address.range() !== 'unicast') return true;
  if (address instanceof ipaddr.IPv6) return !address.match(globalUnicastV6);
  return platformAddresses.has(address.toString());
}

/** Judges the text of an outbound address before anything is resolved; names are judged again after resolution. */
export function checkUrl(text: string, rules: UrlRules): CheckedUrl {
  if (text.length > longestUrl) return refused('longer than 2048 characters');
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

/** Characters that a parser would silently change into something else. */
export function hasUnsafeCharacters(text: string): boolean {
  return /[\\\s\p{Cc}]/u.test(text);
}

/** True when the operator has named exactly this host and port. */
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
