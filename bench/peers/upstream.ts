import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { World } from '../../simulator/world.ts';
import type { HttpReply } from '../../src/providers/http/http-exchange.ts';
import { type WireAnswer, wireAnswerFor } from './wire-answer.ts';

export type Upstream = AsyncDisposable & {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
};

/** The simulated world behind a real socket, OpenAI-shaped: POST /v1/images/generations, and GET for the free probe. */
export async function startUpstream(world: World): Promise<Upstream> {
  const server = createServer((request, response) => {
    void answer(world, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('Nobody waits for the answer')));
  const place = numberIn(request.headers.authorization ?? '');
  const body = await text(request);
  if (request.method === 'GET') {
    const reply = await world.probe(place, gone.signal);
    return speak(response, reply.kind === 'answer' ? { ...reply, headers: {}, body: '{}' } : { kind: 'cut' });
  }
  const { prompt } = JSON.parse(body) as { readonly prompt: string };
  const at = world.calls.length;
  const reply = await world.call(place, numberIn(prompt), gone.signal);
  speak(response, wireAnswerFor(world.calls[at]?.met, world.seats(place), retryAfterOf(reply)));
}

function retryAfterOf(reply: HttpReply): string | undefined {
  const value = reply.kind === 'answer' ? reply.headers['retry-after'] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function speak(response: ServerResponse, wireAnswer: WireAnswer): void {
  if (wireAnswer.kind === 'cut') response.destroy();
  else response.writeHead(wireAnswer.status, wireAnswer.headers).end(wireAnswer.body);
}

function numberIn(words: string): number {
  return Number(/(\d+)$/.exec(words)?.[1]);
}
