import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { aPng } from './sample-files.ts';
import { ask, failing } from '../providers/bytez/ask-bytez.ts';
import { certificate } from './test-certificates.ts';
import type { Certificate } from './test-certificates.ts';
import { forbidden, keep, networkOf, publicAddress, refused } from './result-stage.ts';

const authority = certificate({});
const host = 'cdn.example.com';
const url = `https://${host}/a.png`;

/** An HTTPS server of this machine that remembers what it was asked. */
async function httpsServer({ cert, key }: Certificate, oldest?: 'TLSv1.1', redirect?: string) {
  const asked: string[] = [];
  const versions = oldest === undefined ? {} : { minVersion: 'TLSv1', maxVersion: oldest, ciphers: 'ALL:@SECLEVEL=0' };
  const server = createServer({ cert, key, ...versions } as object, (request, response) => {
    asked.push(request.url ?? '');
    if (redirect === undefined) response.end(aPng());
    else response.writeHead(302, { location: redirect }).end();
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    host: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What becomes of a result on this server, for somebody who trusts the authority of the tests. */
async function keepFrom(server: { readonly host: string }) {
  const { dial } = networkOf(server, buildConnector({ ca: authority.cert, rejectUnauthorized: true }));
  return await keep(url, { dial, resolve: async () => [publicAddress] });
}

/** The same with the guard's own way to connect, that trusts only the authorities of the world. */
async function keepUntrusting(server: { readonly host: string }, address = url) {
  const [, port = ''] = server.host.split(':');
  const named = address.replace('/a.png', `:${port}/a.png`);
  return await keep(named, { resolve: async () => ['127.0.0.1'], allowPrivateHosts: [`${host}:${port}`] });
}

async function withoutChecks<Value>(work: () => Promise<Value>): Promise<Value> {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  }
}

test('a certificate for the name of the address is accepted, although the address itself was dialled (S27)', async () => {
  await using server = await httpsServer(certificate({ host, issuer: authority }));

  expect((await keepFrom(server)).kept.ok).toBe(true);
  expect(server.asked).toEqual(['/a.png']);
});

test.each([
  ['signed by itself', certificate({ host })],
  ['of an unknown authority', certificate({ host, issuer: certificate({}) })],
  ['that has expired', certificate({ host, issuer: authority, validUntil: new Date(Date.UTC(2021, 0, 1)) })],
  ['for another name', certificate({ host: 'evil.example.com', issuer: authority })],
  ['for a name that only begins alike', certificate({ host: 'cdn.example.com.evil.test', issuer: authority })],
  ['for the address', certificate({ host: publicAddress, issuer: authority })],
])('a certificate %s is refused, nothing is asked for, and it is not tried again (S27)', async (_what, presented) => {
  await using server = await httpsServer(presented);

  expect(await keepFrom(server)).toEqual(refused('result-unavailable'));
  expect(server.asked).toEqual([]);
});

test('TLS 1.1 is too old (S27)', async () => {
  await using server = await httpsServer(certificate({ host, issuer: authority }), 'TLSv1.1');

  expect((await keepFrom(server)).kept.ok).toBe(false);
  expect(server.asked).toEqual([]);
});

test('the environment cannot turn the checks off, for results (S27)', async () => {
  await using server = await httpsServer(certificate({ host }));

  const kept = await withoutChecks(async () => await keepUntrusting(server));

  expect(kept).toEqual(refused('result-unavailable'));
  expect(server.asked).toEqual([]);
});

test('the environment cannot turn the checks off, for providers (S27)', async () => {
  await using server = await httpsServer(certificate({ host: 'localhost' }));
  const [, port = ''] = server.host.split(':');

  const reply = await withoutChecks(async () => await ask(`https://localhost:${port}`));

  expect(reply).toEqual(failing('provider', 'unreachable'));
  expect(reply.ok ? '' : reply.failure.detail).toBe('cannot trust the server: DEPTH_ZERO_SELF_SIGNED_CERT');
  expect(server.asked).toEqual([]);
});

test('no redirect leads from https to http, not even to a host that may be asked without TLS (S19)', async () => {
  const plain = 'http://plain.example.com/a.png';
  await using server = await httpsServer(certificate({ host, issuer: authority }), undefined, plain);
  const { dial, dialled } = networkOf(server, buildConnector({ ca: authority.cert, rejectUnauthorized: true }));
  const resolve = async () => [publicAddress];

  expect(await keep(url, { dial, resolve, allowPrivateHosts: ['plain.example.com:80'] })).toEqual(forbidden);
  expect(dialled).toHaveLength(1);
});
