import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type LocalSocksProxy = AsyncDisposable & {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** The `host:port` of every request, in order. */
  readonly asked: readonly string[];
  /** `user:password` of every login. */
  readonly logins: readonly string[];
};

export type LocalSocksOptions = {
  /** Where a target really is: `host:port` of this machine. */
  readonly lead?: (target: string) => string;
  readonly needsLogin?: boolean;
  /** A number is the reply of its refusal. */
  readonly behaviour?: 'works' | 'silent' | 'closes' | number;
};

/** A SOCKS5 proxy on a free port of this machine; it gives its answers out byte by byte. */
export async function localSocksProxy(options: LocalSocksOptions = {}): Promise<LocalSocksProxy> {
  const { lead = (target) => target, needsLogin = false, behaviour = 'works' } = options;
  const asked: string[] = [];
  const logins: string[] = [];
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
  };
  const talk = async (socket: Socket): Promise<void> => {
    const next = async (): Promise<Buffer> => ((await once(socket, 'data')) as [Buffer])[0];
    const say = (...bytes: readonly number[]) => {
      for (const byte of bytes) socket.write(Buffer.from([byte]));
    };
    await next();
    if (behaviour === 'silent') return;
    if (behaviour === 'closes') return void socket.end();
    say(5, needsLogin ? 2 : 0);
    if (needsLogin) {
      const given = await next();
      const userBytes = given.readUInt8(1);
      logins.push(`${given.toString('utf8', 2, 2 + userBytes)}:${given.toString('utf8', 3 + userBytes)}`);
      say(1, logins.at(-1) === 'ann:secret' ? 0 : 1);
    }
    const request = await next();
    const isName = request.readUInt8(3) === 3;
    const host = isName
      ? request.toString('latin1', 5, 5 + request.readUInt8(4))
      : [...request.subarray(4, 8)].join('.');
    const target = `${host}:${request.readUInt16BE(request.byteLength - 2)}`;
    asked.push(target);
    if (typeof behaviour === 'number') return say(5, behaviour, 0, 1, 0, 0, 0, 0, 0, 0);
    const [realHost = '', port = ''] = lead(target).split(':');
    const upstream = connect(Number(port), realHost, () => {
      say(5, 0, 0, 3, 4, ...Buffer.from('here'), 0, 80);
      upstream.pipe(socket).pipe(upstream);
    });
    keep(upstream);
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  };
  const server = createServer((socket) => {
    keep(socket);
    talk(socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    asked,
    logins,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
