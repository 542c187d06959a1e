import type { getRequestListener } from '@hono/node-server';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Upgrades } from './events/event-socket.ts';
import type { Caller, Gate, Halves, Refusal } from './gate.ts';

export type Listening = AsyncDisposable & {
  readonly url: string;
};

/** Limits for slow or greedy clients. */
export type Limits = {
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  /** How often the times above are checked. */
  readonly checkEveryMs: number;
  readonly headerBytes: number;
  readonly sockets: number;
  readonly requestsPerSocket: number;
};

export const usualLimits: Limits = {
  headersMs: 10_000,
  requestMs: 10_000,
  keepAliveMs: 5_000,
  checkEveryMs: 1_000,
  headerBytes: 16_384,
  sockets: 100,
  requestsPerSocket: 100,
};

export type ListenOptions = {
  /** Which clients may connect; all when absent. */
  readonly gate?: Gate;
  /** What is answered to a caller of whom the gate thinks well without asking the app; undefined asks it. */
  readonly known?: (caller: Caller) => Refusal | undefined;
  /** Answers a request that was let in, without the app, and returns true; false asks the app. */
  readonly direct?: (caller: Caller, halves: Halves) => boolean;
  /** Called with the error; the client only gets a status. */
  readonly onError?: (error: unknown) => void;
  readonly limits?: Limits;
  /** Takes over connections that ask for another protocol; without it none is offered. */
  readonly upgrades?: Upgrades | undefined;
};

/** Listens with limits for slow or greedy clients; rejects with the system's error. */
export async function listen(
  app: { readonly fetch: (request: Request, env?: object) => Response | Promise<Response> },
  host: string,
  port: number,
  {
    gate = () => 'pass',
    known = () => undefined,
    direct = () => false,
    onError = () => undefined,
    limits = usualLimits,
    upgrades,
  }: ListenOptions = {},
): Promise<Listening> {
  let listener: Promise<ReturnType<typeof getRequestListener>> | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    listener ??= import('@hono/node-server').then((library) =>
      library.getRequestListener(app.fetch, { hostname: host, overrideGlobalObjects: false }),
    );
    await (
      await listener
    )(request, response);
  };
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      maxHeaderSize: limits.headerBytes,
      shouldUpgradeCallback: (request) => upgrades?.isFor(request) === true,
    },
    (request, response) => {
      const caller = callerOf(request);
      const decision = gate(caller);
      // The rest of an unwanted body is not waited for.
      if (caller.bodyBytes !== 0) response.shouldKeepAlive = false;
      const said = decision === 'pass' ? known(caller) : decision;
      if (said !== undefined) send(response, said);
      else if (!direct(caller, { incoming: request, outgoing: response }))
        void answer(request, response).catch(onError);
    },
  );
  server.maxConnections = limits.sockets;
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  // The total size of the headers is limited; a limit on their number would drop the last ones silently.
  server.maxHeadersCount = 0;
  server.on('connect', (_request, socket) =>
    socket.end('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n'),
  );
  server.on('upgrade', (request, socket, head) => {
    const decision = gate(callerOf(request));
    if (decision === 'pass') return upgrades?.take(request, socket, head);
    const { status, headers = {} } = decision;
    const lines = Object.entries({ ...headers, 'content-length': '0', connection: 'close' });
    const named = lines.map(([name, value]) => `${name}: ${value}`);
    return socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...named, '', ''].join('\r\n'));
  });
  await opened(server, host, port);
  server.on('error', onError);
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    [Symbol.asyncDispose]: async () => {
      await upgrades?.[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function opened(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function callerOf(request: IncomingMessage): Caller {
  const { headers, rawHeaders, method = '', socket, url = '' } = request;
  return {
    method,
    target: url,
    hosts: valuesOf('host', rawHeaders),
    authorizations: valuesOf('authorization', rawHeaders),
    telegramSecrets: valuesOf('x-telegram-bot-api-secret-token', rawHeaders),
    address: socket.remoteAddress ?? '',
    coding: headers['content-encoding']?.toLowerCase(),
    bodyBytes: headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : undefined,
    header: (name) => request.headersDistinct[name]?.join(', '),
  };
}

/** Every value of a header; of these the list of Node holds only the first. `name` is in small letters. */
function valuesOf(name: string, rawHeaders: readonly string[]): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [found = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    if (found.length === name.length && found.toLowerCase() === name) values.push(value);
  }
  return values;
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Refusal): void {
  response.writeHead(status, {
    ...headers,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    'content-length': String(Buffer.byteLength(body)),
  });
  response.end(body);
}
