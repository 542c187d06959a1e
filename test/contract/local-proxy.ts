import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export type LocalProxy = AsyncDisposable & {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** The `host:port` of every CONNECT, in order. */
  readonly asked: readonly string[];
  /** The credentials of every CONNECT. */
  readonly credentials: readonly (string | undefined)[];
};

export type LocalProxyOptions = {
  /** Where a target really is: `host:port` of this machine; every target is its own address unless given. */
  readonly lead?: (target: string) => string;
  /** `silent` never answers, `stalls` carries nothing after its answer; a number is the status of its refusal. */
  readonly behaviour?: 'works' | 'silent' | 'stalls' | number;
};

/** An HTTP proxy on a free port of this machine that knows CONNECT only. */
export async function localProxy(options: LocalProxyOptions = {}): Promise<LocalProxy> {
  const { lead = (target) => target, behaviour = 'works' } = options;
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  };
  const server = createServer((_request, response) => void response.writeHead(405).end());
  server.on('connection', keep);
  server.on('connect', ({ url: target = '', headers }, socket: Socket) => {
    asked.push(target);
    credentials.push(headers['proxy-authorization']);
    if (behaviour === 'silent') return;
    if (typeof behaviour === 'number') return void socket.end(`HTTP/1.1 ${behaviour} No\r\n\r\n`);
    if (behaviour === 'stalls') return void socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const [host = '', port = ''] = lead(target).split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    keep(upstream);
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    credentials,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
