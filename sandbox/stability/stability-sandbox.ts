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

export type StabilityRoute = 'image' | 'balance' | 'unknown';

/** One request that the stand-in received. */
export type StabilityCall = {
  readonly route: StabilityRoute;
  readonly path: string;
  readonly account?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly hasPicture?: boolean;
  status?: number;
};

export type StabilityAccount = { readonly name: string; readonly key: string; credits: number };

export type StabilitySandboxOptions = {
  readonly accounts: readonly StabilityAccount[];
  readonly draw?: (request: PictureRequest) => Promise<Uint8Array>;
  readonly port?: number | undefined;
};

/** A running stand-in for the pictures of Stability AI. */
export type StabilitySandbox = AsyncDisposable & {
  readonly baseUrl: string;
  readonly calls: readonly StabilityCall[];
  setFaults(faults: readonly ScriptedFault<StabilityRoute>[]): void;
};

type Endpoint = {
  readonly fields: readonly string[];
  readonly credits: number;
  readonly needsPicture?: true;
  /** It takes no words. */
  readonly wordless?: true;
  readonly makes?: 'sound';
};

const common = ['prompt', 'negative_prompt', 'seed', 'output_format', 'aspect_ratio'];
const endpoints: Readonly<Record<string, Endpoint>> = {
  'generate/core': { fields: [...common, 'style_preset'], credits: 3 },
  'generate/ultra': { fields: [...common, 'image', 'strength'], credits: 8 },
  'generate/sd3': { fields: [...common, 'model', 'mode', 'image', 'strength'], credits: 6.5 },
  'control/structure': { fields: [...common.slice(0, 4), 'image', 'control_strength'], credits: 5, needsPicture: true },
  'upscale/fast': { fields: ['image', 'output_format'], credits: 2, needsPicture: true, wordless: true },
  'upscale/conservative': { fields: [...common.slice(0, 4), 'image'], credits: 40, needsPicture: true },
  'control/sketch': { fields: [...common.slice(0, 4), 'image', 'control_strength'], credits: 5, needsPicture: true },
};
/** Below `/v2beta`, not below its pictures. */
const songEndpoint: Endpoint = {
  fields: ['prompt', 'model', 'output_format', 'duration', 'seed', 'steps', 'cfg_scale'],
  credits: 20,
  makes: 'sound',
};
const sd3Models: ReadonlySet<unknown> = new Set(['sd3.5-large', 'sd3.5-large-turbo', 'sd3.5-medium']);
const ratios: ReadonlySet<unknown> = new Set(['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21']);
const maxSeed = 4_294_967_294;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startStabilitySandbox(options: StabilitySandboxOptions): Promise<StabilitySandbox> {
  const { draw = drawPicture } = options;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const calls: StabilityCall[] = [];
  const faults = new FaultScript<StabilityRoute>();

  const make = async (asked: StandInRequest, call: StabilityCall, account: StabilityAccount): Promise<StandInReply> => {
    const isSong = asked.path === songPath;
    const endpoint = isSong ? songEndpoint : endpoints[asked.path.replace('/v2beta/stable-image/', '')];
    if (endpoint === undefined) return failure(404, 'not_found', 'not found');
    const form = await formOf(asked);
    if (form === undefined) {
      return failure(400, 'bad_request', 'content-type: must be multipart/form-data');
    }
    const accept = asked.headers.accept ?? '';
    const own = isSong ? 'audio/*' : 'image/*';
    if (accept !== own && accept !== 'application/json') {
      return failure(400, 'bad_request', `accept: must be one of ${own}, application/json`);
    }
    const mistake = mistakeIn(form, endpoint, asked.path.endsWith('/sd3'));
    if (mistake !== undefined) return failure(400, 'bad_request', mistake);
    const fields = Object.fromEntries(
      [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    Object.assign(call, { fields, hasPicture: form.has('image') });
    if (account.credits < endpoint.credits) {
      return failure(402, 'payment_required', 'You lack sufficient credits to make this request.');
    }
    account.credits -= endpoint.credits;
    if (isSong) {
      const headers = { 'content-type': 'audio/mpeg', 'finish-reason': 'SUCCESS', seed: fields['seed'] ?? '1' };
      return { kind: 'reply', status: 200, headers, body: silentMp3(2) };
    }
    const side = asked.path.includes('/upscale/') ? 2_048 : 512;
    const bytes = await draw({ prompt: fields['prompt'] ?? 'a picture', width: side, height: side });
    if (accept === 'application/json') {
      return jsonReply(200, { image: Buffer.from(bytes).toString('base64'), finish_reason: 'SUCCESS', seed: 1 });
    }
    const headers = { 'content-type': 'image/png', 'finish-reason': 'SUCCESS', seed: fields['seed'] ?? '1' };
    return { kind: 'reply', status: 200, headers, body: bytes };
  };

  const handle = async (asked: StandInRequest, call: StabilityCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    const [, key = ''] = /^Bearer (\S+)$/.exec(asked.headers.authorization ?? '') ?? [];
    const account = accounts.get(key);
    if (account === undefined) return failure(401, 'unauthorized', 'authorization: invalid or missing header value');
    Object.assign(call, { account: account.name });
    if (call.route === 'balance') return jsonReply(200, { credits: account.credits });
    return call.route === 'image' ? make(asked, call, account) : failure(404, 'not_found', 'not found');
  };

  const server = await startStandIn(
    async (asked) => {
      const call: StabilityCall = { route: routeOf(asked), path: asked.path };
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

const songPath = '/v2beta/audio/stable-audio-2/text-to-audio';

function failure(status: number, name: string, error: string): StandInReply {
  return jsonReply(status, { id: '9160aa70222403b2c5e5c2a2d2d2c9e1', name, errors: [error] });
}

async function formOf({ headers, bytes }: StandInRequest): Promise<FormData | undefined> {
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return undefined;
  const body = new Uint8Array(bytes);
  return new Response(body, { headers: { 'content-type': type } }).formData().catch(() => undefined);
}

function mistakeIn(form: FormData, { fields, needsPicture, wordless }: Endpoint, isSd3: boolean): string | undefined {
  const unknown = [...form.keys()].find((name) => !fields.includes(name));
  if (unknown !== undefined) return `${unknown}: is not allowed`;
  const prompt = form.get('prompt');
  if (wordless !== true && (typeof prompt !== 'string' || prompt === '')) return 'prompt: is required';
  if (typeof prompt === 'string' && prompt.length > 10_000) return 'prompt: must be at most 10000 characters';
  const seed = Number(form.get('seed') ?? 0);
  if (!Number.isInteger(seed) || seed < 0 || seed > maxSeed) return `seed: must be from 0 to ${maxSeed}`;
  if (form.has('aspect_ratio') && !ratios.has(form.get('aspect_ratio')))
    return 'aspect_ratio: must be one of 16:9, 1:1';
  const picture = form.get('image');
  if (typeof picture === 'string') return 'image: must be a file';
  if (needsPicture === true && picture === null) return 'image: is required';
  if (picture === null ? form.has('strength') : needsPicture !== true && !form.has('strength')) {
    return 'strength: is required with an image, and with an image alone';
  }
  if (!isSd3) return undefined;
  if (!sd3Models.has(form.get('model'))) return 'model: must be one of sd3.5-large, sd3.5-large-turbo, sd3.5-medium';
  const mode = picture === null ? 'text-to-image' : 'image-to-image';
  if ((form.get('mode') ?? 'text-to-image') !== mode) return `mode: must be ${mode}`;
  return picture !== null && form.has('aspect_ratio') ? 'aspect_ratio: is not allowed with an image' : undefined;
}

function routeOf({ method, path }: StandInRequest): StabilityRoute {
  if (method === 'POST' && (path.startsWith('/v2beta/stable-image/') || path === songPath)) return 'image';
  return method === 'GET' && path === '/v1/user/balance' ? 'balance' : 'unknown';
}
