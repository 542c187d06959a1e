import type { Clock } from '../../src/kit/clock.ts';
import { drawPicture, type PictureRequest } from '../drawing/draw-picture.ts';
import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import { type ImageRequest, openAiError, parseImageRequest } from './image-request.ts';

export type OpenAiRoute = 'images' | 'models' | 'media' | 'unknown';

/** One request that the stand-in received. */
export type OpenAiCall = {
  readonly route: OpenAiRoute;
  readonly account?: string;
  readonly model?: string;
  readonly prompt?: string;
  readonly body?: string;
  /** A key was sent to the host of the results, which needs none. */
  readonly leakedKey: boolean;
  readonly hasKey: boolean;
  status?: number;
};

export type OpenAiAccount = {
  readonly name: string;
  readonly key: string;
  /** Its money is spent. */
  readonly isSpent?: boolean;
  /** Its organization is not verified, so no model makes pictures for it. */
  readonly isUnverified?: boolean;
  /** The key may make pictures and not list the models. */
  readonly isRestricted?: boolean;
};

export type OpenAiSandboxOptions = {
  readonly clock: Clock;
  /** Without accounts it is a server of one's own: calls need no key, and one that carries a key is noted. */
  readonly accounts: readonly OpenAiAccount[];
  readonly models?: readonly string[];
  readonly draw?: (request: PictureRequest) => Promise<Uint8Array>;
  readonly port?: number | undefined;
};

/** A running stand-in for the part of OpenAI's API that makes pictures. */
export type OpenAiSandbox = AsyncDisposable & {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** `host:port`, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  readonly calls: readonly OpenAiCall[];
  setFaults(faults: readonly ScriptedFault<OpenAiRoute>[]): void;
};

const servedModels = [
  'gpt-image-2.6-flare',
  'gpt-image-2.6-sunburst',
  'gpt-image-2.5-flare',
  'gpt-image-2.5-sunburst',
  'gpt-image-2',
  'gpt-image-1-mini',
] as const;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startOpenAiSandbox(options: OpenAiSandboxOptions): Promise<OpenAiSandbox> {
  const { clock, models = servedModels, draw = drawPicture } = options;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const calls: OpenAiCall[] = [];
  const pictures = new Map<string, Uint8Array>();
  const faults = new FaultScript<OpenAiRoute>();

  const answer = async (
    { model, prompt, n, size, responseFormat }: ImageRequest,
    root: string,
  ): Promise<StandInReply> => {
    const [, width = '1024', height = '1024'] = /^(\d+)x(\d+)$/.exec(size) ?? [];
    const bytes = await draw({
      prompt,
      width: Math.min(2_048, Number(width)),
      height: Math.min(2_048, Number(height)),
    });
    const asUrl = model.startsWith('dall-e') && responseFormat !== 'b64_json';
    const data = Array.from({ length: n }, (_, index) => {
      if (!asUrl) return { b64_json: Buffer.from(bytes).toString('base64') };
      const path = `/pictures/${pictures.size}-${index}.png`;
      pictures.set(path, bytes);
      return { url: `${root}${path}` };
    });
    const created = Math.floor(clock.now() / 1000);
    if (model.startsWith('dall-e')) return jsonReply(200, { created, data });
    const usage = { input_tokens: prompt.length, output_tokens: 1_056 * n, total_tokens: prompt.length + 1_056 * n };
    const made = { background: 'opaque', output_format: 'png', quality: 'medium', size: `${width}x${height}` };
    return jsonReply(200, { created, data, ...made, usage });
  };

  const accountOf = (asked: StandInRequest): OpenAiAccount | StandInReply => {
    const [, key] = /^Bearer (\S+)$/.exec(asked.headers.authorization ?? '') ?? [];
    if (key === undefined) return openAiError(401, "You didn't provide an API key.");
    const masked = `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(-4)}`;
    return accounts.get(key) ?? openAiError(401, `Incorrect API key provided: ${masked}.`, { code: 'invalid_api_key' });
  };

  const handle = async (asked: StandInRequest, call: OpenAiCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    if (call.route === 'media') {
      const body = pictures.get(asked.path);
      if (body === undefined) return { kind: 'reply', status: 404, headers: {}, body: '' };
      return { kind: 'reply', status: 200, headers: { 'content-type': 'image/png' }, body };
    }
    const account = accounts.size === 0 ? nobody : accountOf(asked);
    if ('kind' in account) return account;
    Object.assign(call, { account: account.name });
    if (call.route === 'models') {
      const data = models.map((id) => ({ id, object: 'model', created: 1_686_935_002, owned_by: 'openai' }));
      const scope = 'You have insufficient permissions for this operation. Missing scopes: api.model.read.';
      return account.isRestricted === true ? openAiError(403, scope) : jsonReply(200, { object: 'list', data });
    }
    if (call.route === 'unknown') return openAiError(404, `Invalid URL (${asked.method} ${asked.path})`);
    const parsed = parseImageRequest(asked.body, models);
    if (!parsed.ok) return parsed.reply;
    const { model, prompt } = parsed.value;
    Object.assign(call, { model, prompt });
    if (account.isSpent === true)
      return openAiError(429, spent, { type: 'insufficient_quota', code: 'insufficient_quota' });
    if (account.isUnverified === true) return openAiError(403, unverified(model));
    return answer(parsed.value, asked.root);
  };

  const server = await startStandIn(
    async (asked) => {
      const route = routeOf(asked);
      const call: OpenAiCall = {
        route,
        leakedKey: route === 'media' && asked.headers.authorization !== undefined,
        hasKey: asked.headers.authorization !== undefined,
        ...(asked.body === '' ? {} : { body: asked.body }),
      };
      calls.push(call);
      const reply = await handle(asked, call);
      if (reply.kind === 'reply') call.status = reply.status;
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: `${server.root}/v1`,
    mediaHost: server.host,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const nobody: OpenAiAccount = { name: 'nobody', key: '' };

const spent = 'You exceeded your current quota, please check your plan and billing details.';

function unverified(model: string): string {
  return `Your organization must be verified to use the model \`${model}\`. Please go to your organization settings and click on Verify Organization.`;
}

function routeOf({ method, path }: StandInRequest): OpenAiRoute {
  if (method === 'GET' && path.startsWith('/pictures/')) return 'media';
  if (method === 'POST' && path === '/v1/images/generations') return 'images';
  return method === 'GET' && path === '/v1/models' ? 'models' : 'unknown';
}
