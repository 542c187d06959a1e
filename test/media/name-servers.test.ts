import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { localHttpServer } from '../contract/local-server.ts';
import { aPng } from './sample-files.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aKeeper, forbidden, forbiddenNetwork, keep, networkOf, publicAddress, refused } from './result-stage.ts';

const url = 'https://cdn.example.com/a.png';

test.each([
  ['a private address', 'S15', ['127.0.0.1']],
  ['an address of the own network', 'S15', ['192.168.1.1']],
  ['the address of the cloud', 'S15', ['169.254.169.254']],
  ['a public and a private address', 'S16', [publicAddress, '10.0.0.1']],
  ['a private and a public address', 'S16', ['10.0.0.1', publicAddress]],
  ['a public and a mapped address', 'S16', [publicAddress, '::ffff:127.0.0.1']],
  ['a public and a mistaken address', 'S16', [publicAddress, 'localhost']],
])('a name that leads to %s is not dialled at all (%s)', async (_what, _threat, addresses) => {
  const network = forbiddenNetwork(addresses);

  expect(await keep(url, network)).toEqual(forbidden);
  expect(network).toMatchObject({ asked: ['cdn.example.com'], dialled: [] });
});

test('the answer of the name server that was checked is the one that is dialled, however it changes (S17)', async () => {
  const answers = [[publicAddress], ['127.0.0.1'], ['127.0.0.1']];
  const network = forbiddenNetwork();
  const resolve = async (hostname: string) => {
    network.asked.push(hostname);
    return answers.shift() ?? [];
  };

  expect(await keep(url, { ...network, resolve })).toEqual(refused('result-unavailable', true));
  expect(network).toMatchObject({ asked: ['cdn.example.com'], dialled: [publicAddress] });
});

test('a name that leads inside when it is fetched again is not dialled again (S17)', async () => {
  const answers = [[publicAddress], ['127.0.0.1']];
  const network = forbiddenNetwork();
  await using resultStore = await aKeeper({ dial: network.dial, resolve: async () => answers.shift() ?? [] });

  expect(await resultStore.keep(url)).toEqual(refused('result-unavailable', true));
  expect(await resultStore.keep(url)).toEqual(forbidden);
  expect(network.dialled).toEqual([publicAddress]);
});

test('a connection that ends at another address than was dialled is closed unused (S17)', async () => {
  const destroyed: string[] = [];
  const dial: buildConnector.connector = (_target, callback) => {
    const socket = { remoteAddress: '127.0.0.1', destroy: () => void destroyed.push('127.0.0.1') };
    callback(null, socket as unknown as Socket);
  };

  expect(await keep(url, { ...forbiddenNetwork(), dial })).toEqual(forbidden);
  expect(destroyed).toEqual(['127.0.0.1']);
});

test.each(['https://127.0.0.1/', 'https://[::1]/', 'https://2130706433/', 'https://[::ffff:7f00:1]/'])(
  'the literal %s is judged although no name is looked up (S18)',
  async (literal) => {
    const network = forbiddenNetwork();

    expect(await keep(literal, network)).toEqual(forbidden);
    expect([network.asked, network.dialled]).toEqual([[], []]);
  },
);

test('a public literal is dialled without a look-up (S18)', async () => {
  const network = forbiddenNetwork();

  expect(await keep(`https://${publicAddress}/a.png`, network)).toEqual(refused('result-unavailable', true));
  expect(network).toMatchObject({ asked: [], dialled: [publicAddress] });
});

test('a name server that does not answer is waited for five seconds (S34)', async () => {
  const clock = fakeClock();
  const network = forbiddenNetwork();
  const startedMs = clock.now();
  const asked = Promise.withResolvers<void>();
  const resolve = () => {
    asked.resolve();
    return new Promise<never>(() => {});
  };
  const kept = keep(url, { ...network, resolve, clock });
  await asked.promise;
  await clock.advance(5_000);

  expect(await kept).toEqual(refused('result-unavailable', true));
  expect(clock.now() - startedMs).toBe(5_000);
  expect(network.dialled).toEqual([]);
});

test('a name that does not exist may be looked up again later (S34)', async () => {
  const network = forbiddenNetwork();
  const resolve = async () => {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND cdn.example.com'), { code: 'ENOTFOUND' });
  };

  expect(await keep(url, { ...network, resolve })).toEqual(refused('result-unavailable', true));
  expect(network.dialled).toEqual([]);
});

const thousand = Array.from({ length: 1_000 }, (_, index) => `93.184.${index >> 8}.${index & 255}`);

test('of a thousand addresses all are judged and forty are tried (S34)', async () => {
  const inside = thousand.with(999, '10.0.0.1');
  const network = forbiddenNetwork(inside);
  expect(await keep(url, network)).toEqual(forbidden);
  expect(network.dialled).toEqual([]);

  const outside = forbiddenNetwork(thousand);
  expect(await keep(url, outside)).toEqual(refused('result-unavailable', true));
  expect(outside.dialled).toEqual(thousand.slice(0, 40));
});

test('a proxy that the process alone names is not asked: settings come in by the configuration (S29)', async () => {
  await using proxy = await localHttpServer((_request, response) => void response.end(aPng()));
  await using server = await localHttpServer((_request, response) => void response.end(aPng()));
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = proxy.url;
  try {
    const network = networkOf(server, buildConnector({}));
    const allowPrivateHosts = ['pictures.example.com:80'];
    const options = { ...network, resolve: async () => [publicAddress], allowPrivateHosts };
    expect((await keep('http://pictures.example.com/a.png', options)).kept.ok).toBe(true);
    expect(network.dialled).toEqual([publicAddress]);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
  expect([proxy.connections(), server.connections()]).toEqual([0, 1]);
});
