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
import { type ImageRequest, parseImageRequest } from './image-request.ts';
import { picturesIn, readFields, readForm, readPicture } from './other-requests.ts';
import { readSpeech, soundReply } from './speech-requests.ts';
import { chatReply, lastWords, responsesFields, responsesReply } from './conversations.ts';
import { moderationReply } from './moderations.ts';
import { clipReply, VideoRuns } from './video-runs.ts';
import { openAiShape, ownServerShape, type ServerShape } from './server-shape.ts';

export type OpenAiRoute =
  | 'images'
  | 'edits'
  | 'speech'
  | 'chat'
  | 'responses'
  | 'moderations'
  | 'models'
  | 'balance'
  | 'video'
  | 'run'
  | 'clip'
  | 'media'
  | 'unknown';

/** One request that the stand-in received. */
export type OpenAiCall = {
  readonly route: OpenAiRoute;
  readonly account?: string;
  readonly model?: string;
  readonly prompt?: string;
  /** How many pictures were sent along. */
  readonly inputs?: number;
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
  /** The server that is imitated; OpenAI where there are accounts. */
  readonly shape?: ServerShape;
  readonly draw?: (request: PictureRequest) => Promise<Uint8Array>;
  readonly port?: number | undefined;
};

/** A running stand-in for OpenAI, or for a server that speaks like it. */
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
  const { shape = options.accounts.length === 0 ? ownServerShape : openAiShape } = options;
  const { error } = shape;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const calls: OpenAiCall[] = [];
  const pictures = new Map<string, Uint8Array>();
  const videos = new VideoRuns(shape, models);
  const faults = new FaultScript<OpenAiRoute>();

  const answer = async (asked: ImageRequest, root: string): Promise<StandInReply> => {
    const { model, prompt, n, size, responseFormat } = asked;
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
    const tokens = { input_tokens: prompt.length, output_tokens: 1_056 * n, total_tokens: prompt.length + 1_056 * n };
    const made = { background: 'opaque', output_format: 'png', quality: 'medium', size: `${width}x${height}` };
    return jsonReply(200, { created, data, ...made, usage: { ...tokens, ...shape.cost } });
  };

  const image = async (asked: StandInRequest, call: OpenAiCall, more: readonly string[]): Promise<StandInReply> => {
    if (shape.pictureFields === 'openai') {
      const parsed = parseImageRequest(asked.body, models);
      if (!parsed.ok) return parsed.reply;
      Object.assign(call, { model: parsed.value.model, prompt: parsed.value.prompt });
      return charged(call) ?? answer(parsed.value, asked.root);
    }
    const read = readPicture(asked.body, more, models, shape);
    if (!read.ok) return read.reply;
    const { model, prompt, width, height, fields } = read.value;
    Object.assign(call, { model, prompt });
    if (call.route === 'edits' && shape.editsAs !== 'files') {
      const inputs = picturesIn(fields, shape.editsAs);
      if (inputs === undefined) return error(400, 'The picture to change is missing.');
      Object.assign(call, { inputs: inputs.length });
    }
    const size = `${width}x${height}`;
    return charged(call) ?? answer({ model, prompt, n: 1, size, responseFormat: 'b64_json' }, asked.root);
  };

  const editForm = async (asked: StandInRequest, call: OpenAiCall): Promise<StandInReply> => {
    const form = await readForm(asked);
    if (form === undefined) return error(400, 'Invalid form: expected multipart/form-data.');
    if (form.files.length === 0) return error(400, "Missing required parameter: 'image'.", { param: 'image' });
    if (form.files.some((file) => file.byteLength === 0)) return error(400, 'The image file is empty.');
    Object.assign(call, { inputs: form.files.length });
    const { n, ...words } = form.words;
    const body = JSON.stringify({ ...words, ...(n === undefined ? {} : { n: Number(n) }) });
    return image({ ...asked, body }, call, []);
  };

  const speak = (asked: StandInRequest, call: OpenAiCall): StandInReply => {
    const read = readSpeech(asked.body, models, shape);
    if (!read.ok) return read.reply;
    Object.assign(call, read.value);
    return charged(call) ?? soundReply(shape, read.value.format);
  };

  const chat = (asked: StandInRequest, call: OpenAiCall): StandInReply => {
    const read = readFields(asked.body, ['model', 'messages', 'stream', ...shape.chatFields], models, shape);
    if (!read.ok) return read.reply;
    const last = lastWords(read.value.get('messages'));
    if (last === undefined) return error(400, "Invalid 'messages'.", { param: 'messages' });
    Object.assign(call, { model: String(read.value.get('model')), prompt: last });
    return charged(call) ?? chatReply(read.value, last, shape);
  };

  const respond = (asked: StandInRequest, call: OpenAiCall): StandInReply => {
    const read = readFields(asked.body, responsesFields, models, shape);
    if (!read.ok) return read.reply;
    Object.assign(call, { model: String(read.value.get('model')) });
    return charged(call) ?? responsesReply(read.value);
  };

  /** What the account of the call is answered in place of a result. */
  const charged = (call: OpenAiCall): StandInReply | undefined => {
    const account = options.accounts.find(({ name }) => name === call.account);
    if (account?.isSpent === true) return shape.spent;
    return account?.isUnverified === true ? error(403, unverified(call.model ?? '')) : undefined;
  };

  const accountOf = (asked: StandInRequest): OpenAiAccount | StandInReply => {
    const [, key] = /^Bearer (\S+)$/.exec(asked.headers.authorization ?? '') ?? [];
    if (key === undefined) return error(401, "You didn't provide an API key.");
    const masked = `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(-4)}`;
    return accounts.get(key) ?? error(401, `Incorrect API key provided: ${masked}.`, { code: 'invalid_api_key' });
  };

  const handle = async (asked: StandInRequest, call: OpenAiCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    if (call.route === 'media') {
      const body = pictures.get(asked.path);
      if (body === undefined) return { kind: 'reply', status: 404, headers: {}, body: '' };
      return { kind: 'reply', status: 200, headers: { 'content-type': 'image/png' }, body };
    }
    const account = accounts.size === 0 ? keyless : accountOf(asked);
    if ('kind' in account) return account;
    Object.assign(call, { account: account.name });
    switch (call.route) {
      case 'models': {
        const scope = 'You have insufficient permissions for this operation. Missing scopes: api.model.read.';
        return account.isRestricted === true ? error(403, scope) : jsonReply(200, shape.models(models));
      }
      case 'balance':
        return jsonReply(200, shape.balance ?? {});
      case 'images':
        return image(asked, call, []);
      case 'edits':
        return shape.editsAs === 'files' ? editForm(asked, call) : image(asked, call, [shape.editsAs, 'images']);
      case 'speech':
        return speak(asked, call);
      case 'chat':
        return chat(asked, call);
      case 'responses':
        return respond(asked, call);
      case 'moderations':
        return moderationReply(asked, error);
      case 'video':
        return videos.submit(asked, call, () => charged(call));
      case 'run':
        return videos.status(asked);
      case 'clip':
        return clipReply(asked, call, shape, () => charged(call));
      case 'unknown':
        return error(404, `Invalid URL (${asked.method} ${asked.path})`);
    }
  };

  const server = await startStandIn(
    async (asked) => {
      const route = routeOf(asked, shape);
      const call: OpenAiCall = {
        route,
        leakedKey: route === 'media' && asked.headers.authorization !== undefined,
        hasKey: asked.headers.authorization !== undefined,
        ...(asked.body === '' ? {} : { body: asked.body }),
      };
      calls.push(call);
      const reply = await handle(asked, call);
      if (reply.kind === 'reply' || reply.kind === 'stream') call.status = reply.status;
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

const keyless: OpenAiAccount = { name: 'keyless', key: '' };

function unverified(model: string): string {
  return `Your organization must be verified to use the model \`${model}\`. Please go to your organization settings and click on Verify Organization.`;
}

function routeOf({ method, path, body }: StandInRequest, shape: ServerShape): OpenAiRoute {
  const { routes, editsAs, videos, clips } = shape;
  if (shape === openAiShape && method === 'POST' && path === '/v1/moderations') return 'moderations';
  if (method === 'GET' && path.startsWith('/pictures/')) return 'media';
  if (videos !== undefined && method === 'GET' && path.startsWith(videos.statusPath)) return 'run';
  if (videos !== undefined && method === 'POST' && path === videos.path) return 'video';
  if (clips !== undefined && method === 'GET' && path.startsWith(clips.path)) return 'clip';
  if (method === 'GET') return path === routes.models ? 'models' : path === routes.balance ? 'balance' : 'unknown';
  // Where both go the same way, a picture that is sent along tells them apart.
  if (routes.images === routes.edits && path === routes.edits && body.includes(`"${editsAs}"`)) return 'edits';
  const posted = (['images', 'edits', 'speech', 'chat', 'responses'] as const).find((name) => routes[name] === path);
  return method === 'POST' ? (posted ?? 'unknown') : 'unknown';
}
