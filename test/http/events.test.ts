import { once } from 'node:events';
import { createParser } from 'eventsource-parser';
import { WebSocket } from 'undici';
import { expect, test } from 'vitest';
import { createEventBus } from '../../src/domain/event-bus.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { EventFeed, type FeedEntry, topicsOf } from '../../src/http/events/event-feed.ts';
import { eventSocket } from '../../src/http/events/event-socket.ts';
import { eventRoutes, eventStream } from '../../src/http/routes/event-routes.ts';
import { logLine } from '../../src/observability/logger.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openTestApp } from '../support/test-app.ts';
import { everyEvent } from '../observability/every-event.ts';
import { adminEnv } from './admin-client.ts';
import { aServer, adminToken, ask, connected, withToken } from './test-server.ts';

function aFeed() {
  const clock = fakeClock();
  const bus = createEventBus();
  const feed = new EventFeed({ events: bus, clock, toLine: logLine });
  return { clock, bus, feed, routes: [eventRoutes(feed, clock)] };
}

const named = (name: AppEvent['event']): AppEvent =>
  everyEvent.find((event) => event.event === name) ?? { event: 'clock.jumped', byMs: 0 };
const jumped = (byMs: number): AppEvent => ({ event: 'clock.jumped', byMs });
const read = (feed: EventFeed, topics = '', lastId?: string) => {
  const seen: FeedEntry[] = [];
  feed.read((entry) => seen.push(entry) > 0, { topics: topicsOf(topics), lastId, onGone: () => undefined });
  return seen;
};

test('every event of the log comes as the log has it, with an id and its time', () => {
  const { bus, feed } = aFeed();
  const seen = read(feed);
  for (const event of everyEvent) bus.emit(event);
  expect(seen.map(({ name }) => name)).toEqual(everyEvent.map(({ event }) => event));
  for (const { id, name, data } of seen) {
    expect(data).not.toContain('\n');
    expect(JSON.parse(data)).toMatchObject({ id, event: name, time: '2026-01-01T00:00:00.000Z' });
  }
});

test('a reader chooses topics or single events, and goes on after the last id it saw', () => {
  const { bus, feed } = aFeed();
  const all = read(feed);
  const some = read(feed, 'lease,clock.jumped');
  bus.emit(jumped(1));
  bus.emit(named('lease.lent'));
  bus.emit(named('job.cancelled'));
  bus.emit(jumped(2));
  expect(some.map(({ name }) => name)).toEqual(['clock.jumped', 'lease.lent', 'clock.jumped']);
  expect(read(feed, '', all[1]?.id).map(({ id }) => id)).toEqual([all[2]?.id, all[3]?.id]);
  expect(read(feed, 'clock', all[1]?.id).map(({ id }) => id)).toEqual([all[3]?.id]);
  // Of an earlier process: nothing of this one was seen.
  expect(read(feed, '', '1-4')).toHaveLength(4);
  expect(read(feed, '', 'nonsense')).toEqual([]);
});

test('a slow reader is dropped, and the others are not held up', () => {
  const { bus, feed } = aFeed();
  let isGone = false;
  let given = 0;
  feed.read(() => (given += 1) < 3, { topics: topicsOf(''), onGone: () => (isGone = true) });
  const other = read(feed);
  for (let count = 0; count < 5; count += 1) bus.emit(jumped(count));
  expect([isGone, given, other.length, feed.readers]).toEqual([true, 3, 5, 1]);
});

test('a stream of events that nobody reads is closed after a thousand of them', async () => {
  const { bus, feed, clock } = aFeed();
  const stream = eventStream(feed, { topics: topicsOf('') }, clock);
  for (let count = 0; count < 1_200; count += 1) bus.emit(jumped(count));
  expect(feed.readers).toBe(0);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(chunks).toHaveLength(1_000);
});

test('over HTTP events are read by a parser of others, and a closed connection ends the reading', async () => {
  const { bus, feed, routes } = aFeed();
  await using server = await aServer({ routes });
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${adminToken}` };
  const answered = await fetch(`${server.url}/api/events?topics=clock`, { headers, signal: leaving.signal });
  expect([answered.status, answered.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const seen: { id: string | undefined; event: string | undefined; byMs: unknown }[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => seen.push({ id, event, byMs: (JSON.parse(data) as { byMs: number }).byMs }),
  });
  const reader = (answered.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  bus.emit(named('job.cancelled'));
  bus.emit(jumped(5));
  while (seen.length === 0) parser.feed(decoder.decode((await reader.read()).value, { stream: true }));
  expect(seen).toMatchObject([{ event: 'clock.jumped', byMs: 5 }]);
  leaving.abort();
  await expect(reader.read()).rejects.toThrow('aborted');
  while (feed.readers > 0) await new Promise((resolve) => setImmediate(resolve));
  expect((await fetch(`${server.url}/api/events?topics=%3Cx%3E`, { headers })).status).toBe(400);
  expect((await ask(server, 'GET /api/events')).status).toBe(401);
});

async function aSocketServer() {
  const { bus, feed, clock } = aFeed();
  const upgrades = eventSocket(feed, clock);
  const server = await aServer({ upgrades });
  const connect = (path: string, token = adminToken) =>
    new WebSocket(`${server.url.replace('http', 'ws')}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { bus, feed, clock, server, connect };
}

test('a WebSocket at / gets events by topic and resumes; nobody without the token does, and nobody elsewhere (H16)', async () => {
  const { bus, feed, server, connect } = await aSocketServer();
  await using _ = server;
  const socket = connect('/?topics=clock');
  await once(socket, 'open');
  bus.emit(jumped(7));
  const [message] = (await once(socket, 'message')) as [{ data: string }];
  const first = JSON.parse(message.data) as { id: string };
  expect(first).toMatchObject({ event: 'clock.jumped', byMs: 7 });
  bus.emit(jumped(8));
  const again = connect(`/?topics=clock&last=${first.id}`);
  const [missed] = (await once(again, 'message')) as [{ data: string }];
  expect(JSON.parse(missed.data)).toMatchObject({ byMs: 8 });
  socket.close();
  again.close();
  while (feed.readers > 0) await new Promise((resolve) => setImmediate(resolve));
  const refused = [connect('/', 'wrong'), connect('/api/events')].map(
    (client) =>
      new Promise((resolve) => {
        client.addEventListener('error', () => resolve('refused'));
        client.addEventListener('open', () => resolve('let in'));
      }),
  );
  expect(await Promise.all(refused)).toEqual(['refused', 'refused']);
  const upgrade = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: x'];
  const bare = await ask(server, 'GET /', upgrade);
  expect(bare.status).toBe(401);
});

test('a page is told the names of what happened: the first at once, the rest together and each once', async () => {
  const { bus, feed, clock, server, connect } = await aSocketServer();
  await using _ = server;
  const socket = connect('/?names');
  const told: unknown[] = [];
  socket.addEventListener('message', ({ data }) => void told.push(JSON.parse(String(data))));
  await once(socket, 'open');
  for (const event of [jumped(1), jumped(2), named('job.cancelled'), jumped(3)]) bus.emit(event);
  await clock.advance(50);
  bus.emit(named('lease.lent'));
  await clock.advance(50);
  await clock.advance(50);
  bus.emit(jumped(4));
  while (told.length < 4) await once(socket, 'message');
  expect(told).toEqual([
    { events: ['clock.jumped'] },
    { events: ['clock.jumped', 'job.cancelled'] },
    { events: ['lease.lent'] },
    { events: ['clock.jumped'] },
  ]);
  socket.close();
  while (feed.readers > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('a client that sends too much is cut off, and one that does not answer pings is dropped', async () => {
  const { clock, feed, server, connect } = await aSocketServer();
  await using _ = server;
  const loud = connect('/');
  await once(loud, 'open');
  loud.send('x'.repeat(100_000));
  await once(loud, 'close');
  const quiet = await connected(server);
  const gone = once(quiet, 'close');
  const head = ['GET / HTTP/1.1', `Host: ${new URL(server.url).host}`, withToken, 'Connection: Upgrade'];
  const socketHead = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  quiet.write([...head, ...socketHead, '', ''].join('\r\n'));
  const [answered] = (await once(quiet, 'data')) as [Buffer];
  expect(answered.toString()).toMatch(/^HTTP\/1\.1 101 /);
  await clock.advance(30_000);
  expect(feed.readers).toBe(1);
  await clock.advance(30_000);
  await gone;
  while (feed.readers > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('the bot ends with an open stream and an open socket, and a picture is told event by event', async () => {
  const bot = await openTestApp({ env: adminEnv });
  const headers = { authorization: `Bearer ${adminToken}` };
  const stream = await fetch(`${bot.app.httpUrl}/api/events`, { headers });
  const socket = new WebSocket(`${bot.app.httpUrl.replace('http', 'ws')}/?topics=job`, { headers });
  await once(socket, 'open');
  const names: string[] = [];
  socket.addEventListener('message', ({ data }) => names.push((JSON.parse(String(data)) as { event: string }).event));
  bot.person(7).say('/generate a red fox');
  await bot.event('job.delivered');
  while (!names.includes('job.delivered')) await once(socket, 'message');
  expect(names.filter((name) => name !== 'job.notified')).toEqual([
    'job.accepted',
    'job.started',
    'job.produced',
    'job.delivered',
  ]);
  await bot[Symbol.asyncDispose]();
  await stream.body?.cancel().catch(() => undefined);
});
