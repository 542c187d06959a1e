import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { createServer, type Server } from 'node:http';

export type Listening = AsyncDisposable & {
  readonly url: string;
};

/** Listens, with limits that a slow or greedy client cannot stretch; rejects with the system's error. */
export async function listen(app: Hono, host: string, port: number): Promise<Listening> {
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = serve(
      {
        fetch: app.fetch,
        hostname: host,
        port,
        createServer,
        serverOptions: {
          headersTimeout: 10_000,
          requestTimeout: 10_000,
          keepAliveTimeout: 5_000,
          maxHeaderSize: 16_384,
        },
      },
      () => resolve(listening as Server),
    );
    listening.once('error', reject);
  });
  server.maxConnections = 100;
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
