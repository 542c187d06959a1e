import { expect, test } from 'vitest';
import { isLoopback } from '../../src/kit/loopback.ts';

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.8.7', '::1', '0:0:0:0:0:0:0:1'])(
  'isLoopback() is true for %s',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each([
  '',
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '128.0.0.1',
  'localhost.example',
  '127.0.0.1.example',
  '2130706433',
  '::2',
])('isLoopback() is false for %s', (host) => {
  expect(isLoopback(host)).toBe(false);
});
