import { expect, test } from 'vitest';
import { type ServerFacts, serverWarnings } from '../../../src/storage/postgres/server-checks.ts';

const sound: ServerFacts = {
  version: '17.1',
  versionNumber: 170_001,
  maxConnections: 100,
  isDurable: true,
  isStandby: false,
  tls: 'TLSv1.3',
  isFar: true,
  clockAheadMs: 12,
};

test.each([
  [{}, []],
  [{ tls: null, isFar: false }, []],
  [{ tls: null }, ['what is sent there crosses the network without TLS, the password and prompts too']],
  [{ maxConnections: 54 }, ['it takes 54 connections; 3 processes need 55']],
  [{ clockAheadMs: -2_500 }, ['its clock is 2500 ms behind the clock of this machine']],
] as const)('serverWarnings() with %j', (facts, says) => {
  expect(serverWarnings({ ...sound, ...facts }, 3).map((one) => one.says)).toEqual(says);
});
