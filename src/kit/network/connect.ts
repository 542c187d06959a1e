import { request } from 'node:http';
import { type Socket, isIP, isIPv6 } from 'node:net';
import { callbackify } from 'node:util';
import type { Clock } from '../clock.ts';
import { type Proxy, basicLogin } from './proxy-settings.ts';

/** How long a proxy may take to connect to the target. */
const proxyAnswerMs = 10_000;

/** The codes of connections that a proxy did not make. */
export const proxyErrorCodes = [
  'PROXY_UNREACHABLE',
  'PROXY_REFUSED',
  'PROXY_PASSWORD',
  'PROXY_TIMEOUT',
  'PROXY_CUT',
] as const;

/** No connection was made: the proxy refuses it, needs a password, or does not answer. Its message names no credential. */
class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: (typeof proxyErrorCodes)[number];

  constructor(code: ProxyError['code'], what: string) {
    super(`Cannot connect through the proxy: ${what}`);
    this.code = code;
  }
}

/** What dialling the proxy itself failed with, told from a failure behind it; a certificate that is not trusted stays one. */
export function failedAtProxy(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(?:E(?!RR_)|UND_ERR_)/.test(code)
    ? new ProxyError('PROXY_UNREACHABLE', `it cannot be reached (${code})`)
    : error;
}

/** Asks the proxy at the other end of the socket to connect to the target (CONNECT); closes the socket when it fails. */
export async function openTunnel(
  socket: Socket,
  proxy: Proxy,
  target: { readonly hostname: string; readonly port: number },
  clock: Clock,
): Promise<Socket> {
  const authorization = basicLogin(proxy);
  const opened = Promise.withResolvers<Socket>();
  const host = `${isIP(target.hostname) === 6 ? `[${target.hostname}]` : target.hostname}:${target.port}`;
  const asking = request({
    method: 'CONNECT',
    path: host,
    headers: {
      host,
      connection: 'keep-alive',
      ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
    },
    createConnection: () => socket,
  });
  using _timer = clock.schedule(proxyAnswerMs, () => {
    opened.reject(new ProxyError('PROXY_TIMEOUT', `it did not answer within ${proxyAnswerMs} ms`));
  });
  asking.on('connect', ({ statusCode = 0 }) => {
    if (statusCode >= 200 && statusCode < 300) opened.resolve(socket);
    else if (statusCode === 407)
      opened.reject(new ProxyError('PROXY_PASSWORD', 'it asks for a user name and a password'));
    else opened.reject(new ProxyError('PROXY_REFUSED', `it answered HTTP ${statusCode}`));
  });
  asking.on('response', () => opened.reject(new ProxyError('PROXY_REFUSED', 'it did not answer as a proxy does')));
  asking.on('error', () => opened.reject(new ProxyError('PROXY_CUT', 'the connection to it broke')));
  asking.end();
  try {
    return await opened.promise;
  } catch (error) {
    // What a closed socket says after this is of no interest.
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  }
}

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

/** The next address is tried this long after the one before, which goes on meanwhile (RFC 8305). */
const staggerMs = 250;
/** Bounds the attempts for a name with very many addresses. */
const maxAddresses = 40;

/** The addresses with the families in turns, beginning with that of the first one; duplicates are dropped. */
export function familiesInTurns(addresses: readonly string[]): readonly string[] {
  const all = [...new Set(addresses)];
  const isFirstFamily = (address: string) => isIPv6(address) === isIPv6(all[0] ?? '');
  const first = all.filter((address) => isFirstFamily(address));
  const second = all.filter((address) => !isFirstFamily(address));
  return Array.from({ length: Math.max(first.length, second.length) }, (_, index) => [first[index], second[index]])
    .flat()
    .filter((address) => address !== undefined);
}

type Connection = { destroy(): unknown };

/**
 * Connects to the first address that answers. The next address is tried a quarter of a second after the one before, or at
 * once when that one fails; `connect` ends each attempt by itself. Connections that are made too late are closed. Rejects
 * with the last error when no address answers, and at once with an error for which `isFinal` holds.
 */
export async function connectInTurns<Made extends Connection>(
  addresses: readonly string[],
  connect: (address: string) => Promise<Made>,
  { clock, isFinal = () => false }: { readonly clock: Clock; readonly isFinal?: (error: unknown) => boolean },
): Promise<Made> {
  const waiting = familiesInTurns(addresses).slice(0, maxAddresses);
  const first = Promise.withResolvers<Made>();
  let running = 0;
  let isOver = false;
  let timer: Disposable | undefined;

  const end = (): boolean => {
    timer?.[Symbol.dispose]();
    const wasOver = isOver;
    isOver = true;
    return !wasOver;
  };
  const failed = (error: unknown): void => {
    running -= 1;
    if (isFinal(error) || (waiting.length === 0 && running === 0)) {
      if (end()) first.reject(error);
    } else startNext();
  };
  const startNext = (): void => {
    timer?.[Symbol.dispose]();
    const address = isOver ? undefined : waiting.shift();
    if (address === undefined) return;
    running += 1;
    callbackify(connect)(address, (error, made) => {
      if (error !== null) failed(error);
      else if (end()) first.resolve(made);
      else made.destroy();
    });
    if (waiting.length > 0) timer = clock.schedule(staggerMs, startNext);
  };

  startNext();
  return first.promise;
}
