import { Secret } from '../kit/secret.ts';

/** What no line of a log may hold: the address and its password, as written and as meant. */
export function databaseSecrets(url: Secret | undefined): readonly Secret[] {
  if (url === undefined) return [];
  const written = new URL(url.reveal());
  const { password } = written;
  const named = [password, decoded(password), written.searchParams.get('password') ?? ''];
  return [url, ...named.filter((text) => text !== '').map((text) => new Secret(text))];
}

/** Where the database is, for people and for the programs of PostgreSQL; the password is left out. */
export type DatabaseAddress = {
  readonly host: string;
  readonly port: string;
  readonly user: string | undefined;
  readonly name: string | undefined;
  /** How TLS is used; undefined where the address does not say. */
  readonly sslmode: string | undefined;
};

export function databaseAddress(url: Secret): DatabaseAddress {
  const { hostname, port, username, pathname, searchParams } = new URL(url.reveal());
  const user = searchParams.get('user') ?? decoded(username);
  const name = decoded(pathname.slice(1));
  return {
    host: searchParams.get('host') ?? decoded(hostname),
    port: searchParams.get('port') ?? (port === '' ? '5432' : port),
    user: user === '' ? undefined : user,
    name: name !== '' ? name : user === '' ? undefined : user,
    sslmode: searchParams.get('sslmode') ?? undefined,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
