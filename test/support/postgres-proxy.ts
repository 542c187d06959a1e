import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Secret } from '../../src/kit/secret.ts';

/** What the proxy makes of what a client says: other bytes of the same length, or the connection is cut once it is answered. */
export type Said = Buffer | 'cut-the-answer' | undefined;

export type PostgresProxy = AsyncDisposable & { readonly url: Secret };

/** Stands between clients and the server of `url`, which listens on a socket in a folder. */
export async function startPostgresProxy(url: Secret, hear: (said: Buffer) => Said): Promise<PostgresProxy> {
  const address = new URL(url.reveal());
  const folder = address.searchParams.get('host') ?? '';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    const upstream = connect(`${folder}/.s.PGSQL.5432`);
    keep(client);
    keep(upstream);
    let isCut = false;
    client.on('data', (bytes) => {
      const said = hear(bytes);
      if (said === 'cut-the-answer') isCut = true;
      upstream.write(Buffer.isBuffer(said) ? said : bytes);
    });
    upstream.on('data', (bytes) => {
      if (isCut) client.destroy();
      else client.write(bytes);
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  address.searchParams.delete('host');
  return {
    url: new Secret(address.href),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
