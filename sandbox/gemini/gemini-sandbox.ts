import { silentMp3 } from '../sound/silent-mp3.ts';
import { drawPicture, type PictureRequest } from '../drawing/draw-picture.ts';
import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import {
  type ContentRequest,
  geminiError,
  parseContentRequest,
  parseInteraction,
  parseVideoRequest,
} from './content-request.ts';

export type GeminiRoute = 'content' | 'stream' | 'video' | 'interaction' | 'operation' | 'file' | 'models' | 'unknown';

/** One request that the stand-in received. */
export type GeminiCall = {
  readonly route: GeminiRoute;
  readonly account?: string;
  readonly model?: string;
  readonly prompt?: string;
  readonly turns?: number;
  readonly pictures?: number;
  readonly aspectRatio?: string;
  /** A key came in the address, where logs keep it. */
  readonly leakedKey: boolean;
  status?: number;
};

export type GeminiAccount = {
  readonly name: string;
  readonly key: string;
  /** The quota that its project has used up, or does not have. */
  readonly quota?: 'minute' | 'day' | 'none';
  readonly isSpent?: boolean;
  readonly isLeaked?: boolean;
};

export type GeminiSandboxOptions = {
  readonly accounts: readonly GeminiAccount[];
  readonly models?: readonly string[];
  readonly draw?: (request: PictureRequest) => Promise<Uint8Array>;
  /** The bytes of every video. */
  readonly video?: Uint8Array;
  /** How often a video is asked for before it is done. */
  readonly asksUntilDone?: number;
  readonly port?: number | undefined;
};

/** A running stand-in for the part of the Gemini API that makes pictures, videos, speech and answers. */
export type GeminiSandbox = AsyncDisposable & {
  /** Ends in `/v1beta`. */
  readonly baseUrl: string;
  readonly calls: readonly GeminiCall[];
  setFaults(faults: readonly ScriptedFault<GeminiRoute>[]): void;
  /** Keeps videos under way until every hold is released. */
  hold(): { release(): void };
};

const servedModels = [
  'gemini-nano-banana-2.1',
  'gemini-3.1-flash-lite-image',
  'gemini-3-pro-image',
  'veo-3.1-lite-generate-preview',
  'veo-3.1-fast-generate-preview',
  'veo-3.1-generate-preview',
  'gemini-omni-1.2-flash',
  'lyria-3-clip-preview',
  'lyria-3-pro-preview',
  'gemini-3.8-flash-tts',
  'gemini-3.8-flash-lite-tts',
  'gemini-3.8-flash',
  'gemini-3.5-flash-lite',
] as const;

const sizes: Readonly<Record<string, readonly [number, number]>> = {
  '1:1': [512, 512],
  '16:9': [640, 360],
  '9:16': [360, 640],
  '4:3': [640, 480],
  '3:4': [480, 640],
};

/** Starts the stand-in; it listens when the promise resolves. */
export async function startGeminiSandbox(options: GeminiSandboxOptions): Promise<GeminiSandbox> {
  const { models = servedModels, draw = drawPicture, video = Buffer.from('mp4'), asksUntilDone = 1 } = options;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const calls: GeminiCall[] = [];
  const operations = new Map<string, { readonly owner: string; asked: number }>();
  const faults = new FaultScript<GeminiRoute>();
  const holds = new Set<object>();

  const contentOf = async ({ wants, prompt, aspectRatio }: ContentRequest): Promise<readonly object[]> => {
    if (wants === 'TEXT') return [{ text: `You said: ` }, { text: prompt }];
    if (wants === 'SONG') {
      const data = Buffer.from(silentMp3(2)).toString('base64');
      return [{ text: '[Verse]\nLa la la' }, { inlineData: { mimeType: 'audio/mpeg', data } }];
    }
    const [width, height] = sizes[aspectRatio] ?? [512, 512];
    const mimeType = wants === 'IMAGE' ? 'image/png' : 'audio/L16;codec=pcm;rate=24000';
    const bytes = wants === 'IMAGE' ? await draw({ prompt, width, height }) : Buffer.alloc(48_000);
    const draft = { thought: true, text: 'Thinking about the request.' };
    return [draft, { inlineData: { mimeType, data: Buffer.from(bytes).toString('base64') } }];
  };

  const answer = async (request: ContentRequest, model: string, isStream: boolean): Promise<StandInReply> => {
    const parts = await contentOf(request);
    const usageMetadata = { promptTokenCount: request.prompt.length, candidatesTokenCount: 1_120 };
    const reply = (some: readonly object[], more: object) => ({
      candidates: [{ content: { role: 'model', parts: some }, index: 0, ...more }],
      usageMetadata,
      modelVersion: model,
    });
    if (!isStream) return jsonReply(200, reply(parts, { finishReason: 'STOP' }));
    const events = parts.map((part, index) =>
      reply([part], index === parts.length - 1 ? { finishReason: 'STOP' } : {}),
    );
    const pieces = events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`);
    return { kind: 'stream', status: 200, headers: { 'content-type': 'text/event-stream' }, pieces };
  };

  const submit = (asked: StandInRequest, call: GeminiCall, account: GeminiAccount, model: string): StandInReply => {
    const parsed = parseVideoRequest(asked.body);
    if (!parsed.ok) return parsed.reply;
    Object.assign(call, { model, ...parsed.value });
    const limit = limitOf(account);
    if (limit !== undefined) return limit;
    const name = `models/${model}/operations/op-${operations.size + 1}`;
    operations.set(name, { owner: account.name, asked: 0 });
    return jsonReply(200, { name });
  };

  const interact = (asked: StandInRequest, call: GeminiCall, account: GeminiAccount): StandInReply => {
    const parsed = parseInteraction(asked.body);
    if (!parsed.ok) return parsed.reply;
    if (!models.includes(parsed.value.model)) return geminiError(404, `Model ${parsed.value.model} is not found.`);
    Object.assign(call, parsed.value);
    const limit = limitOf(account);
    if (limit !== undefined) return limit;
    const id = `v1_${operations.size + 1}`;
    operations.set(`interactions/${id}`, { owner: account.name, asked: 0 });
    return jsonReply(200, { id, status: 'in_progress', model: parsed.value.model });
  };

  const run = async (asked: StandInRequest, call: GeminiCall, account: GeminiAccount): Promise<StandInReply> => {
    const [, model = ''] = /\/models\/([^/:]+):/.exec(asked.path) ?? [];
    if (!models.includes(model)) {
      return geminiError(
        404,
        `models/${model} is not found for API version v1beta, or is not supported for ${call.route}.`,
      );
    }
    if (call.route === 'video') return submit(asked, call, account, model);
    const parsed = parseContentRequest(asked.body, model);
    if (!parsed.ok) return parsed.reply;
    Object.assign(call, { model, ...parsed.value });
    const limit = limitOf(account);
    if (limit !== undefined) return limit;
    if (call.route === 'stream' && asked.query.get('alt') !== 'sse') return geminiError(400, 'alt must be sse here.');
    return answer(parsed.value, model, call.route === 'stream');
  };

  const operationOf = (asked: StandInRequest, account: GeminiAccount): StandInReply => {
    const name = asked.path.replace(/^\/v1(?:beta)?\//, '');
    const operation = operations.get(name);
    if (operation === undefined || operation.owner !== account.name) return geminiError(404, 'Operation not found.');
    operation.asked += 1;
    const isInteraction = name.startsWith('interactions/');
    const id = name.split('/').at(-1);
    if (operation.asked <= asksUntilDone || holds.size > 0) {
      return jsonReply(200, isInteraction ? { id, status: 'in_progress' } : { name });
    }
    const uri = `${asked.root}/v1beta/files/${id}:download?alt=media`;
    if (isInteraction) {
      const content = [{ type: 'video', mime_type: 'video/mp4', uri }];
      return jsonReply(200, { id, status: 'completed', steps: [{ type: 'model_output', content }] });
    }
    const generateVideoResponse = { generatedSamples: [{ video: { uri } }] };
    return jsonReply(200, { name, done: true, response: { generateVideoResponse } });
  };

  const handle = async (asked: StandInRequest, call: GeminiCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    const account = accounts.get(String(asked.headers['x-goog-api-key'] ?? ''));
    if (asked.headers['x-goog-api-key'] === undefined) {
      return geminiError(403, "Method doesn't allow unregistered callers (callers without established identity).");
    }
    if (account === undefined) return geminiError(400, 'API key not valid. Please pass a valid API key.', [invalidKey]);
    Object.assign(call, { account: account.name });
    if (account.isLeaked === true) {
      return geminiError(403, 'Your API key was reported as leaked. Please use another API key.');
    }
    switch (call.route) {
      case 'models':
        return jsonReply(200, { models: models.map((model) => ({ name: `models/${model}` })) });
      case 'content':
      case 'stream':
      case 'video':
        return run(asked, call, account);
      case 'interaction':
        return interact(asked, call, account);
      case 'operation':
        return operationOf(asked, account);
      case 'file':
        return { kind: 'reply', status: 200, headers: { 'content-type': 'video/mp4' }, body: video };
      case 'unknown':
        return {
          kind: 'reply',
          status: 404,
          headers: { 'content-type': 'text/html' },
          body: '<html><title>Error 404</title></html>',
        };
    }
  };

  const server = await startStandIn(
    async (asked) => {
      const call: GeminiCall = { route: routeOf(asked), leakedKey: asked.query.has('key') };
      calls.push(call);
      const reply = await handle(asked, call);
      if ('status' in reply) call.status = reply.status;
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: `${server.root}/v1beta`,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    hold: () => {
      const own = {};
      holds.add(own);
      return { release: () => void holds.delete(own) };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const invalidKey = {
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason: 'API_KEY_INVALID',
  domain: 'googleapis.com',
};

/** What a project answers that may not make the call. */
function limitOf({ quota, isSpent }: GeminiAccount): StandInReply | undefined {
  if (isSpent === true) return geminiError(429, 'Your prepayment credits are depleted. Please go to AI Studio.');
  if (quota === undefined) return undefined;
  const quotaId = `GenerateRequestsPer${quota === 'minute' ? 'Minute' : 'Day'}PerProjectPerModel`;
  return geminiError(429, 'You exceeded your current quota, please check your plan and billing details.', [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaId, quotaValue: quota === 'none' ? '0' : '10' }],
    },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '30s' },
  ]);
}

function routeOf({ method, path }: StandInRequest): GeminiRoute {
  const rest = /^\/v1(?:beta)?\/(.+)$/.exec(path)?.[1] ?? '';
  if (method === 'GET' && rest === 'models') return 'models';
  if (method === 'GET' && /^(?:models\/[^/]+\/operations|interactions)\//.test(rest)) return 'operation';
  if (method === 'POST' && rest === 'interactions') return 'interaction';
  if (method === 'GET' && /^files\/[^/]+:download$/.test(rest)) return 'file';
  if (method !== 'POST') return 'unknown';
  if (/^models\/[^/]+:generateContent$/.test(rest)) return 'content';
  if (/^models\/[^/]+:streamGenerateContent$/.test(rest)) return 'stream';
  return /^models\/[^/]+:predictLongRunning$/.test(rest) ? 'video' : 'unknown';
}
