import { expect, test } from 'vitest';
import { webhookFormat, webhookRequest } from '../../../src/http/webhooks/webhook-format.ts';
import { Secret } from '../../../src/kit/secret.ts';

const body = JSON.stringify({ type: 'alert.raised', words: 'openai is down @everyone' });
const message = { id: 'm1', target: 'alerts', type: 'alert.raised', body, createdAtMs: 0 };
const key = new Secret(`whsec_${Buffer.from('a key of the tests').toString('base64')}`);

test.each([
  ['https://hooks.slack.com/services/a', 'slack', { text: 'openai is down @everyone' }],
  ['slack+https://chat.example.com/a', 'slack', { text: 'openai is down @everyone' }],
  [
    'https://discord.com/api/webhooks/1/a',
    'discord',
    { content: 'openai is down @everyone', allowed_mentions: { parse: [] } },
  ],
  ['https://ntfy.sh/darkroom', 'ntfy', 'openai is down @everyone'],
  ['ntfy+https://ntfy.example.com/darkroom', 'ntfy', 'openai is down @everyone'],
  ['https://example.com/hooks.slack.com', 'standard', JSON.parse(body)],
  ['https://discord.com.example.com/api/webhooks/1', 'standard', JSON.parse(body)],
] as const)('webhookRequest() tells %s as %s', (address, format, told) => {
  expect(webhookFormat(address).format).toBe(format);
  const request = webhookRequest(message, { address: new Secret(address), format }, key, 5_000);
  expect(request.url).toBe(address.replace(/^[a-z]+\+/, ''));
  expect(format === 'ntfy' ? request.body : JSON.parse(request.body)).toEqual(told);
  // A chat verifies nothing, and its server has no need of the signature.
  expect(request.headers['webhook-signature'] !== undefined).toBe(format === 'standard');
});
