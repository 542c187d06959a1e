import type { BytezRoute } from './call-book.ts';

export type Routed = {
  readonly route: BytezRoute;
  readonly model?: string;
  /** On the OpenAI-compatible surface. */
  readonly isOpenAi: boolean;
};

const root = '/models/v2/';

/** Which route a method and path lead to; a model's slash may come percent-encoded. */
export function routeOf(method: string, path: string): Routed {
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
