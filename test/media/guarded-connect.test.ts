import type { Socket } from 'node:net';
import { request } from 'undici';
import type { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { createGuardedAgent, ForbiddenAddressError, guardedConnector } from '../../src/media/guarded-connect.ts';
import type { Resolve } from '../../src/media/connector.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { fakeClock } from '../support/fake-clock.ts';

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
