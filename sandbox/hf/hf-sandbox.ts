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

export type HfRoute = 'picture' | 'chat' | 'user' | 'unknown';

/** One request that the stand-in received. */
export type HfCall = {
  readonly route: HfRoute;
  readonly account?: string;
  readonly model?: string;
  readonly prompt?: string;
  status?: number;
};

export type HfAccount = {
  readonly name: string;
  readonly token: string;
  /** The credits of the month are used up. */
  readonly isSpent?: boolean;
  /** The token may read and not run. */
  readonly mayOnlyRead?: boolean;
};

export type HfSandboxOptions = {
  readonly accounts: readonly HfAccount[];
  /** Models that have to be loaded before they run. */
  readonly loading?: readonly string[];
  readonly draw?: (request: PictureRequest) => Promise<Uint8Array>;
  readonly port?: number | undefined;
};

/** A running stand-in for Hugging Face's router and its account route, both on one host. */
export type HfSandbox = AsyncDisposable & {
  readonly baseUrl: string;
  readonly calls: readonly HfCall[];
  setFaults(faults: readonly ScriptedFault<HfRoute>[]): void;
};

type Fields = Readonly<Record<string, unknown>>;

const pictureModels: ReadonlySet<string> = new Set([
  'black-forest-labs/FLUX.1-schnell',
  'stabilityai/stable-diffusion-xl-base-1.0',
]);
const editModels: ReadonlySet<string> = new Set(['black-forest-labs/FLUX.1-Kontext-dev']);
const speechModels: ReadonlySet<string> = new Set(['hexgrad/Kokoro-82M']);
const chatModels: ReadonlySet<string> = new Set(['openai/gpt-oss-120b', 'meta-llama/Llama-3.3-70B-Instruct']);
const parameterNames: ReadonlySet<string> = new Set([
  'width',
  'height',
  'num_inference_steps',
  'guidance_scale',
  'negative_prompt',
  'seed',
]);

/** Starts the stand-in; it listens when the promise resolves. */
export async function startHfSandbox(options: HfSandboxOptions): Promise<HfSandbox> {
  const { draw = drawPicture, loading = [] } = options;
  const accounts = new Map(options.accounts.map((account) => [account.token, account]));
  const calls: HfCall[] = [];
  const faults = new FaultScript<HfRoute>();

  const picture = async ({ path, body, headers }: StandInRequest, call: HfCall): Promise<StandInReply> => {
    const model = path.replace('/hf-inference/models/', '');
    Object.assign(call, { model });
    const [isEdit, isSpeech] = [editModels.has(model), speechModels.has(model)];
    if (!pictureModels.has(model) && !isEdit && !isSpeech) return failure(404, `Model ${model} does not exist`);
    if (loading.includes(model)) {
      return jsonReply(503, { error: `Model ${model} is currently loading`, estimated_time: 20 });
    }
    const wanted = isSpeech ? /^audio\/|^\*\/\*$/ : /^image\/|^\*\/\*$/;
    if (!wanted.test(headers.accept ?? '')) return failure(400, 'Accept type is not supported');
    const fields = fieldsIn(body);
    const inputs = fields?.['inputs'];
    if (typeof inputs !== 'string' || inputs === '') return failure(400, ['Error in `inputs`: field required']);
    const unknown = Object.keys(fields ?? {}).find((name) => name !== 'inputs' && name !== 'parameters');
    if (unknown !== undefined) return failure(400, [`Error in \`${unknown}\`: extra fields not permitted`]);
    const { prompt = inputs, ...parameters } = (fields?.['parameters'] ?? {}) as Fields;
    const wrong = Object.keys(parameters).find((name) => isSpeech || !parameterNames.has(name));
    if (wrong !== undefined) return failure(400, `__call__() got an unexpected keyword argument '${wrong}'`);
    if (isEdit && (prompt === inputs || !isPicture(inputs))) return failure(400, 'cannot identify image file');
    Object.assign(call, { prompt });
    if (isSpeech) return { kind: 'reply', status: 200, headers: { 'content-type': 'audio/mpeg' }, body: silentMp3(1) };
    const bytes = await draw({ prompt: String(prompt), width: 512, height: 512 });
    return { kind: 'reply', status: 200, headers: { 'content-type': 'image/png' }, body: bytes };
  };

  const answer = (body: string, call: HfCall): StandInReply => {
    const fields = fieldsIn(body);
    const model = String(fields?.['model']);
    Object.assign(call, { model });
    if (!chatModels.has(model.replace(/:[a-z0-9-]+$/, ''))) {
      const message = `The requested model '${model}' does not exist`;
      return jsonReply(400, {
        error: { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
      });
    }
    const messages = fields?.['messages'];
    if (!Array.isArray(messages) || messages.length === 0) return failure(400, 'messages is required');
    const last = messages.at(-1) as Fields;
    const deltas = [{ content: 'You said: ' }, { content: last['content'] }, {}];
    const chunks = deltas.map((delta, index) => ({
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: index === deltas.length - 1 ? 'stop' : null }],
    }));
    const pieces = [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'];
    return { kind: 'stream', status: 200, headers: { 'content-type': 'text/event-stream' }, pieces };
  };

  const handle = async (asked: StandInRequest, call: HfCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    const [, token = ''] = /^Bearer (\S+)$/.exec(asked.headers.authorization ?? '') ?? [];
    const account = accounts.get(token);
    if (account === undefined) return failure(401, 'Invalid username or password.');
    Object.assign(call, { account: account.name });
    if (call.route === 'user') return jsonReply(200, { type: 'user', name: account.name });
    if (call.route === 'unknown') {
      return { kind: 'reply', status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not Found' };
    }
    if (account.mayOnlyRead === true) return failure(403, noPermission);
    if (account.isSpent === true) return failure(402, spent);
    return call.route === 'picture' ? picture(asked, call) : answer(asked.body, call);
  };

  const server = await startStandIn(
    async (asked) => {
      const call: HfCall = { route: routeOf(asked) };
      calls.push(call);
      const reply = await handle(asked, call);
      if ('status' in reply) call.status = reply.status;
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: server.root,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const noPermission =
  'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user ada';
const spent =
  'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits.';

function failure(status: number, error: string | readonly string[]): StandInReply {
  return jsonReply(status, { error });
}

/** Base64 of more than a few bytes; the words of a person have spaces. */
function isPicture(inputs: string): boolean {
  return inputs.length >= 16 && /^[A-Za-z0-9+/]+={0,2}$/.test(inputs);
}

function fieldsIn(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function routeOf({ method, path }: StandInRequest): HfRoute {
  if (method === 'GET' && path === '/api/whoami-v2') return 'user';
  if (method !== 'POST') return 'unknown';
  if (path === '/v1/chat/completions') return 'chat';
  return path.startsWith('/hf-inference/models/') ? 'picture' : 'unknown';
}
