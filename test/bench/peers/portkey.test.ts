import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { startNode } from '../../../bench/node-process.ts';
import { portkeyConfig, portkeyHeaders } from '../../../bench/peers/portkey.ts';

const peers = join(import.meta.dirname, '../../../bench/peers');

test('portkeyConfig() spreads calls over the keys and tries each three times', () => {
  const target = { provider: 'openai', request_timeout: 3_000, weight: 1, retry: { attempts: 2 } };
  expect(portkeyConfig('loadbalance + retry', ['a', 'b'], 3_000)).toEqual({
    strategy: { mode: 'loadbalance' },
    targets: [
      { ...target, api_key: 'a' },
      { ...target, api_key: 'b' },
    ],
  });
});

test('portkeyConfig() begins each of the fallbacks with another key', () => {
  const { targets } = portkeyConfig('loadbalance of fallbacks', ['a', 'b', 'c'], 3_000) as {
    targets: { targets: { api_key: string }[] }[];
  };
  const orders = targets.map((group) => group.targets.map((target) => target.api_key).join(''));
  expect(orders).toEqual(['abc', 'bca', 'cab']);
});

test('portkeyHeaders() name the upstream and carry the config as JSON', () => {
  const headers = portkeyHeaders({ strategy: { mode: 'fallback' } }, 'http://127.0.0.1:1/v1');
  expect(headers).toEqual({
    'content-type': 'application/json',
    'x-portkey-config': '{"strategy":{"mode":"fallback"}}',
    'x-portkey-custom-host': 'http://127.0.0.1:1/v1',
  });
});

test('a program under loopback-only.js listens on 127.0.0.1 and on no other address', async () => {
  const preload = pathToFileURL(join(peers, 'loopback-only.js')).href;
  const server = `require('node:http').createServer((_, response) => response.end('here')).listen(0)`;
  await using child = startNode({ args: ['--import', preload, '-e', server], cwd: peers });
  const { address, port } = (await child.ask('address')) as { address: string; port: number };
  expect(address).toBe('127.0.0.1');
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here');
});
