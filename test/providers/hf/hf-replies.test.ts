import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { createHfProvider } from '../../../src/providers/hf/hf-provider.ts';
import { type Asking, replyFixtures, understood } from '../reply-fixtures.ts';

/** Six hours before the month ends. */
const now = () => Date.UTC(2026, 10, 30, 18);

const asking: Asking = {
  models: { image: 'black-forest-labs/FLUX.1-schnell', chat: 'openai/gpt-oss-120b:cheapest' },
  create: (http) => createHfProvider({ baseUrl: 'https://hf.example', http, now }),
};

test.each(replyFixtures('hf'))('createHfProvider() understands $name ($status)', async (recorded) => {
  expect(await understood(recorded, asking)).toEqual(recorded.expect);
});

test.each([
  ['https://router.huggingface.co', 'https://huggingface.co/api/whoami-v2'],
  ['https://router.huggingface.co/v1', 'https://huggingface.co/api/whoami-v2'],
  ['https://hf.example/v1/', 'https://hf.example/api/whoami-v2'],
])('a token for %s is asked about at %s', async (baseUrl, expected) => {
  const asked: string[] = [];
  const call = async ({ url }: { readonly url: string }) => {
    asked.push(url);
    return { kind: 'unreachable', detail: 'cannot connect' } as const;
  };
  const provider = createHfProvider({ baseUrl, http: { call, [Symbol.asyncDispose]: async () => {} }, now });
  await provider.probe(new Secret('hf_canary0123456789'), new AbortController().signal);
  expect(asked).toEqual([expected]);
});
