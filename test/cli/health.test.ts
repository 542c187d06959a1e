import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { aCommandLine } from './command-line.ts';

test('darkroom health tells by its exit code whether the bot answers', async () => {
  using cli = aCommandLine();
  const server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? 200 : 404).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cli.env['HTTP_PORT'] = String((server.address() as AddressInfo).port);
  cli.env['HTTP_HOST'] = '0.0.0.0';
  cli.env['ADMIN_TOKEN'] = 'an-admin-token-of-forty-characters-012345';
  for (const words of ['health', 'health check']) {
    expect(await cli.run(words)).toMatchObject({
      code: 0,
      out: expect.stringContaining('/healthz answers') as string,
    });
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await cli.run('health')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^Nothing answers on /) as string,
  });
  cli.env['HTTP_PORT'] = '0';
  expect((await cli.run('health')).code).toBe(2);
});
