import type { WebhookInfo } from 'grammy/types';
import type { ApiMethod } from './api-call.ts';
import { badRequest, conflict } from '../api-error.ts';
import type { CallParams } from '../call-params.ts';
import { limits } from '../limits.ts';
import { isOnThisMachine } from '../updates/webhook.ts';

const getUpdates: ApiMethod = ({ state, params, signal }) => {
  if (state.webhook.settings !== undefined) {
    throw conflict(
      "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
  }
  const allowed = allowedUpdates(params);
  const request = {
    offset: params.integer('offset'),
    limit: clamp(params.integer('limit', limits.pollUpdates), 1, limits.pollUpdates),
    timeoutS: clamp(params.integer('timeout'), 0, limits.pollSeconds),
  };
  return state.updates.poll(allowed === undefined ? request : { ...request, allowed }, signal);
};

function allowedUpdates(params: CallParams): readonly string[] | undefined {
  const allowed = params.json('allowed_updates', 'allowed updates');
  if (allowed === undefined) return undefined;
  if (!Array.isArray(allowed)) throw badRequest('expected an Array of String as allowed updates');
  return allowed.map(String);
}

const setWebhook: ApiMethod = ({ state, params }) => {
  const url = params.text('url').trim();
  const secret = params.text('secret_token');
  if (url !== '') {
    checkWebhookUrl(url);
    if (!/^[\w-]{0,256}$/.test(secret)) throw badRequest('secret token contains unallowed characters');
  }
  const allowed = allowedUpdates(params);
  if (allowed !== undefined) state.updates.allow(allowed);
  if (params.flag('drop_pending_updates')) state.updates.clear();
  const maxConnections = clamp(params.integer('max_connections', limits.webhook.connections), 1, 100);
  state.webhook.set(url === '' ? undefined : { url, secret, maxConnections });
  return true;
};

/** Like a local Bot API server, it accepts plain HTTP and any port for a webhook on this machine. */
function checkWebhookUrl(url: string): void {
  const { protocol, port } = URL.canParse(url) ? new URL(url) : { protocol: '', port: '' };
  if (protocol === 'http:' && isOnThisMachine(url)) return;
  if (protocol !== 'https:') throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  if (!['', '80', '88', '443', '8443'].includes(port)) {
    throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
  }
}

const deleteWebhook: ApiMethod = ({ state, params }) => {
  if (params.flag('drop_pending_updates')) state.updates.clear();
  state.webhook.set(undefined);
  return true;
};

const getWebhookInfo: ApiMethod = ({ state }): WebhookInfo => {
  const { settings, lastError } = state.webhook;
  return {
    url: settings?.url ?? '',
    has_custom_certificate: false,
    pending_update_count: state.updates.length,
    ...(settings === undefined ? {} : { max_connections: settings.maxConnections }),
    ...(lastError === undefined ? {} : { last_error_date: lastError.dateS, last_error_message: lastError.reason }),
  };
};

export const updateMethods: Readonly<Record<string, ApiMethod>> = {
  getUpdates,
  setWebhook,
  deleteWebhook,
  getWebhookInfo,
  logOut: () => true,
  close: () => true,
};

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
