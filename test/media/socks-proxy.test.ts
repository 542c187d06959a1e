import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { parseProxy } from '../../src/kit/network/proxy-settings.ts';
import { createConnector } from '../../src/media/connector.ts';
import { createHttpClient } from '../../src/providers/http/http-exchange.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { localSocksProxy, type LocalSocksProxy } from '../contract/local-socks-proxy.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { certificate } from './test-certificates.ts';

function proxiesOf({ host }: LocalSocksProxy, login = '') {
  const proxy = parseProxy(`socks5://${login}${host}`);
  return { https: proxy, http: proxy, except: [] };
}

async function ask(connector: buildConnector.connector, url: string) {
  await using http = createHttpClient({ connector });
  const { signal } = new AbortController();
  const reply = await http.call({ method: 'GET', url, headers: {}, signal, bodyLimitBytes: 1_000_000 });
  return reply.kind === 'answer' ? Buffer.from(reply.body).toString() : reply;
}

const unreachable = (code: string) => ({ kind: 'unreachable', detail: `cannot connect: ${code}` });

test('a SOCKS5 proxy is given the name, and with a login where it asks for one', async () => {
  await using server = await localHttpServer((_request, response) => void response.end('hello'));
  for (const needsLogin of [false, true]) {
    await using proxy = await localSocksProxy({ lead: () => server.host, needsLogin });
    const connector = createConnector({ proxies: proxiesOf(proxy, 'ann:secret@') });

    expect(await ask(connector, 'http://only.the-proxy-knows.example/')).toBe('hello');
    expect(await ask(connector, 'http://93.184.216.34:8080/')).toBe('hello');
    expect(proxy.asked).toEqual(['only.the-proxy-knows.example:80', '93.184.216.34:8080']);
    expect(proxy.logins).toEqual(needsLogin ? ['ann:secret', 'ann:secret'] : []);
  }
});

test('TLS goes through a SOCKS5 proxy to the target', async () => {
  const authority = certificate({});
  const secure = createServer(certificate({ host: 'cdn.example.com', issuer: authority }), (_request, response) => {
    response.end('hello');
  });
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const { port } = secure.address() as AddressInfo;
  await using proxy = await localSocksProxy({ lead: () => `127.0.0.1:${port}` });
  const dial = buildConnector({ ca: authority.cert, allowH2: false });

  expect(await ask(createConnector({ proxies: proxiesOf(proxy), dial }), 'https://cdn.example.com/')).toBe('hello');
  expect(proxy.asked).toEqual(['cdn.example.com:443']);
  secure.closeAllConnections();
  secure.close();
});

test.each([
  ['refuses', { behaviour: 2 }, 'ann:secret@', 'PROXY_REFUSED'],
  ['closes the connection', { behaviour: 'closes' }, 'ann:secret@', 'PROXY_CUT'],
  ['asks for a login that it is not given', { needsLogin: true }, '', 'PROXY_PASSWORD'],
  ['refuses the login', { needsLogin: true }, 'ann:wrong@', 'PROXY_PASSWORD'],
] as const)('a SOCKS5 proxy that %s is named as the reason', async (_what, options, login, code) => {
  await using proxy = await localSocksProxy(options);

  expect(await ask(createConnector({ proxies: proxiesOf(proxy, login) }), 'https://cdn.example.com/')).toEqual(
    unreachable(code),
  );
});

test('a server that does not speak SOCKS5 is named as the reason', async () => {
  await using server = await localHttpServer((_request, response) => void response.end('hello'));
  const proxy = parseProxy(`socks5://${server.host}`);

  expect(
    await ask(createConnector({ proxies: { https: proxy, http: undefined, except: [] } }), 'https://cdn.example.com/'),
  ).toEqual(unreachable('PROXY_REFUSED'));
});

test('a SOCKS5 proxy that does not answer is waited for ten seconds', async () => {
  await using proxy = await localSocksProxy({ behaviour: 'silent' });
  const clock = fakeClock();
  const answered = ask(createConnector({ proxies: proxiesOf(proxy), clock }), 'https://cdn.example.com/');
  while (clock.pending === 0) await new Promise(setImmediate);
  await clock.advance(10_000);

  expect(await answered).toEqual(unreachable('PROXY_TIMEOUT'));
});
