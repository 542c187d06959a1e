import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { ConnectionPool } from '../../../src/storage/postgres/pool.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';

test.skipIf(!hasPostgres).each([
  ['a server without TLS', 'sslmode=verify-full', 'The server does not support SSL connections'],
  ['a certificate that is not there', 'sslmode=verify-full&sslrootcert=/no/ca.pem', 'no such file or directory'],
])('ConnectionPool.connect() refuses an address with TLS at once for %s', async (_what, asked, facts) => {
  await using own = await testDatabase();
  const url = new Secret(`${own.url.reveal()}&${asked}`);
  await using pool = await ConnectionPool.open({ url, applicationName: 'test' }, 'test');
  await expect(pool.connect(Infinity)).rejects.toMatchObject({
    code: 'unwritable',
    reason: 'rights',
    isRefusal: true,
    message: expect.stringMatching(
      new RegExp(`^Cannot use database .*${facts}.*; check the password and TLS`),
    ) as unknown,
  });
});
