import { createHmac } from 'node:crypto';
import type { WebhookMessage } from '../../domain/gateway/webhook-outbox.ts';
import type { Secret } from '../../kit/secret.ts';

/** How a receiver wants to be told. */
export type WebhookFormat = 'standard' | 'slack' | 'discord' | 'ntfy';

/** Where messages go; the address may be a secret, as those of Slack and Discord are. */
export type WebhookTarget = { readonly address: Secret; readonly format: WebhookFormat };

const prefix = /^(slack|discord|ntfy)\+(https?:\/\/.*)$/;

/** The format of an address: named before it (`ntfy+https://…`), or known by its host. */
export function webhookFormat(address: string): { readonly url: string; readonly format: WebhookFormat } {
  const [, named, url] = prefix.exec(address) ?? [];
  if (named !== undefined && url !== undefined) return { url, format: named as WebhookFormat };
  const { hostname, pathname } = new URL(address);
  if (hostname === 'hooks.slack.com') return { url: address, format: 'slack' };
  const isDiscord = /^(?:[a-z]+\.)?discord(?:app)?\.com$/.test(hostname) && pathname.startsWith('/api/webhooks/');
  if (isDiscord) return { url: address, format: 'discord' };
  return { url: address, format: hostname === 'ntfy.sh' ? 'ntfy' : 'standard' };
}

export type WebhookRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const json = { 'content-type': 'application/json' } as const;
/** Discord takes no longer message. */
const maxDiscordLength = 2_000;

/**
 * One try to tell a message. In the standard format it is signed as Standard Webhooks 1.0 says: `v1` and the HMAC-SHA256 of
 * id, time and body. A chat reads the words of it instead.
 */
export function webhookRequest(
  message: WebhookMessage,
  { address, format }: WebhookTarget,
  signingKey: Secret | undefined,
  nowMs: number,
): WebhookRequest {
  const { url } = webhookFormat(address.reveal());
  const { id, type, body } = message;
  const words = wordsOf(body) ?? type;
  switch (format) {
    case 'slack':
      return { url, headers: json, body: JSON.stringify({ text: words }) };
    case 'discord': {
      // No name in it calls anybody.
      const content = words.slice(0, maxDiscordLength);
      return { url, headers: json, body: JSON.stringify({ content, allowed_mentions: { parse: [] } }) };
    }
    case 'ntfy':
      return { url, headers: { 'content-type': 'text/plain; charset=utf-8', title: `Darkroom ${type}` }, body: words };
    case 'standard': {
      const timestamp = String(Math.floor(nowMs / 1_000));
      const signature = signingKey && { 'webhook-signature': signatureOf(signingKey, `${id}.${timestamp}.${body}`) };
      return { url, headers: { ...json, 'webhook-id': id, 'webhook-timestamp': timestamp, ...signature }, body };
    }
  }
}

function signatureOf(key: Secret, text: string): string {
  const bytes = Buffer.from(key.reveal().replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', bytes).update(text).digest('base64')}`;
}

function wordsOf(body: string): string | undefined {
  const { words } = JSON.parse(body) as { readonly words?: unknown };
  return typeof words === 'string' ? words : undefined;
}
