import { expect } from 'vitest';
import { readDescription } from './described.ts';
import { adminToken } from './test-server.ts';

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown };

/** A client with the admin's token; every answer is held against what GET /openapi.json says of it. */
export async function asAdmin(app: { readonly httpUrl: string }) {
  const send = (method: string, path: string, body?: unknown, signal?: AbortSignal) =>
    fetch(`${app.httpUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  const described = await readDescription((path) => send('GET', path));
  expect([described.valid, described.errors]).toEqual([true, undefined]);
  return {
    send,
    paths: described.paths,
    call: async (method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> => {
      const answered = await send(method, path, body, signal);
      expect(await described.deviations(method, path, answered)).toEqual([]);
      const text = await answered.text();
      const isJson = (answered.headers.get('content-type') ?? '').includes('json');
      return { status: answered.status, headers: answered.headers, body: isJson ? JSON.parse(text) : text };
    },
  };
}

export const adminEnv = { ADMIN_TOKEN: adminToken };
