import type { BytezRoute } from './call-log.ts';
import type { IncomingMessage } from 'node:http';

export type RouteMatch = {
  readonly route: BytezRoute;
  readonly model?: string;
  /** True for the OpenAI-compatible routes. */
  readonly isOpenAi: boolean;
};

const root = '/models/v2/';

/** Returns the route of a method and path; the slash in a model name may be percent-encoded. */
export function matchRoute(method: string, path: string): RouteMatch {
  if (path.startsWith('/model/output/')) return { route: 'media', isOpenAi: false };
  const rest = path.startsWith(root) ? decoded(path.slice(root.length)) : undefined;
  if (rest === undefined) return { route: 'unknown', isOpenAi: false };
  const isOpenAi = rest.startsWith('openai/v1/');
  const route = fixedRoutes[`${method} ${rest}`];
  if (route !== undefined) return { route, isOpenAi };
  const isRequest = rest.startsWith('request/');
  const model = isRequest ? rest.slice('request/'.length) : rest;
  if (isOpenAi || method !== 'POST' || !/^[^/]+(?:\/[^/]+)?$/.test(model)) return { route: 'unknown', isOpenAi };
  return { route: isRequest ? 'request' : 'run', model, isOpenAi };
}

const fixedRoutes: Readonly<Record<string, BytezRoute>> = {
  'GET list/tasks': 'tasks',
  'GET list/models': 'models',
  'GET openai/v1/models': 'models',
  'POST openai/v1/chat/completions': 'chat',
  'POST openai/v1/completions': 'chat',
  'POST openai/v1/responses': 'chat',
};

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

const maxBodyBytes = 20 * 1024 * 1024;

/** Reads the body as text; undefined when it is too large. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBodyBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** Returns the key of the Authorization header: bare, after `Key`, or after `Bearer` where that is accepted. */
export function keyFromHeader(authorization: string | undefined, acceptsBearer: boolean): string | undefined {
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

/** True when the request has an Authorization header, or one of the keys in its URL or headers. */
export function leaksKey(request: IncomingMessage, keys: readonly string[]): boolean {
  if (request.headers.authorization !== undefined) return true;
  const carried = [request.url ?? '', ...request.rawHeaders];
  return keys.some((key) => carried.some((text) => text.includes(key)));
}
