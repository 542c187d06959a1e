import { drawSound } from '../sound/draw-sound.ts';
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

export type CloudflareRoute = 'run' | 'chat' | 'models' | 'unknown';

/** One request that the stand-in received. */
export type CloudflareCall = {
  readonly route: CloudflareRoute;
  readonly account?: string;
  readonly model?: string;
  readonly body?: string;
  status?: number;
};

export type CloudflareAccount = {
  readonly name: string;
  readonly token: string;
  readonly accountId: string;
  /** Its neurons of the day are used up. */
  readonly isUsedUp?: boolean;
};

export type CloudflareSandboxOptions = {
  readonly accounts: readonly CloudflareAccount[];
  readonly draw?: (request: PictureRequest) => Promise<Uint8Array>;
  readonly port?: number | undefined;
};

/** A running stand-in for the pictures, recordings and answers of Workers AI. */
export type CloudflareSandbox = AsyncDisposable & {
  /** Ends in `/client/v4`. */
  readonly baseUrl: string;
  readonly calls: readonly CloudflareCall[];
  setFaults(faults: readonly ScriptedFault<CloudflareRoute>[]): void;
};

type Fields = Readonly<Record<string, unknown>>;

const diffusionFields = ['prompt', 'negative_prompt', 'width', 'height', 'num_steps', 'guidance', 'seed'];
const pictureFields: Readonly<Record<string, readonly string[]>> = {
  '@cf/black-forest-labs/flux-1-schnell': ['prompt', 'steps', 'seed'],
  '@cf/lykon/dreamshaper-8-lcm': diffusionFields,
  '@cf/stabilityai/stable-diffusion-xl-base-1.0': diffusionFields,
};
/** The fields of the models of speech, the one with the words first. */
const speechFields: Readonly<Record<string, readonly [string, ...string[]]>> = {
  '@cf/myshell-ai/melotts': ['prompt', 'lang'],
  '@cf/deepgram/aura-1': ['text', 'speaker', 'encoding', 'container', 'sample_rate', 'bit_rate'],
};
const chatModels: ReadonlySet<unknown> = new Set(['@cf/openai/gpt-oss-120b', '@cf/meta/llama-3.1-8b-instruct']);

/** Starts the stand-in; it listens when the promise resolves. */
export async function startCloudflareSandbox(options: CloudflareSandboxOptions): Promise<CloudflareSandbox> {
  const { draw = drawPicture } = options;
  const accounts = new Map(options.accounts.map((account) => [account.token, account]));
  const calls: CloudflareCall[] = [];
  const faults = new FaultScript<CloudflareRoute>();

  const run = async ({ path, body }: StandInRequest, call: CloudflareCall): Promise<StandInReply> => {
    const model = /\/ai\/run\/(.+)$/.exec(path)?.[1] ?? '';
    Object.assign(call, { model });
    const spoken = speechFields[model];
    if (spoken !== undefined) return speak(body, spoken);
    const known = pictureFields[model];
    if (known === undefined) return failure(400, 5007, `No such model ${model} or task`);
    const fields = fieldsIn(body);
    if (fields === undefined) return failure(400, 5004, 'Invalid data: the body is not JSON');
    const { prompt } = fields;
    const unknown = Object.keys(fields).find((name) => !known.includes(name));
    if (unknown !== undefined) return failure(400, 5004, `Invalid data: Unexpected property '${unknown}'`);
    if (typeof prompt !== 'string' || prompt === '' || prompt.length > 2_048) {
      return failure(400, 5006, "Error: oneOf at '/' not met: '/prompt' must have 1 to 2048 characters");
    }
    const [width, height] = [Number(fields['width'] ?? 1_024), Number(fields['height'] ?? 1_024)];
    if ([width, height].some((side) => side < 256 || side > 2_048)) {
      return failure(400, 5006, 'Error: width and height must be from 256 to 2048');
    }
    const bytes = await draw({ prompt, width: 512, height: 512 });
    if (known === diffusionFields) {
      return { kind: 'reply', status: 200, headers: { 'content-type': 'image/png' }, body: bytes };
    }
    const result = { image: Buffer.from(bytes).toString('base64') };
    return jsonReply(200, { result, success: true, errors: [], messages: [] });
  };

  const speak = (body: string, known: readonly [string, ...string[]]): StandInReply => {
    const fields = fieldsIn(body);
    if (fields === undefined) return failure(400, 5004, 'Invalid data: the body is not JSON');
    const unknown = Object.keys(fields).find((name) => !known.includes(name));
    if (unknown !== undefined) return failure(400, 5004, `Invalid data: Unexpected property '${unknown}'`);
    const [name] = known;
    const words = fields[name];
    if (typeof words !== 'string' || words === '') return failure(400, 5006, `Error: required properties '${name}'`);
    // MeloTTS answers with the sound in JSON, Aura with its bytes.
    if (name === 'text') {
      return { kind: 'reply', status: 200, headers: { 'content-type': 'audio/mpeg' }, body: silentMp3(1) };
    }
    const result = { audio: Buffer.from(drawSound(words, 1)).toString('base64') };
    return jsonReply(200, { result, success: true, errors: [], messages: [] });
  };

  const answer = (body: string, call: CloudflareCall): StandInReply => {
    const fields = fieldsIn(body);
    const model = fields?.['model'];
    Object.assign(call, { model });
    if (!chatModels.has(model)) return failure(400, 5007, `No such model ${String(model)} or task`);
    const messages = fields?.['messages'];
    if (!Array.isArray(messages) || messages.length === 0) return failure(400, 5006, 'Error: messages are required');
    if (fields?.['stream'] !== true) return failure(400, 5006, 'Error: only streams are served here');
    const last = messages.at(-1) as Fields;
    const chunks = ['You said: ', last['content'] ?? '', undefined].map((content) => ({
      object: 'chat.completion.chunk',
      choices: [
        {
          index: 0,
          delta: content === undefined ? {} : { content },
          finish_reason: content === undefined ? 'stop' : null,
        },
      ],
    }));
    const pieces = [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'];
    return { kind: 'stream', status: 200, headers: { 'content-type': 'text/event-stream' }, pieces };
  };

  const handle = async (asked: StandInRequest, call: CloudflareCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    const [, token = ''] = /^Bearer (\S+)$/.exec(asked.headers.authorization ?? '') ?? [];
    const account = accounts.get(token);
    if (account === undefined) return failure(401, 10_000, 'Authentication error');
    Object.assign(call, { account: account.name });
    const id = /\/accounts\/([^/]+)\//.exec(asked.path)?.[1];
    if (id !== account.accountId) {
      return failure(404, 7003, 'Could not route to the path, perhaps your object identifier is invalid?');
    }
    if (call.route === 'models') {
      const result = Object.keys(pictureFields).map((name) => ({ name }));
      return jsonReply(200, { result, success: true, errors: [], messages: [] });
    }
    if (call.route === 'unknown') return failure(404, 7000, 'No route for that URI');
    if (account.isUsedUp === true) {
      return failure(429, 3036, 'You have used up your daily free allocation of 10,000 neurons, please upgrade.');
    }
    return call.route === 'run' ? run(asked, call) : answer(asked.body, call);
  };

  const server = await startStandIn(
    async (asked) => {
      const call: CloudflareCall = { route: routeOf(asked), ...(asked.body === '' ? {} : { body: asked.body }) };
      calls.push(call);
      const reply = await handle(asked, call);
      if ('status' in reply) call.status = reply.status;
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: `${server.root}/client/v4`,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function failure(status: number, code: number, message: string): StandInReply {
  return jsonReply(status, { result: null, success: false, errors: [{ code, message }], messages: [] });
}

function fieldsIn(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function routeOf({ method, path }: StandInRequest): CloudflareRoute {
  const rest = /^\/client\/v4\/accounts\/[^/]+\/ai\/(.+)$/.exec(path)?.[1] ?? '';
  if (method === 'GET' && rest === 'models/search') return 'models';
  if (method !== 'POST') return 'unknown';
  if (rest === 'v1/chat/completions') return 'chat';
  return rest.startsWith('run/') ? 'run' : 'unknown';
}
