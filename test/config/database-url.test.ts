import { expect, test } from 'vitest';
import { databaseAddress, databaseSecrets } from '../../src/config/database-url.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { parseConfig } from '../../src/config/config.ts';
import { Secret } from '../../src/kit/secret.ts';

const written = 'postgres://bot:p%40ss-word@db.example.com/darkroom?sslmode=verify-full';

test('parseConfig() reads DATABASE_URL as a secret', () => {
  const { databaseUrl } = parseConfig({ DATABASE_URL: written });
  expect([databaseUrl?.reveal(), String(databaseUrl)]).toEqual([written, '[secret]']);
  expect(parseConfig({}).databaseUrl).toBeUndefined();
});

test('databaseSecrets() are the address and its password, as written and as meant', () => {
  expect(databaseSecrets(new Secret(written)).map((secret) => secret.reveal())).toEqual([
    written,
    'p%40ss-word',
    'p@ss-word',
  ]);
  expect(databaseSecrets(new Secret('postgres://db.example.com/darkroom')).length).toBe(1);
  expect(databaseSecrets(undefined)).toEqual([]);
});

test.each([
  [written, { host: 'db.example.com', port: '5432', user: 'bot', name: 'darkroom', sslmode: 'verify-full' }],
  [
    'postgresql://localhost:6000/a%20b?user=ann&host=/run/postgresql&password=x1',
    { host: '/run/postgresql', port: '6000', user: 'ann', name: 'a b', sslmode: undefined },
  ],
  ['postgres://ann@localhost', { host: 'localhost', port: '5432', user: 'ann', name: 'ann', sslmode: undefined }],
])('databaseAddress() of %s has no password', (url, address) => {
  expect(databaseAddress(new Secret(url))).toEqual(address);
});

test('readEnvironment() says in one line that Redis is not used', () => {
  const { warnings } = readEnvironment({
    cwd: '/nowhere',
    processEnv: { REDIS_URL: 'redis://:secret-word@cache:6379' },
  });
  expect(warnings).toEqual(['REDIS_URL is not read: what several processes share is in PostgreSQL, set DATABASE_URL']);
});
