import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

export type StandInRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The same, for a body that is no text. */
  readonly bytes: Uint8Array;
  /** `http://host:port` of this server. */
  readonly root: string;
  /** Aborts when the client closes the connection, or the server closes. */
  readonly signal: AbortSignal;
};

export type StandInReply =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
  /** The body is sent piece by piece; the connection is cut after the last one where `isCut`. */
  | {
      readonly kind: 'stream';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly pieces: AsyncIterable<string> | Iterable<string>;
      readonly isCut?: boolean;
    }
  /** The connection is cut without a response. */
  | { readonly kind: 'cut' }
  /** Nothing is sent until the client closes the connection. */
  | { readonly kind: 'hang' };

export function jsonReply(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Extract<StandInReply, { kind: 'reply' }> {
  const type = { 'content-type': 'application/json' };
  return { kind: 'reply', status, headers: { ...type, ...headers }, body: JSON.stringify(value) };
}

/** A reply that a stand-in gives instead of its own, `times` in a row; without end when absent. */
export type ScriptedFault<Route extends string> = {
  readonly route: Route;
  readonly times?: number;
  readonly reply: StandInReply;
};

/** Hands out scripted replies: the first fault of the route that is not used up. */
export class FaultScript<Route extends string> {
  #faults: { readonly fault: ScriptedFault<Route>; used: number }[] = [];

  set(faults: readonly ScriptedFault<Route>[]): void {
    this.#faults = faults.map((fault) => ({ fault, used: 0 }));
  }

  next(route: Route): StandInReply | undefined {
    const due = this.#faults.find(({ fault, used }) => fault.route === route && used < (fault.times ?? Infinity));
    if (due === undefined) return undefined;
    due.used += 1;
    return due.fault.reply;
  }
}

export type StandInServer = AsyncDisposable & {
  /** `host:port`. */
  readonly host: string;
  /** `http://host:port`. */
  readonly root: string;
};

const maxBodyBytes = 20 * 1024 * 1024;

/** Serves one provider's API on loopback; listens when the promise resolves. A handler that throws becomes a 500. */
export async function startStandIn(
  handle: (request: StandInRequest) => Promise<StandInReply>,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string | undefined; readonly port?: number | undefined } = {},
): Promise<StandInServer> {
  const closing = new AbortController();
  let root = '';
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.on('close', () => gone.abort(new Error('The client has gone')));
    const bytes = await readBody(incoming);
    if (bytes === undefined) return void response.writeHead(413).end();
    const signal = AbortSignal.any([gone.signal, closing.signal]);
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://sandbox');
    const { method = 'GET', headers } = incoming;
    const asked = { method, path: pathname, query: searchParams, headers, body: bytes.toString(), bytes, root, signal };
    const reply = await handle(asked).catch((error: unknown) =>
      jsonReply(500, { message: error instanceof Error ? error.message : String(error) }),
    );
    if (signal.aborted) return;
    if (reply.kind === 'cut') response.socket?.destroy();
    else if (reply.kind === 'hang') await once(signal, 'abort');
    else if (reply.kind === 'stream') await sendPieces(reply, response, signal);
    else response.writeHead(reply.status, reply.headers).end(reply.body);
  };
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Cannot read the port of the stand-in');
  const named = `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  root = `http://${named}`;
  return {
    host: named,
    root,
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error('The sandbox closes'));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function sendPieces(
  { status, headers, pieces, isCut = false }: Extract<StandInReply, { kind: 'stream' }>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(status, headers);
  for await (const piece of pieces) {
    if (signal.aborted) return;
    // Each piece leaves by itself, as a provider sends it.
    await new Promise<void>((resolve) => void response.write(piece, () => resolve()));
  }
  if (isCut) response.socket?.destroy();
  else response.end();
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBodyBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
