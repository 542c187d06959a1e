import type { SecretValue } from '../domain/provider.ts';
import type { Failed } from './keyed-client.ts';

/** A server of the operator's own, as its address describes it. */
export type OwnServer = {
  /** Without user, password and trailing slash; undefined where no address is set. */
  readonly base: string | undefined;
  /** The key, or where there is none the user and password of the address, joined by a colon. */
  secretOf(secret: SecretValue): SecretValue;
};

/** Splits `http://user:password@host:7860`: what is left as the address names nobody. */
export function ownServer(baseUrl: string): OwnServer {
  const url = URL.parse(baseUrl);
  if (url === null) return { base: undefined, secretOf: (secret) => secret };
  const { username, password } = url;
  const login = username === '' && password === '' ? '' : `${decoded(username)}:${decoded(password)}`;
  url.username = '';
  url.password = '';
  return {
    base: url.href.replace(/(?<!\/)\/+$/, ''),
    secretOf: (secret) => (login === '' || secret.reveal() !== '' ? secret : { reveal: () => login }),
  };
}

/** `user:password` goes as basic authentication (RFC 7617), any other key as a bearer token. */
export function loginHeaders(key: string): Readonly<Record<string, string>> {
  const isLogin = key.includes(':');
  return { authorization: isLogin ? `Basic ${Buffer.from(key).toString('base64')}` : `Bearer ${key}` };
}

export const noAddress: Failed = {
  ok: false,
  failure: { blame: 'key', reason: 'rejected', detail: 'the server has no base URL' },
};

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
