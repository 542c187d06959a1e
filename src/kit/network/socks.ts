import { isIP, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Proxy } from './proxy-settings.ts';
import { proxyAnswerMs, ProxyError } from './proxy-error.ts';

const noLogin = 0;
const login = 2;
const [byV4, byName, byV6] = [1, 3, 4];

/** Asks a SOCKS5 proxy to connect to the target, whose name it resolves (RFC 1928); closes the socket when it fails. */
export async function openSocks(
  socket: Socket,
  { user, password }: Proxy,
  target: { readonly hostname: string; readonly port: number },
  clock: Clock,
): Promise<Socket> {
  const reader = new SocketReader(socket);
  const stopped = Promise.withResolvers<never>();
  using _timer = clock.schedule(proxyAnswerMs, () => {
    stopped.reject(new ProxyError('PROXY_TIMEOUT', `it did not answer within ${proxyAnswerMs} ms`));
  });
  const negotiate = async (): Promise<void> => {
    const credentials = user === undefined ? undefined : [user.reveal(), password?.reveal() ?? ''];
    const methods = credentials === undefined ? [noLogin] : [noLogin, login];
    socket.write(Buffer.from([5, methods.length, ...methods]));
    const [version, method] = await reader.read(2);
    if (version !== 5) throw new ProxyError('PROXY_REFUSED', 'it does not speak SOCKS5');
    if (method === login && credentials !== undefined) {
      socket.write(Buffer.concat([Buffer.from([1]), ...credentials.map((words) => withLength(words))]));
      const [, status] = await reader.read(2);
      if (status !== 0) throw new ProxyError('PROXY_PASSWORD', 'it refuses the user name or the password');
    } else if (method !== noLogin) throw new ProxyError('PROXY_PASSWORD', 'it asks for a user name and a password');
    const port = Buffer.alloc(2);
    port.writeUInt16BE(target.port);
    socket.write(Buffer.concat([Buffer.from([5, 1, 0]), addressOf(target.hostname), port]));
    const [, reply, , kind, first = 0] = await reader.read(5);
    if (reply !== 0) throw new ProxyError('PROXY_REFUSED', `it answered SOCKS reply ${reply}`);
    // The rest of its own address, and a port.
    await reader.read((kind === byV4 ? 3 : kind === byV6 ? 15 : first) + 2);
  };
  try {
    await Promise.race([negotiate(), stopped.promise]);
    reader.end();
    return socket;
  } catch (error) {
    reader.end();
    // What a closed socket says after this is of no interest.
    socket.on('error', () => {});
    socket.destroy();
    throw error instanceof ProxyError ? error : new ProxyError('PROXY_CUT', 'the connection to it broke');
  }
}

function addressOf(hostname: string): Buffer {
  if (isIP(hostname) === 4) return Buffer.from([byV4, ...hostname.split('.').map(Number)]);
  return Buffer.concat([Buffer.from([byName]), withLength(hostname)]);
}

function withLength(words: string): Buffer {
  const bytes = Buffer.from(words).subarray(0, 255);
  return Buffer.concat([Buffer.from([bytes.byteLength]), bytes]);
}

/** Reads exact numbers of bytes from a socket that somebody else reads afterwards. */
class SocketReader {
  readonly #socket: Socket;
  #wake = Promise.withResolvers<void>();
  #isOver = false;
  readonly #onReadable = () => this.#wake.resolve();
  readonly #onEnd = () => {
    this.#isOver = true;
    this.#wake.resolve();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('readable', this.#onReadable).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onEnd);
  }

  async read(bytes: number): Promise<Buffer> {
    for (;;) {
      const chunk: unknown = this.#socket.read(bytes);
      if (chunk instanceof Buffer && chunk.byteLength === bytes) return chunk;
      if (this.#isOver) throw new Error('Cannot read from the proxy: it has closed the connection');
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }

  end(): void {
    for (const [event, listener] of [
      ['readable', this.#onReadable],
      ['end', this.#onEnd],
      ['close', this.#onEnd],
      ['error', this.#onEnd],
    ] as const) {
      this.#socket.removeListener(event, listener);
    }
  }
}
