import type { RequestListener } from 'node:http';
import { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { localHttpServer, localTcpServer } from '../contract/local-server.ts';
import { aPng } from './sample-files.ts';
import { ask, canaryKey, goodUrl, malformed } from '../providers/bytez/ask-bytez.ts';
import { aKeeper, forbidden, keep, networkOf, publicAddress, refused } from './result-stage.ts';

/** A server that stands at a public address under a name of its own, and may be asked without TLS. */
async function publicServer(listener: RequestListener) {
  const server = await localHttpServer(listener);
  const network = networkOf(server, buildConnector({}));
  const options = {
    dial: network.dial,
    resolve: async (name: string) => (name === 'inside.example.com' ? ['10.0.0.1'] : [publicAddress]),
    allowPrivateHosts: ['cdn.example.com:80', 'other.example.com:80'],
  };
  return {
    server,
    network,
    keep: async () => await keep('http://cdn.example.com/a.png', options),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const statuses = [301, 302, 303, 307, 308];
const inside = [
  'https://127.0.0.1/',
  'https://localhost/',
  'https://[::1]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::ffff:127.0.0.1]/',
  'https://10.0.0.1/',
  'https://inside.example.com/',
  '//127.0.0.1/x',
  'file:///etc/passwd',
  'data:image/png;base64,AAAA',
  'ftp://cdn.example.com/a.png',
  'gopher://cdn.example.com/',
  'javascript:alert(1)',
  'https://user:pw@cdn.example.com/',
  'https://cdn.example.com:6379/',
  'http://public.example.com/a.png',
  'http:\\\\127.0.0.1\\',
  '\\\\127.0.0.1\\x',
];

test.each(inside)('no redirect leads to %s (S19)', async (location) => {
  for (const status of statuses) {
    await using cdn = await publicServer((_request, response) => void response.writeHead(status, { location }).end());

    expect(await cdn.keep()).toEqual(forbidden);
    expect(cdn.server.seen).toHaveLength(1);
    expect(cdn.network.dialled).toEqual([publicAddress]);
  }
});

test.each([300, 304, 305, 306, 399])('HTTP %i leads nowhere (S19)', async (status) => {
  await using cdn = await publicServer((_request, response) => {
    response.writeHead(status, { location: '/b.png' }).end();
  });

  expect(await cdn.keep()).toEqual(refused('result-unavailable'));
  expect(cdn.server.seen).toHaveLength(1);
});

test('three hops are followed, each asked anew, and a fourth is not (S19)', async () => {
  const hops =
    (most: number): RequestListener =>
    (request, response) => {
      const hop = Number(request.url?.slice(1, 2)) || 0;
      if (hop === most) response.end(aPng());
      else response.writeHead(302, { location: `http://other.example.com/${hop + 1}.png` }).end();
    };
  await using three = await publicServer(hops(3));
  await using four = await publicServer(hops(4));

  expect((await three.keep()).kept.ok).toBe(true);
  expect(await four.keep()).toEqual(refused('result-unavailable'));
  expect([three.server.seen.length, four.server.seen.length]).toEqual([4, 4]);
});

test.each([
  ['a circle', '/a.png', refused('result-unavailable')],
  ['an address of 15,000 characters', `/${'a'.repeat(15_000)}`, forbidden],
  ['an address that is none', 'https://', forbidden],
  ['a backslash', '/a\\b', forbidden],
])('a redirect with %s fails the attempt (S20)', async (_what, location, expected) => {
  await using cdn = await publicServer((_request, response) => void response.writeHead(302, { location }).end());

  expect(await cdn.keep()).toEqual(expected);
});

test.each([
  ['an address of 1 MB', `location: /${'a'.repeat(1_000_000)}\r\n`],
  ['no address', ''],
  ['two addresses', 'location: /a\r\nlocation: /b\r\n'],
  ['an address in two lines', 'location: /a\r\n\tb\r\n'],
  ['a bare line feed in its address', 'location: /a\nset-cookie: b\r\n'],
])('a redirect with %s fails the attempt (S20)', async (_what, header) => {
  let calls = 0;
  await using server = await localTcpServer((socket) => {
    calls += 1;
    socket.end(`HTTP/1.1 302 Found\r\n${header}content-length: 0\r\n\r\n`);
  });

  const { kept, left } = await keep(`${server.url}/a.png`, { allowPrivateHosts: [server.host] });

  expect(kept).toMatchObject({ ok: false });
  expect({ calls, left }).toEqual({ calls: 1, left: [] });
  await server.allClosed();
});

test('a relative redirect stays with its host (S20)', async () => {
  await using cdn = await publicServer((request, response) => {
    if (request.url === '/model/b.png?x=1') response.end(aPng());
    else response.writeHead(302, { location: 'model/b.png?x=1#c' }).end();
  });

  expect((await cdn.keep()).kept.ok).toBe(true);
  expect(cdn.server.seen.map(({ headers }) => headers.host)).toEqual(['cdn.example.com', 'cdn.example.com']);
});

test.each(statuses)('the key of a provider that redirects by %i stays with its host (S21)', async (status) => {
  await using other = await localHttpServer((_request, response) => void response.end());
  await using provider = await localHttpServer((_request, response) => {
    response.writeHead(status, { location: `${other.url}/steal` }).end();
  });

  expect(await ask(provider.url)).toEqual(malformed);
  expect(provider.seen[0]?.headers.authorization).toBe(`Key ${canaryKey}`);
  expect([provider.seen.length, other.connections()]).toEqual([1, 0]);
});

test('a download carries no credential, on no hop, and sends back no cookie (S21)', async () => {
  await using cdn = await publicServer((request, response) => {
    if (request.url === '/b.png') response.end(aPng());
    else response.writeHead(302, { location: 'http://other.example.com/b.png', 'set-cookie': 'a=b' }).end();
  });

  expect((await cdn.keep()).kept.ok).toBe(true);
  const sent = cdn.server.seen.map(({ headers }) => Object.keys(headers).toSorted());
  expect(sent).toEqual([1, 2].map(() => ['accept', 'accept-encoding', 'connection', 'host', 'user-agent']));
});

test('an answer with 10,000 results is not downloaded, and one with ten is downloaded once (S28)', async () => {
  const answering = async (count: number) =>
    await localHttpServer((_request, response) => {
      response.end(JSON.stringify({ error: null, output: Array.from({ length: count }, () => goodUrl) }));
    });
  await using many = await answering(10_000);
  await using ten = await answering(10);

  expect(await ask(many.url)).toEqual(malformed);
  expect(await ask(ten.url)).toEqual({ ok: true, source: { kind: 'url', url: goodUrl } });
});

test('a page that names other files is kept as nothing, and none of them is asked for (S28)', async () => {
  await using server = await localHttpServer((_request, response) => {
    response.end(`<html>${'<img src="/b.png">'.repeat(10_000)}</html>`);
  });
  await using resultStore = await aKeeper({ allowPrivateHosts: [server.host] });

  expect(await resultStore.keep(`${server.url}/a.png`)).toEqual(refused('result-unavailable'));
  expect(server.seen).toHaveLength(1);
});
