import { expect, test, vi } from 'vitest';
import type { Secret } from '../../../src/kit/secret.ts';
import { Listening, tell } from '../../../src/storage/postgres/listening.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { ConnectionPool } from '../../../src/storage/postgres/pool.ts';
import { startPostgresProxy } from '../../support/postgres-proxy.ts';
import { hasPostgres, killableServer, testDatabase } from '../../support/postgres-server.ts';

const open = (url: Secret) => openPostgres({ url, version: 'test' });

test.skipIf(!hasPostgres)('Listening hears what another process says once that is committed', async () => {
  await using own = await testDatabase();
  await using a = await open(own.url);
  await using b = await open(own.url);
  const heard: (string | undefined)[] = [];
  using _ = b.listening.on('greeting', (text) => heard.push(text));
  const undone = a.database.commit(function* () {
    yield* tell(a.database, 'greeting', 'never said');
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await a.database.commit(() => tell(a.database, 'greeting', 'good morning, b'));
  await expect.poll(() => heard).toEqual(['good morning, b']);
});

test.skipIf(!hasPostgres)(
  'Listening listens again after the server was killed, and says that something may be missing',
  async () => {
    await using server = await killableServer();
    await using a = await open(server.url);
    const heard: (string | undefined)[] = [];
    using _ = a.listening.on('greeting', (text) => heard.push(text));
    await server.kill();
    await server.start();
    await expect.poll(() => heard).toEqual([undefined]);
    await a.database.commit(() => tell(a.database, 'greeting', 'again'));
    await expect.poll(() => heard).toEqual([undefined, 'again']);
  },
);

test.skipIf(!hasPostgres)('Listening.open() refuses a way on which LISTEN is forgotten', async () => {
  await using own = await testDatabase();
  // As a pooler does that gives each statement any of its connections.
  await using proxy = await startPostgresProxy(own.url, (said) =>
    said.includes('LISTEN darkroom')
      ? Buffer.from(said.toString('latin1').replace('LISTEN darkroom', 'SELECT 1       '), 'latin1')
      : undefined,
  );
  await using pool = await ConnectionPool.open({ url: proxy.url, applicationName: 'test' }, 'test');
  await expect(Listening.open(pool, { selfTestMs: 200 })).rejects.toMatchObject({
    code: 'pooler',
    message: expect.stringContaining('a pooler such as PgBouncer stands in between'),
  });
});

test.skipIf(!hasPostgres)('Listening keeps nothing of the times that it asked whether it is still heard', async () => {
  await using own = await testDatabase();
  await using pool = await ConnectionPool.open({ url: own.url, applicationName: 'test' }, 'test');
  const [added, removed] = [
    vi.spyOn(EventTarget.prototype, 'addEventListener'),
    vi.spyOn(EventTarget.prototype, 'removeEventListener'),
  ];
  using _ = { [Symbol.dispose]: () => vi.restoreAllMocks() };
  await using _listening = await Listening.open(pool, { checkEveryMs: 1 });
  await expect.poll(() => added.mock.calls.length).toBeGreaterThan(50);
  expect(added.mock.calls.length - removed.mock.calls.length).toBeLessThan(10);
});
