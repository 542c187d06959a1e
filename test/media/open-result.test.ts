import { MockAgent } from 'undici';
import { expect, test } from 'vitest';
import { openResult } from '../../src/media/open-result.ts';

test('openResult() does not follow a redirect from https to http, not even to a host that was named (S19)', async () => {
  await using agent = disposable(new MockAgent());
  agent.mock.disableNetConnect();
  agent.mock
    .get('https://cdn.example.com')
    .intercept({ path: '/a.png' })
    .reply(302, '', { headers: { location: 'http://pictures.example.com/a.png' } });
  const options = {
    agent: agent.mock,
    allowPrivateHosts: ['pictures.example.com:80'],
    signal: new AbortController().signal,
  };

  await expect(openResult('https://cdn.example.com/a.png', options)).rejects.toMatchObject({
    retryable: false,
    failure: { blame: 'provider', reason: 'result-forbidden', detail: 'a redirect from https to http' },
  });
});

function disposable(mock: MockAgent) {
  return { mock, [Symbol.asyncDispose]: async () => await mock.close() };
}
