import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { type OpenAiAccount, startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { readDescription } from '../http/described.ts';
import { type TestAppOptions, openTestApp } from '../support/test-app.ts';

export const clientToken = 'dk_canary-token-of-a-client-0123456789abcdef';
const keys = ['sk-canary-key-of-openai-0123456789', 'sk-canary-key-of-openai-9876543210'] as const;

export const served = ['gpt-image-2.6-flare', 'gpt-image-2', 'gpt-6-luna', 'gpt-6.1-terra', 'gpt-4o-mini-tts', 'tts-1'];

export type GatewayStageOptions = Omit<TestAppOptions, 'env'> & {
  readonly env?: Readonly<Record<string, string>>;
  /** Rows of the file besides the client `tests`, or more about that one. */
  readonly clients?: readonly Readonly<Record<string, unknown>>[];
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly openaiAccounts?: readonly Partial<OpenAiAccount>[];
};

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

let files = 0;

const adminToken = 'canary-token-of-the-admin-0123456789';
/** It is the same of every bot. */
let description: ReturnType<typeof readDescription> | undefined;

/** A fetch that holds every answer against what the API says of itself, and remembers what differs. */
function describedFetch(httpUrl: string, token: string) {
  const deviations: string[] = [];
  const headers = { authorization: `Bearer ${token}` };
  return {
    deviations,
    fetch: async (input: string | URL | Request, init: RequestInit = {}) => {
      const answered = await fetch(input, init);
      const described = await (description ??= readDescription((path) => fetch(`${httpUrl}${path}`, { headers })));
      const url = input instanceof Request ? input.url : String(input);
      // OpenAI's client tries what its platform can do with a request to nobody.
      if (!url.startsWith(httpUrl)) return answered;
      // A route that there is not, or not by this method, is in no description.
      const isKnown = described.describes(init.method ?? 'GET', url);
      if (isKnown || ![404, 405].includes(answered.status))
        deviations.push(...(await described.deviations(init.method ?? 'GET', url, answered)));
      return answered;
    },
  };
}

/**
 * The bot with keys of OpenAI, one client of the gateway, and OpenAI's own client in front of it. A test fails whose answers
 * are not as GET /openapi.json says.
 */
export async function openGatewayStage({
  env,
  clients = [],
  limits,
  openaiAccounts = [{}],
  ...more
}: GatewayStageOptions = {}) {
  await using opening = new AsyncDisposableStack();
  const accounts = openaiAccounts.map((account, index) => ({
    name: `account ${index + 1}`,
    key: keys[index] ?? '',
    ...account,
  }));
  const openai = opening.use(await startOpenAiSandbox({ clock: systemClock, accounts, models: served }));
  const file = join(tmpdir(), `darkroom-clients-${process.pid}-${(files += 1)}.json`);
  opening.defer(() => rmSync(file, { force: true }));
  const write = (rows: readonly object[]) => writeFileSync(file, JSON.stringify({ clients: rows }));
  const own = { name: 'tests', token_sha256: hashOf(clientToken), ...limits };
  write([own, ...clients]);
  const app = opening.use(
    await openTestApp({
      ...more,
      env: {
        API_CLIENTS_FILE: file,
        ADMIN_TOKEN: adminToken,
        OPENAI_API_KEYS: accounts.map(({ key }) => key).join(','),
        OPENAI_BASE_URL: `http://${openai.mediaHost}`,
        CHAT_CHAIN: 'openai:gpt-6-luna,bytez:Qwen/Qwen3-4B',
        IMAGE_CHAIN: 'openai:gpt-image-2.6-flare,bytez:dreamlike-art/dreamlike-photoreal-2.0',
        EDIT_CHAIN: 'openai:gpt-image-2.6-flare',
        SPEECH_CHAIN: 'openai:gpt-4o-mini-tts',
        ...env,
      },
    }),
  );
  const base = `${app.app.httpUrl}/v1`;
  const described = describedFetch(app.app.httpUrl, env?.['ADMIN_TOKEN'] ?? adminToken);
  const opened = opening.move();
  return {
    app,
    openai,
    base,
    write,
    own,
    fetch: described.fetch,
    client: new OpenAI({ apiKey: clientToken, baseURL: base, maxRetries: 0, fetch: described.fetch }),
    /** A request without a client of anybody's. */
    ask: (path: string, body: unknown, init: RequestInit = {}) =>
      described.fetch(`${base}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${clientToken}`, 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
    [Symbol.asyncDispose]: async () => {
      await opened.disposeAsync();
      if (described.deviations.length > 0) throw new Error(`Not as described: ${described.deviations.join('; ')}`);
    },
  };
}
