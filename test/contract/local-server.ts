import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type LocalServer = AsyncDisposable & {
  readonly url: string;
  /** `host:port`, as the operator would allow it. */
  readonly host: string;
  readonly seen: readonly SeenRequest[];
  /** How many connections came in so far. */
  connections(): number;
  /** Settles once every connection that came in is closed again. */
  allClosed(): Promise<void>;
};

/** An HTTP server on a free port of this machine that remembers what it was asked. */
export async function localHttpServer(listener: RequestListener): Promise<LocalServer> {
  const seen: SeenRequest[] = [];
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      listener(request, response);
    });
    response.on('error', () => {});
  });
  return await listening(server, seen);
}

/** A server that answers whatever comes with what `talk` does to the socket. */
export async function localTcpServer(talk: (socket: Socket) => void): Promise<LocalServer> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => talk(socket));
  });
  return await listening(server, []);
}

async function listening(server: Server, seen: readonly SeenRequest[]): Promise<LocalServer> {
  const open = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      server.emit('one-less');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    seen,
    connections: () => connections,
    allClosed: async () => {
      while (open.size > 0) await once(server, 'one-less');
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
