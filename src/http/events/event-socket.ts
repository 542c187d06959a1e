import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { type Clock, every } from '../../kit/clock.ts';
import { type EventFeed, type FeedReader, topicsOf } from './event-feed.ts';

/** Clients have nothing to say but pings and closes. */
const maxMessageBytes = 1_024;
/** More than this waits for a slow reader no longer. */
const maxWaitingBytes = 1_000_000;
const beatEveryMs = 30_000;
/** Between two messages to a reader that wants only names. */
const gatherMs = 50;

export type Upgrades = AsyncDisposable & {
  /** Whether the request asks for this protocol, at this path. */
  isFor(request: IncomingMessage): boolean;
  /** Takes the connection of a request that the gate has let in. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void;
};

/**
 * The event feed as a WebSocket at `/`: one JSON text a message; `?topics=` and `?last=` as with server-sent events. With
 * `?names` a message is `{"events": […]}`, the names of what happened since the last one.
 */
export function eventSocket(feed: EventFeed, clock: Clock): Upgrades {
  let server: WebSocketServer | undefined;
  let isClosed = false;
  const alive = new WeakSet<WebSocket>();
  const beats = every(clock, beatEveryMs, () => {
    for (const client of server?.clients ?? []) {
      // Nothing was heard since the last ping.
      if (!alive.delete(client)) client.terminate();
      else client.ping();
    }
  });
  const serve = (client: WebSocket, request: IncomingMessage) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    alive.add(client);
    client.on('pong', () => alive.add(client));
    client.on('error', () => client.terminate());
    const send = (text: string): boolean => {
      if (client.bufferedAmount > maxWaitingBytes) return false;
      client.send(text);
      return true;
    };
    const reader: FeedReader = searchParams.has('names') ? gathered(send, clock) : ({ data }) => send(data);
    const reading = feed.read(reader, {
      topics: topicsOf(searchParams.get('topics') ?? undefined),
      lastId: searchParams.get('last') ?? undefined,
      onGone: () => client.terminate(),
    });
    client.on('close', () => reading[Symbol.dispose]());
  };
  const open = async () => {
    const library = await import('ws');
    return (server ??= new library.WebSocketServer({
      noServer: true,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
    }));
  };
  return {
    isFor: ({ headers, url = '', method }) =>
      method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && url.split('?', 1)[0] === '/',
    take: (request, socket, head) => {
      // The library listens for errors from its first moment on, but it is loaded first.
      socket.on('error', () => socket.destroy());
      void open().then(
        (opened) => {
          if (isClosed) socket.destroy();
          else opened.handleUpgrade(request, socket, head, (client) => serve(client, request));
        },
        () => socket.destroy(),
      );
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      beats[Symbol.dispose]();
      // close() waits for clients for ever.
      for (const client of server?.clients ?? []) client.terminate();
      server?.close();
    },
  };
}

/**
 * Sends the names of events, each once a message: the first at once, the others together after a while. At thousands of
 * events a second the page that only reads again must not cost the bot a line and a system call for each of them.
 */
function gathered(send: (text: string) => boolean, clock: Clock): FeedReader {
  const names = new Set<string>();
  let isResting = false;
  let keepsUp = true;
  const tell = () => {
    isResting = names.size > 0;
    if (!isResting) return;
    keepsUp = send(JSON.stringify({ events: [...names] }));
    names.clear();
    clock.schedule(gatherMs, tell);
  };
  return ({ name }) => {
    names.add(name);
    if (!isResting) tell();
    return keepsUp;
  };
}
