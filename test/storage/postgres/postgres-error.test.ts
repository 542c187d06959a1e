import { expect, test } from 'vitest';
import { toConnectError, toStorageError } from '../../../src/storage/postgres/postgres-error.ts';

const withCode = (code: string) => Object.assign(new Error('the facts'), { code });

test.each([
  ['a name that no server knows', withCode('ENOTFOUND'), 'check the name of the host in DATABASE_URL'],
  ['a port without a listener', withCode('ECONNREFUSED'), 'start the server, or correct host and port in DATABASE_URL'],
  ['each address of a host', new AggregateError([withCode('ECONNREFUSED')]), 'start the server'],
  ['a server that has no connection left', withCode('53300'), 'raise max_connections of the server'],
  ['a server that recovers', withCode('57P03'), 'it is starting or stopping, so wait for it'],
  ['a network without a way', withCode('EHOSTUNREACH'), 'check the server, and the network'],
  ['a connection that ends', new Error('Connection terminated unexpectedly'), 'check the server, and the network'],
])('toStorageError() says what to do about %s', (_what, error, fix) => {
  expect(toStorageError(error, '"db.example.com/bot"')).toMatchObject({
    code: 'unreachable',
    isRefusal: true,
    message: expect.stringMatching(new RegExp(`^Cannot reach database "db.example.com/bot": .*; ${fix}`)) as unknown,
  });
});

test.each([
  ['a server without TLS', new Error('The server does not support SSL connections')],
  ['a password that is missing', new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')],
  ['a certificate of nobody known', withCode('DEPTH_ZERO_SELF_SIGNED_CERT')],
  ['a certificate that has expired', withCode('CERT_HAS_EXPIRED')],
  ['a file of certificates that is missing', Object.assign(withCode('ENOENT'), { syscall: 'open' })],
])('toConnectError() names DATABASE_URL for %s', (_what, error) => {
  expect(toConnectError(error, '"db.example.com/bot"')).toMatchObject({
    code: 'unwritable',
    reason: 'rights',
    isRefusal: true,
    message: `Cannot use database "db.example.com/bot": ${error.message}; check the password and TLS (sslmode, sslrootcert) in DATABASE_URL`,
  });
});
