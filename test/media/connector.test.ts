import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, get as getSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { createConnector, createNodeAgent } from '../../src/media/connector.ts';
import { parseExceptions, parseProxy } from '../../src/kit/network/proxy-settings.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { localProxy } from '../contract/local-proxy.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { guardedConnector } from '../../src/media/guarded-connect.ts';
import { aKeeper, forbidden, refused } from './result-stage.ts';
import { aPng } from './sample-files.ts';
import { certificate } from './test-certificates.ts';
import { fakeClock } from '../support/fake-clock.ts';

function proxiesOf(url: string, except = '') {
  const proxy = parseProxy(url);
  return { https: proxy, http: proxy, except: parseExceptions(except) };
}

async function ask(connector: buildConnector.connector, url: string, signal = new AbortController().signal) {
  await using http = createHttpClient({ connector });
  const reply = await http.call({ method: 'GET', url, headers: {}, signal, bodyLimitBytes: 1_000_000 });
  return reply.kind === 'answer' ? `HTTP ${reply.status} ${Buffer.from(reply.body).toString()}` : reply;
}

/** Leads every address but the dead ones to the server, which answers the connection `afterMs` later. */
function slowNetwork(server: { readonly host: string }, afterMs: number, clock = fakeClock()) {
  const [hostname = '', port = ''] = server.host.split(':');
  const real = buildConnector({});
  const dialled: string[] = [];
  const dial: buildConnector.connector = (target, callback) => {
    dialled.push(target.hostname);
    if (target.hostname.includes(':')) return;
    clock.schedule(afterMs, () => real({ ...target, hostname, host: server.host, port }, callback));
  };
  return { clock, dialled, dial, resolve: async () => ['2001:db8::1', '93.184.216.34'] };
}

test('a name with a dead IPv6 address and an IPv4 address that takes 400 ms is reached by every client', async () => {
  await using server = await localHttpServer((_request, response) => void response.end('hello'));
  for (const client of ['providers', 'telegram'] as const) {
    const network = slowNetwork(server, 400);
    const connector = createConnector(network);
    const answered = client === 'providers' ? ask(connector, 'http://far.example/') : askNode(connector);
    while (network.dialled.length === 0) await new Promise(setImmediate);
    await network.clock.advance(650);
    expect(await answered).toBe('HTTP 200 hello');
    expect(network.dialled).toEqual(['2001:db8::1', '93.184.216.34']);
  }
});

async function askNode(connector: buildConnector.connector): Promise<string> {
  const agent = createNodeAgent('http:', connector);
  const [response] = await once(get('http://far.example/', { agent }), 'response');
  const body = Buffer.concat(await response.toArray()).toString();
  agent.destroy();
  return `HTTP ${response.statusCode} ${body}`;
}

test('a target is reached through the proxy, which gets the name and the credentials', async () => {
  await using server = await localHttpServer((_request, response) => void response.end('hello'));
  await using proxy = await localProxy({ lead: () => server.host });
  const proxies = proxiesOf(proxy.url.replace('//', '//ann:secret@'));

  expect(await ask(createConnector({ proxies }), 'http://only.the-proxy-knows.example/')).toBe('HTTP 200 hello');
  expect(proxy.asked).toEqual(['only.the-proxy-knows.example:80']);
  expect(proxy.credentials).toEqual([`Basic ${Buffer.from('ann:secret').toString('base64')}`]);
  expect(server.seen[0]?.headers).not.toHaveProperty('proxy-authorization');
});

test('an exception is reached without the proxy', async () => {
  await using server = await localHttpServer((_request, response) => void response.end('hello'));
  await using proxy = await localProxy();
  const proxies = proxiesOf(proxy.url, 'localhost,127.0.0.1');

  expect(await ask(createConnector({ proxies }), server.url)).toBe('HTTP 200 hello');
  expect(proxy.asked).toEqual([]);
});

test('TLS ends at the target and not at the proxy', async () => {
  const authority = certificate({});
  const secure = createServer(certificate({ host: 'cdn.example.com', issuer: authority }), (_request, response) => {
    response.end('hello');
  });
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const { port } = secure.address() as AddressInfo;
  await using proxy = await localProxy({ lead: () => `127.0.0.1:${port}` });
  const options = { proxies: proxiesOf(proxy.url), dial: buildConnector({ ca: authority.cert, allowH2: false }) };

  expect(await ask(createConnector(options), 'https://cdn.example.com/')).toBe('HTTP 200 hello');
  expect(await ask(createConnector(options), 'https://evil.example.com/')).toMatchObject({ kind: 'unreachable' });
  expect(proxy.asked).toEqual(['cdn.example.com:443', 'evil.example.com:443']);
  secure.closeAllConnections();
  secure.close();
});

test('Telegram is reached by TLS through a proxy, and its certificate is checked', async () => {
  const authority = certificate({});
  const secure = createServer(certificate({ host: 'api.telegram.example', issuer: authority }), (request, response) => {
    response.end(`hello ${request.headers.host}`);
  });
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const { port } = secure.address() as AddressInfo;
  await using proxy = await localProxy({ lead: () => `127.0.0.1:${port}` });
  const options = { proxies: proxiesOf(proxy.url), dial: buildConnector({ ca: authority.cert, allowH2: false }) };
  const agent = createNodeAgent('https:', createConnector(options));
  const say = async (host: string) => {
    const [response] = (await once(getSecure(`https://${host}/`, { agent }), 'response')) as [IncomingMessage];
    return Buffer.concat(await response.toArray()).toString();
  };

  expect(await say('api.telegram.example')).toBe('hello api.telegram.example');
  expect(await say('api.telegram.example')).toBe('hello api.telegram.example');
  await expect(say('evil.example')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  // The connection is kept and used again.
  expect(proxy.asked).toEqual(['api.telegram.example:443', 'evil.example:443']);
  agent.destroy();
  secure.closeAllConnections();
  secure.close();
});

test.each([
  [407, 'PROXY_PASSWORD'],
  [403, 'PROXY_REFUSED'],
  [502, 'PROXY_REFUSED'],
])('a proxy that answers %i is named as the reason, without its credentials', async (behaviour, code) => {
  await using proxy = await localProxy({ behaviour });
  const proxies = proxiesOf(proxy.url.replace('//', '//ann:secret@'));

  expect(await ask(createConnector({ proxies }), 'https://cdn.example.com/')).toEqual({
    kind: 'unreachable',
    detail: `cannot connect: ${code}`,
  });
});

test('a proxy that is not there is unreachable', async () => {
  const proxies = proxiesOf('http://127.0.0.1:9');

  expect(await ask(createConnector({ proxies }), 'https://cdn.example.com/')).toMatchObject({ kind: 'unreachable' });
});

test('a proxy that does not answer is waited for ten seconds', async () => {
  await using proxy = await localProxy({ behaviour: 'silent' });
  const clock = fakeClock();
  const answered = ask(createConnector({ proxies: proxiesOf(proxy.url), clock }), 'https://cdn.example.com/');
  while (proxy.asked.length === 0) await new Promise(setImmediate);
  await clock.advance(10_000);

  expect(await answered).toEqual({ kind: 'unreachable', detail: 'cannot connect: PROXY_TIMEOUT' });
});

test('a call whose line stalls inside the proxy ends with its own deadline', async () => {
  await using proxy = await localProxy({ behaviour: 'stalls' });
  const clock = fakeClock();
  using deadline = clock.deadline(30_000);
  const answered = ask(createConnector({ proxies: proxiesOf(proxy.url) }), 'http://cdn.example.com/', deadline);
  while (proxy.asked.length === 0) await new Promise(setImmediate);
  await clock.advance(30_000);

  expect(await answered).toEqual({ kind: 'timed-out' });
});

test('a result is fetched through the proxy, and a private name or address is not (S29)', async () => {
  await using server = await localHttpServer((_request, response) => void response.end(aPng()));
  await using proxy = await localProxy({ lead: () => server.host });
  const allowPrivateHosts = ['pictures.example.com:80'];
  await using results = await aKeeper({ proxies: proxiesOf(proxy.url), allowPrivateHosts });

  expect((await results.keep('http://pictures.example.com/a.png')).kept.ok).toBe(true);
  await using others = await aKeeper({ proxies: proxiesOf(proxy.url) });
  for (const host of ['localhost', '10.0.0.1', '[::1]', 'metadata.google.internal', '169.254.169.254', 'router.lan']) {
    expect(await others.keep(`https://${host}/a.png`)).toEqual(forbidden);
  }
  expect(proxy.asked).toEqual(['pictures.example.com:80']);
});

test.each(['localhost', '10.0.0.1', '::1', 'db.internal'])(
  'the guard itself asks no proxy for %s',
  async (hostname) => {
    await using proxy = await localProxy();
    const connector = guardedConnector({ allowPrivateHosts: [], proxies: proxiesOf(proxy.url) });
    const failed = await new Promise((resolve) => {
      connector({ protocol: 'https:', hostname, host: hostname, port: '' }, (...[error]) => resolve(error));
    });

    expect(failed).toMatchObject({ name: 'ForbiddenAddressError' });
    expect(proxy.asked).toEqual([]);
  },
);

test('a result that the proxy refuses may be fetched again', async () => {
  await using proxy = await localProxy({ behaviour: 503 });
  await using results = await aKeeper({ proxies: proxiesOf(proxy.url) });

  expect(await results.keep('https://cdn.example.com/a.png')).toEqual(refused('result-unavailable', true));
});
