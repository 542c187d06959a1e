import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as undici from 'undici';
import { expect, test } from 'vitest';
import { Agent, buildConnector } from '../../src/media/connector.ts';

test('the parts of undici that are loaded by their paths are those that its index exports', () => {
  expect(Agent).toBe(undici.Agent);
  expect(buildConnector).toBe(undici.buildConnector);
});

test('an agent sends what undici.request() sends', async () => {
  const seen: string[] = [];
  await using server = createServer((asked, response) => {
    seen.push(`${asked.method} ${asked.url} ${asked.headers['host']} ${asked.headers['accept']}`);
    response.end('the body');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a%20b?c=d#e`);
  const dispatcher = new Agent();
  const options = { method: 'GET', headers: { accept: '*/*' } } as const;
  const bodies = [
    await dispatcher.request({ ...options, origin: url.origin, path: `${url.pathname}${url.search}` }),
    await undici.request(url, { ...options, dispatcher }),
  ].map(({ body }) => body.text());
  expect(await Promise.all(bodies)).toEqual(['the body', 'the body']);
  expect(seen[0]).toBe(seen[1]);
  await dispatcher.close();
});
