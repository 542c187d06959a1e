import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { isStorageRefusal } from '../domain/failure.ts';
import { isBearer, openPaths } from './gate.ts';

export type Api = OpenAPIHono;

/** Adds the routes of one subject, with the schemas of what they take and answer. The gate has let their callers in. */
export type RouteGroup = (api: Api) => void;

/** How every refusal of the admin routes looks: RFC 9457, with a code for programs and an id that the log has too. */
export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    requestId: z.string(),
    /** What is wrong with the request, field by field. */
    fields: z.array(z.object({ field: z.string(), problem: z.string() })).optional(),
  })
  .openapi('Problem');

type ProblemOptions = {
  /** For programs: short, with hyphens. */
  readonly code: string;
  /** For people: what was attempted, the facts, what to do. */
  readonly detail: string;
  readonly fields?: { field: string; problem: string }[];
  readonly retryAfterMs?: number;
};

/** Answers with a problem; a wait is rounded up to seconds, of which there is at least one. */
export function problem<Status extends ContentfulStatusCode>(
  c: Context,
  status: Status,
  { code, detail, fields, retryAfterMs }: ProblemOptions,
) {
  if (retryAfterMs !== undefined) c.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
  return c.json(
    {
      type: 'about:blank' as const,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      detail,
      requestId: requestIdOf(c),
      ...(fields === undefined ? {} : { fields }),
    },
    status,
    { 'content-type': 'application/problem+json' },
  );
}

/** What a route says of its refusals: the statuses, each with when it is answered. */
export function problems<When extends Readonly<Record<number, string>>>(when: When) {
  const content = { 'application/problem+json': { schema: problemSchema } };
  const entries = Object.entries<string>(when).map(([status, description]) => [status, { description, content }]);
  return Object.fromEntries(entries) as {
    [Status in keyof When]: { description: string; content: typeof content };
  };
}

/** An answer in JSON, as a route describes it. */
export function answer<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A body in JSON, as a route describes it. */
export function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } };
}

const maxFieldsTold = 20;
const storageRetryMs = 5_000;

/**
 * The API with all its routes and `GET /openapi.json`, which describes them. Requests that do not fit a route's schema are
 * answered 400, errors are told to `onError` with the id of the request and answered without their reason.
 */
export function createApi(
  groups: readonly RouteGroup[],
  onError: (error: unknown, requestId: string) => void = () => undefined,
): Api {
  const api: Api = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const fields = result.error.issues.slice(0, maxFieldsTold).map(({ path, message }) => ({
        field: [result.target, ...path.map(String)].join('.').slice(0, 100),
        problem: message.slice(0, 200),
      }));
      const detail = `Cannot read the request: ${fields.map(({ field }) => field).join(', ')} is not as described`;
      return problem(c, 400, { code: 'bad-request', detail, fields });
    },
  });
  api.use(async (c, next) => {
    await next();
    // What was written to the connection itself has its headers.
    if (c.res === RESPONSE_ALREADY_SENT) return;
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
    c.header('x-content-type-options', 'nosniff');
    // Otherwise an empty response is sent as a chunked body.
    if (c.res.body === null) c.header('content-length', '0');
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  for (const add of groups) add(api);
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Darkroom',
      version: '1',
      description: 'Keys, jobs, people and costs of the bot, for those who run it. Times are milliseconds since 1970.',
    },
    security: [{ token: [] }],
  });
  api.notFound((c) =>
    problem(c, 404, {
      code: 'no-such-page',
      detail: 'There is no such page; GET /openapi.json lists those that exist',
    }),
  );
  api.onError((error, c) => {
    if (error instanceof HTTPException && error.status < 500) {
      return problem(c, error.status, {
        code: 'bad-request',
        detail: 'Cannot read the request: its body is not JSON, or its Content-Type is not application/json',
      });
    }
    if (isStorageRefusal(error)) {
      const detail = 'Cannot answer: the database is locked or the disk is full; "darkroom doctor" says more';
      return problem(c, 503, { code: 'storage-unavailable', detail, retryAfterMs: storageRetryMs });
    }
    const id = requestIdOf(c);
    onError(error, id);
    // Who has no token learns the status and nothing else.
    if (openPaths.has(c.req.path) && !isBearer(c.req.header('authorization') ?? '')) return c.body(null, 500);
    return problem(c, 500, { code: 'internal', detail: `Cannot answer: the log has the reason under ${id}` });
  });
  return api;
}

const ids = new WeakMap<Request, string>();

/** An id for the log and the answer. */
function requestIdOf(c: Context): string {
  const { raw } = c.req;
  const known = ids.get(raw);
  if (known !== undefined) return known;
  const id = randomUUID();
  ids.set(raw, id);
  return id;
}
