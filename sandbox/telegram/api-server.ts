import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiService, type ApiReply, refusal } from './api-service.ts';
import { ApiError } from './api-error.ts';
import type { FileStore } from './files/file-store.ts';
import type { PeopleApi } from './people/people-api.ts';
import { readParams } from './call-params.ts';

export type ApiServer = AsyncDisposable & {
  readonly url: string;
  /** While offline, every connection is cut at once. */
  setOffline(offline: boolean): void;
};

/** Longer than clients keep an idle connection, so that the server does not close one that is about to be used. */
const keepAliveMs = 120_000;

/** Listens for `/bot<token>/<method>`, `/file/bot<token>/<path>` and the people API under `/sandbox/`. */
export async function startApiServer(options: {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly service: ApiService;
  readonly files: FileStore;
  readonly peopleApi: PeopleApi;
}): Promise<ApiServer> {
  let isOffline = false;
  const server = createServer((request, response) => {
    void respond(options, request, response);
  });
  server.keepAliveTimeout = keepAliveMs;
  server.on('connection', (socket) => {
    if (isOffline) socket.destroy();
  });
  await listen(server, options.port, options.host);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    setOffline: (offline) => {
      isOffline = offline;
      if (offline) server.closeAllConnections();
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

type Routes = {
  readonly token: string;
  readonly service: ApiService;
  readonly files: FileStore;
  readonly peopleApi: PeopleApi;
};

async function respond(options: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const reply = await route(options, request, gone.signal);
    if (response.destroyed) return;
    if (reply instanceof Uint8Array) {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': reply.byteLength });
      response.end(reply);
    } else if (reply.kind === 'cut') request.socket.destroy();
    else if (reply.kind === 'page') {
      response.writeHead(reply.status, { 'content-type': 'text/html' });
      response.end(`<html><body>${reply.status}</body></html>`);
    } else {
      const body = JSON.stringify(reply.body);
      response.writeHead(reply.status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    }
  } catch {
    // The client closed the connection while it was sending, or the server closes.
    request.socket.destroy();
  }
}

async function route(
  { token, service, files, peopleApi }: Routes,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<ApiReply | Uint8Array> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  if (url.pathname.startsWith('/sandbox/')) return servePeopleApi(peopleApi, request, url);
  const match = /^\/(file\/)?bot([^/]+)\/(.+)$/.exec(url.pathname);
  if (match === null) return refuse(request, new ApiError(404, 'Not Found'));
  const [, isFile, givenToken = '', rest = ''] = match;
  if (decoded(givenToken) !== token) return refuse(request, new ApiError(401, 'Unauthorized'));
  if (isFile !== undefined) {
    const file = files.at(decoded(rest));
    return file === undefined ? refuse(request, new ApiError(404, 'Not Found')) : file.bytes;
  }
  try {
    const params = await readParams(request, url);
    return await service.serve(decoded(rest), params, signal);
  } catch (error) {
    if (error instanceof ApiError) return refusal(error);
    throw error;
  }
}

/**
 * Serves the people API to programs only: it takes nothing but JSON, which a page of another origin cannot post without
 * a preflight.
 */
async function servePeopleApi(peopleApi: PeopleApi, request: IncomingMessage, url: URL): Promise<ApiReply> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) body += chunk;
  const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
  if (request.method !== 'GET' && !isJson) {
    return { kind: 'response', status: 415, body: { error: 'Cannot read the body: its content type is not JSON' } };
  }
  const handle = await peopleApi.handle(request.method ?? 'GET', url, body);
  return handle === undefined ? refusal(new ApiError(404, 'Not Found')) : { kind: 'response', ...handle };
}

/** Reads the rest of the request before it refuses, so that the client gets the response instead of a reset. */
async function refuse(request: IncomingMessage, error: ApiError): Promise<ApiReply> {
  for await (const chunk of request as AsyncIterable<Buffer>) void chunk;
  return refusal(error);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
