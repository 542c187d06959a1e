import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { AppEvent } from '../../src/domain/events.ts';
import { type RouteGroup, createApi } from '../../src/http/api.ts';
import { type Area, createGate, openPaths } from '../../src/http/gate.ts';
import type { Upgrades } from '../../src/http/events/event-socket.ts';
import { healthRoutes } from '../../src/http/health-api.ts';
import type { Vitals } from '../../src/http/readiness.ts';
import { listenHttp } from '../../src/http/serve-http.ts';
import { type Limits, listen, type Listening } from '../../src/http/listen.ts';
import type { Clock } from '../../src/kit/clock.ts';
import { LiveSecret, Secret } from '../../src/kit/secret.ts';
import { fakeClock } from '../support/fake-clock.ts';

export const adminToken = 'canary-admin-token-0123456789-abcdef';
export const well: Vitals = {
  databaseWritable: () => true,
  serving: () => 'yes',
  telegramAnswers: () => true,
};

export type TestServer = Listening & { readonly events: readonly AppEvent[] };

/** The HTTP server as the app opens it, on loopback. */
export async function aServer(
  options: {
    readonly token?: string | LiveSecret | undefined;
    readonly vitals?: Vitals;
    readonly clock?: Clock;
    readonly routes?: readonly RouteGroup[];
    readonly areas?: readonly Area[];
    readonly upgrades?: Upgrades;
  } = {},
): Promise<TestServer> {
  const { token = adminToken, vitals = well, clock = fakeClock(), routes = [], areas = [], upgrades } = options;
  const events: AppEvent[] = [];
  const server = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    adminToken: token instanceof LiveSecret ? token : new LiveSecret(token === '' ? undefined : new Secret(token)),
    vitals,
    routes: async () => routes,
    areas,
    ...(upgrades === undefined ? {} : { upgrades }),
    clock,
    emit: (event) => void events.push(event),
  });
  return { ...server, events };
}

/** The HTTP server with other limits. */
export function aServerWithin(
  limits: Limits,
  { routes = [], areas = [] }: { readonly routes?: readonly RouteGroup[]; readonly areas?: readonly Area[] } = {},
): Promise<Listening> {
  const tokens = () => [new Secret(adminToken)];
  const gate = createGate({ open: openPaths, areas, tokens, host: '127.0.0.1', clock: fakeClock() });
  return listen(createApi([healthRoutes(well), ...routes]), '127.0.0.1', 0, { gate, limits });
}

export type RawAnswer = { readonly status: number; readonly head: string; readonly body: string };

/** A connection on which nothing was sent yet. */
export async function connected(server: Listening): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything received until the server closes the connection. */
export function untilClosed(socket: Socket): Promise<string> {
  const parts: string[] = [];
  socket.on('data', (bytes: Buffer) => void parts.push(bytes.toString('latin1')));
  return new Promise((resolve) => {
    const end = () => resolve(parts.join(''));
    if (socket.closed) end();
    else socket.on('close', end);
  });
}

/** Writes these bytes and returns the first response. */
export async function raw(server: Listening, bytes: string): Promise<RawAnswer> {
  const socket = await connected(server);
  const all = untilClosed(socket);
  socket.write(bytes, 'latin1');
  return toAnswer(await all);
}

/** Sends a request with these headers and `Connection: close`; returns the response. */
export function ask(server: Listening, line: string, headers: readonly string[] = []): Promise<RawAnswer> {
  const { host } = new URL(server.url);
  const all = headers.some((header) => /^host:/i.test(header)) ? headers : [`Host: ${host}`, ...headers];
  return raw(server, [`${line} HTTP/1.1`, ...all, 'Connection: close', '', ''].join('\r\n'));
}

export function toAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    head: head.toLowerCase(),
    body: end < 0 ? '' : text.slice(end + 4),
  };
}

export const withToken = `Authorization: Bearer ${adminToken}`;
