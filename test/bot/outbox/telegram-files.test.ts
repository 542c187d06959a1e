import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api } from 'grammy';
import { Agent } from 'undici';
import { expect, test } from 'vitest';
import { tinyPhoto } from '../../../sandbox/telegram/people/person.ts';
import { startTelegramSandbox } from '../../../sandbox/telegram/telegram-sandbox.ts';
import { maxFileBytes, telegramFiles } from '../../../src/bot/outbox/telegram-files.ts';
import { systemClock as clock } from '../../../src/kit/clock.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { testToken } from '../../support/test-app.ts';

const closing = new AbortController().signal;

function filesFrom(apiRoot: string) {
  const agent = new Agent();
  const api = new Api(testToken, { apiRoot });
  return telegramFiles({ api, apiRoot, token: new Secret(testToken), agent, clock, closing });
}

test('a photo that a person sent comes as its bytes; an unknown file does not', async () => {
  await using telegram = await startTelegramSandbox({ token: testToken, clock });
  const bytes = Buffer.from(tinyPhoto());
  telegram.person({ id: 7, firstName: 'Ann', languageCode: 'en' }).sendPhoto('', { bytes });
  const api = new Api(testToken, { apiRoot: telegram.url });
  const [update] = await api.getUpdates();
  const fetchFile = filesFrom(telegram.url);
  const found = await fetchFile(update?.message?.photo?.at(-1)?.file_id ?? '');
  expect(found).toEqual({ kind: 'bytes', bytes });
  expect(await fetchFile('nonsense')).toEqual({ kind: 'unavailable' });
});

/** A Bot API server that hands out one file as it is told. */
async function aServer(size: number, serve: (response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/file/') === true) return serve(response);
    const result = { file_id: 'f', file_unique_id: 'u', file_path: 'photos/a b.jpg', file_size: size };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ok: true, result }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test.each([
  ['a size above the limit', maxFileBytes + 1, 'too-large', () => undefined],
  ['more bytes than it said', 10, 'too-large', (response) => response.end(Buffer.alloc(maxFileBytes + 1))],
  [
    'half of what it promised',
    10,
    'unavailable',
    (response) => {
      response.setHeader('content-length', '100');
      response.write('half');
      setImmediate(() => response.destroy());
    },
  ],
  ['a page of an error', 10, 'unavailable', (response) => response.writeHead(502).end('<html>')],
] satisfies [string, number, string, (response: ServerResponse) => unknown][])(
  '%s is no picture',
  async (_, size, kind, serve) => {
    using server = await aServer(size, serve);
    expect(await filesFrom(server.url)('f')).toEqual({ kind });
  },
);
