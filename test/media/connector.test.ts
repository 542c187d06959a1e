import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { buildConnector, request } from 'undici';
import { expect, test } from 'vitest';
import { parseExceptions, parseProxy } from '../../src/kit/network/proxy-settings.ts';
import {
  ForbiddenAddressError,
  type Resolve,
  createConnector,
  createGuardedAgent,
  createAgent,
  guardedConnector,
} from '../../src/media/connector.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { localProxy } from '../contract/local-proxy.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aKeeper, forbidden, refused } from './result-stage.ts';
import { aPng } from './sample-files.ts';
import { certificate } from './test-certificates.ts';

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
    const answered = client === 'providers' ? ask(connector, 'http://far.example/') : askTelegram(connector);
    while (network.dialled.length === 0) await new Promise(setImmediate);
    await network.clock.advance(650);
    expect(await answered).toBe('HTTP 200 hello');
    expect(network.dialled).toEqual(['2001:db8::1', '93.184.216.34']);
  }
});

async function askTelegram(connector: buildConnector.connector): Promise<string> {
  const agent = createAgent(connector);
  const { statusCode, body } = await request('http://far.example/', { dispatcher: agent });
  const words = await body.text();
  await agent.destroy();
  return `HTTP ${statusCode} ${words}`;
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
  const agent = createAgent(createConnector(options));
  const say = async (host: string) => {
    const { body } = await request(`https://${host}/`, { dispatcher: agent });
    return body.text();
  };

  expect(await say('api.telegram.example')).toBe('hello api.telegram.example');
  await new Promise(setImmediate);
  expect(await say('api.telegram.example')).toBe('hello api.telegram.example');
  await expect(say('evil.example')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  // The connection is kept and used again.
  expect(proxy.asked).toEqual(['api.telegram.example:443', 'evil.example:443']);
  await agent.destroy();
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

test.each(['http://127.0.0.1:9', 'socks5://127.0.0.1:9', 'https://127.0.0.1:9'])(
  'a proxy that is not there is named: %s',
  async (url) => {
    expect(await ask(createConnector({ proxies: proxiesOf(url) }), 'https://cdn.example.com/')).toEqual({
      kind: 'unreachable',
      detail: 'cannot connect: PROXY_UNREACHABLE',
    });
  },
);

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

type Target = Pick<buildConnector.Options, 'hostname' | 'port' | 'protocol'>;

const target: Target = { hostname: 'cdn.example.com', port: '', protocol: 'https:' };

/** A dialler that opens nothing and remembers what it was asked to open. */
function recorder(outcomes: readonly ('works' | 'fails' | { remoteAddress: string })[] = []) {
  const dialled: buildConnector.Options[] = [];
  const destroyed: string[] = [];
  const dial: buildConnector.connector = (options, callback) => {
    const outcome = outcomes[dialled.length] ?? 'works';
    dialled.push(options);
    if (outcome === 'fails') return callback(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), null);
    const remoteAddress = outcome === 'works' ? options.hostname : outcome.remoteAddress;
    const socket = { remoteAddress, destroy: () => void destroyed.push(remoteAddress) };
    return callback(null, socket as unknown as Socket);
  };
  return { dial, dialled, destroyed };
}

function connect(connector: buildConnector.connector, to: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connector({ ...to, host: to.hostname }, (error, socket) => {
      if (error === null) resolve(socket);
      else reject(error);
    });
  });
}

/** Answers one list of addresses after the other. */
function resolver(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const resolve: Resolve = async (hostname) => {
    asked.push(hostname);
    return answers[asked.length - 1] ?? [];
  };
  return { resolve, asked };
}

test.each([
  ['a private address (S15)', ['127.0.0.1']],
  ['a public and a private address (S16)', ['93.184.216.34', '10.0.0.1']],
  ['a mapped address (S13)', ['::ffff:127.0.0.1']],
  [
    'a private address as its hundredth (S34)',
    [...Array.from({ length: 99 }, (_, n) => `93.184.216.${n + 1}`), '10.0.0.1'],
  ],
  ['no address but words', ['localhost']],
])('guardedConnector() dials nothing for a name with %s', async (_name, addresses) => {
  const { dial, dialled } = recorder();
  const connector = guardedConnector({ allowPrivateHosts: [], dial, ...resolver(addresses) });

  await expect(connect(connector, target)).rejects.toBeInstanceOf(ForbiddenAddressError);
  expect(dialled).toEqual([]);
});

test.each(['127.0.0.1', '::1', '[::1]', '169.254.169.254', '64:ff9b::7f00:1'])(
  'guardedConnector() dials nothing for the literal %s and resolves nothing (S18)',
  async (hostname) => {
    const { dial, dialled } = recorder();
    const { resolve, asked } = resolver(['93.184.216.34']);
    const connector = guardedConnector({ allowPrivateHosts: [], dial, resolve });

    await expect(connect(connector, { ...target, hostname })).rejects.toBeInstanceOf(ForbiddenAddressError);
    expect({ dialled, asked }).toEqual({ dialled: [], asked: [] });
  },
);

test('guardedConnector() asks the name server once and dials the address that was checked, under its name (S17)', async () => {
  const { dial, dialled } = recorder();
  const { resolve, asked } = resolver(['93.184.216.34'], ['127.0.0.1']);
  const connector = guardedConnector({ allowPrivateHosts: [], dial, resolve });

  await connect(connector, target);

  expect(asked).toEqual(['cdn.example.com']);
  expect(dialled).toEqual([
    {
      protocol: 'https:',
      port: '',
      host: 'cdn.example.com',
      hostname: '93.184.216.34',
      servername: 'cdn.example.com',
    },
  ]);
});

test('guardedConnector() closes a connection that ends somewhere else than it was dialled (S17)', async () => {
  const { dial, destroyed } = recorder([{ remoteAddress: '127.0.0.1' }]);
  const connector = guardedConnector({ allowPrivateHosts: [], dial, ...resolver(['93.184.216.34']) });

  await expect(connect(connector, target)).rejects.toBeInstanceOf(ForbiddenAddressError);
  expect(destroyed).toEqual(['127.0.0.1']);
});

test('guardedConnector() tries the next checked address when one does not answer', async () => {
  const { dial, dialled } = recorder(['fails', 'works']);
  const connector = guardedConnector({ allowPrivateHosts: [], dial, ...resolver(['2606:4700::1', '93.184.216.34']) });

  const socket = await connect(connector, target);

  expect(socket.remoteAddress).toBe('93.184.216.34');
  expect(dialled.map(({ hostname }) => hostname)).toEqual(['2606:4700::1', '93.184.216.34']);
});

test('guardedConnector() gives up after forty addresses that do not answer', async () => {
  const { dial, dialled } = recorder(Array.from({ length: 40 }, () => 'fails' as const));
  const many = Array.from({ length: 1000 }, (_, n) => `93.184.${n >> 8}.${n & 255}`);
  const connector = guardedConnector({ allowPrivateHosts: [], dial, ...resolver(many) });

  await expect(connect(connector, target)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(dialled).toHaveLength(40);
});

test('guardedConnector() waits five seconds for a name server (S34)', async () => {
  const clock = fakeClock();
  const { dial, dialled } = recorder();
  const resolve = () => new Promise<readonly string[]>(() => {});
  const connecting = connect(guardedConnector({ allowPrivateHosts: [], dial, resolve, clock }), target);
  const refused = connecting.catch((error: unknown) => error);

  await clock.advance(5000);

  expect(await refused).toMatchObject({ code: 'EAI_AGAIN' });
  expect(dialled).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('guardedConnector() says that a name without an address does not exist (S34)', async () => {
  const connector = guardedConnector({ allowPrivateHosts: [], dial: recorder().dial, ...resolver([]) });

  await expect(connect(connector, target)).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('guardedConnector() exempts exactly the named host and port', async () => {
  const { dial, dialled } = recorder();
  const { resolve } = resolver(['10.0.0.7'], ['10.0.0.7']);
  const connector = guardedConnector({ allowPrivateHosts: ['minio:9000', '[::1]:8080'], dial, resolve });

  await connect(connector, { hostname: 'minio', port: '9000', protocol: 'http:' });
  await connect(connector, { hostname: '::1', port: '8080', protocol: 'http:' });
  await expect(connect(connector, { hostname: 'minio', port: '9001', protocol: 'http:' })).rejects.toBeInstanceOf(
    ForbiddenAddressError,
  );

  expect(dialled.map(({ hostname }) => hostname)).toEqual(['10.0.0.7', '::1']);
});

test('createGuardedAgent() keeps the Host header of the name it connects for', async () => {
  await using server = await localHttpServer((_request, response) => void response.end('hello'));
  const port = server.host.split(':')[1] ?? '';
  const allowPrivateHosts = [`pictures.example.com:${port}`];
  const agent = createGuardedAgent({ allowPrivateHosts, ...resolver(['127.0.0.1']) });

  const response = await request(`http://pictures.example.com:${port}/a`, { dispatcher: agent });

  expect(await response.body.text()).toBe('hello');
  expect(server.seen[0]?.headers.host).toBe(`pictures.example.com:${port}`);
  await agent.destroy();
});

test('createGuardedAgent() fails the request of a forbidden name with the reason and without a connection', async () => {
  await using server = await localHttpServer((_request, response) => void response.end('hello'));
  const port = server.host.split(':')[1] ?? '';
  const agent = createGuardedAgent({ allowPrivateHosts: [], ...resolver(['127.0.0.1']) });

  await expect(request(`http://pictures.example.com:${port}/a`, { dispatcher: agent })).rejects.toBeInstanceOf(
    ForbiddenAddressError,
  );
  expect(server.connections()).toBe(0);
  await agent.destroy();
});
