import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What comes instead of Telegram's own answer. */
export type Odd = {
  readonly status?: number;
  readonly body: string | Uint8Array;
  /** Telegram does the work first, and only its answer is lost. */
  readonly done?: boolean;
  /** The connection ends instead of an answer. */
  readonly cut?: boolean;
};

/** Something that stands between the bot and Telegram and answers for it now and then. */
export type TelegramProxy = AsyncDisposable & {
  readonly apiRoot: (telegramUrl: string) => string;
  /** The next call of this method is answered so; several are answered one after the other. */
  next(method: string, ...answers: readonly Odd[]): void;
};

export async function openTelegramProxy(): Promise<TelegramProxy> {
  const waiting = new Map<string, Odd[]>();
  let telegramUrl = '';
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const odd = waiting.get(url.slice(url.lastIndexOf('/') + 1))?.shift();
    if (odd !== undefined && odd.done !== true) return respond(response, odd.status ?? 200, odd.body);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const { status, body } = await forwarded(`${telegramUrl}${url}`, headers, Buffer.concat(chunks), gone.signal);
    if (odd?.cut === true) response.destroy();
    else respond(response, odd?.status ?? status, odd?.body ?? body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    apiRoot: (url) => {
      telegramUrl = url;
      return `http://127.0.0.1:${port}`;
    },
    next: (method, ...answers) => void waiting.set(method, [...(waiting.get(method) ?? []), ...answers]),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function forwarded(url: string, headers: IncomingHttpHeaders, body: Buffer, signal: AbortSignal) {
  const type = headers['content-type'] ?? 'application/json';
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body, signal });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

function respond(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body);
}

/** A refusal as Telegram words it. */
export function refusal(code: number, description: string, parameters?: Readonly<Record<string, unknown>>): Odd {
  return { status: code, body: JSON.stringify({ ok: false, error_code: code, description, parameters }) };
}
