import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import { createHttpClient } from '../../../src/providers/http/http-exchange.ts';
import { localHttpServer } from '../../contract/local-server.ts';
import { canaryKey } from './ask-bytez.ts';

/** What the free probe says of an address that answers like this. */
async function probed(status: number, body: string) {
  await using server = await localHttpServer((_request, response) => void response.writeHead(status).end(body));
  await using http = createHttpClient();
  const provider = createBytezProvider({ baseUrl: `${server.url}/models/v3`, http, now: Date.now });
  return await provider.probe(new Secret(canaryKey), new AbortController().signal);
}

test.each([
  [404, '{"error":"Not found"}'],
  [404, 'Cannot GET /models/v3/list/tasks'],
  [404, '<html><title>404</title></html>'],
  [400, '{"error":"Unknown route"}'],
  [200, '{"object":"list","data":[]}'],
  [200, '{"status":"ok"}'],
  [200, '{}'],
  [200, '<!doctype html><html><title>Welcome</title></html>'],
])('an address that answers the free probe with %i %s is reported, and no key is blamed', async (status, body) => {
  const reply = await probed(status, body);

  expect(reply).toMatchObject({ ok: false, failure: { blame: 'provider' } });
  expect(reply.ok ? '' : reply.failure.detail).toContain('the base URL may be wrong');
});

test('an address that lists the tasks is in order', async () => {
  expect(await probed(200, '{"error":null,"output":[]}')).toEqual({ ok: true });
});
