import { expect, test } from 'vitest';
import { createCloudflareProvider } from '../../../src/providers/cloudflare/cloudflare-provider.ts';
import { type Asking, replyFixtures, understood } from '../reply-fixtures.ts';

/** Six hours before midnight. */
const asking: Asking = {
  models: {
    image: '@cf/black-forest-labs/flux-1-schnell',
    chat: '@cf/openai/gpt-oss-120b',
    speech: '@cf/deepgram/aura-1',
  },
  create: (http) =>
    createCloudflareProvider({
      baseUrl: 'https://cloudflare.example/client/v4',
      accountId: '0123456789abcdef0123456789abcdef',
      http,
      now: () => Date.UTC(2026, 10, 30, 18),
    }),
};

test.each(replyFixtures('cloudflare'))('createCloudflareProvider() understands $name ($status)', async (recorded) => {
  expect(await understood(recorded, asking)).toEqual(recorded.expect);
});
