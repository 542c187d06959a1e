import type { IncomingMessage } from 'node:http';

/** The key in the Authorization header: bare, after `Key`, or after `Bearer` where that is accepted. */
export function keyIn(authorization: string | undefined, acceptsBearer: boolean): string | undefined {
  const [, scheme, key] = /^\s*(?:(\S+)\s+)?(\S+)\s*$/.exec(authorization ?? '') ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
    case 'key':
      return key;
    case 'bearer':
      return acceptsBearer ? key : undefined;
    default:
      return undefined;
  }
}

/** True when the request carries an Authorization header, or one of the keys anywhere in its address or headers. */
export function bearsKey(request: IncomingMessage, keys: readonly string[]): boolean {
  if (request.headers.authorization !== undefined) return true;
  const carried = [request.url ?? '', ...request.rawHeaders];
  return keys.some((key) => carried.some((text) => text.includes(key)));
}
