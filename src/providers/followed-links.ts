import type { Json, SecretValue } from '../domain/provider.ts';

/** Where the key of a provider may be sent. */
export type KeyHosts = {
  /** The configured base URLs: only their own scheme, host and port. */
  readonly bases: readonly string[];
  /** Further hosts, over HTTPS alone; `*.example.com` is every host below that name. */
  readonly hosts?: readonly string[];
};

const maxLinkLength = 4_096;

/** True for a link in an answer that may be followed with the key. */
export function mayCarryKey(link: string, { bases, hosts = [] }: KeyHosts): boolean {
  const url = link.length <= maxLinkLength ? URL.parse(link) : null;
  if (url === null || url.username !== '' || url.password !== '') return false;
  if (bases.some((base) => new URL(base).origin === url.origin)) return true;
  return url.protocol === 'https:' && url.port === '' && hosts.some((host) => isHost(url.hostname, host));
}

function isHost(name: string, host: string): boolean {
  return host.startsWith('*.') ? name.endsWith(host.slice(1)) : name === host;
}

/** Returns the link of an answer where it may be followed with the key, else the address that the documentation shows. */
export function linkOr(rebuilt: string, link: Json | undefined, keyHosts: KeyHosts): string {
  return typeof link === 'string' && mayCarryKey(link, keyHosts) ? link : rebuilt;
}

/** The links of an answer by name, as they are stored with a run: without those that contain the key. */
export function storedLinks<Name extends string>(
  links: Readonly<Record<Name, unknown>>,
  secret: SecretValue,
): Readonly<Partial<Record<Name, string>>> {
  const key = secret.reveal();
  const isUsable = (link: unknown) => typeof link === 'string' && link.length <= maxLinkLength && !link.includes(key);
  return Object.fromEntries(Object.entries(links).filter(([, link]) => isUsable(link))) as Partial<
    Record<Name, string>
  >;
}
