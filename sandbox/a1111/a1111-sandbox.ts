import { z } from 'zod';
import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import { drawPicture } from '../drawing/draw-picture.ts';

export type A1111Route = 'txt2img' | 'img2img' | 'options' | 'unknown';

/** One request that the stand-in received. */
export type A1111Call = {
  readonly route: A1111Route;
  readonly authorization?: string;
  readonly prompt?: string;
  readonly body?: unknown;
  /** Marks in the words on which the server acted. */
  readonly acted?: readonly string[];
  status?: number;
};

export type A1111SandboxOptions = {
  /** Of `--api-auth`, as `user:password`; anybody may ask where it is absent. */
  readonly login?: string;
  readonly checkpoints?: readonly string[];
  /** The server was started with `--api`. */
  readonly hasApi?: boolean;
};

/** A running stand-in for AUTOMATIC1111 with an extension that replaces wildcards. */
export type A1111Sandbox = AsyncDisposable & {
  /** Without a path. */
  readonly baseUrl: string;
  readonly calls: readonly A1111Call[];
  setFaults(faults: readonly ScriptedFault<A1111Route>[]): void;
};

const side = z.int().min(64).max(2_048).default(512);
const words = {
  prompt: z.string().default(''),
  negative_prompt: z.string().default(''),
  width: side,
  height: side,
  seed: z.int().min(-1).max(4_294_967_295).default(-1),
  steps: z.int().min(1).max(150).optional(),
  cfg_scale: z.number().optional(),
  override_settings: z.strictObject({ sd_model_checkpoint: z.string().optional() }).optional(),
  override_settings_restore_afterwards: z.boolean().optional(),
};
const schemas = {
  txt2img: z.strictObject(words),
  img2img: z.strictObject({
    ...words,
    init_images: z.array(z.base64()).optional(),
    denoising_strength: z.number().min(0).max(1).optional(),
  }),
};

/** What the server and its extensions act on. */
const liveMarks = /<\w+:[^>]+>|<sd_cpp_extra_args>|__[^_\s].*?__|\{[^{}]*\}/g;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startA1111Sandbox(options: A1111SandboxOptions = {}): Promise<A1111Sandbox> {
  const { login, checkpoints = ['sd_xl_base_1.0'], hasApi = true } = options;
  const calls: A1111Call[] = [];
  const faults = new FaultScript<A1111Route>();
  const needed = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;

  const run = async (route: 'txt2img' | 'img2img', asked: StandInRequest, call: A1111Call): Promise<StandInReply> => {
    const body = parsedJson(asked.body);
    Object.assign(call, { body });
    const parsed = schemas[route].safeParse(body);
    if (!parsed.success) {
      const detail = parsed.error.issues.map(({ path, message }) => {
        return { loc: ['body', ...path.map(String)], msg: message, type: 'value_error' };
      });
      return jsonReply(422, { detail });
    }
    const { prompt, negative_prompt: negative, width, height, seed, override_settings: settings = {} } = parsed.data;
    Object.assign(call, { prompt, acted: `${prompt}\n${negative}`.match(liveMarks) ?? [] });
    if (route === 'img2img' && (schemas.img2img.parse(body).init_images ?? []).length === 0) {
      return jsonReply(404, { detail: 'Init image not found' });
    }
    const checkpoint = settings.sd_model_checkpoint;
    if (checkpoint !== undefined && !checkpoints.includes(checkpoint)) {
      return raised('RuntimeError', `Unknown checkpoint: ${checkpoint}`);
    }
    if (width * height > 2_048 * 1_536) return raised('OutOfMemoryError', outOfMemory);
    const png = Buffer.from(await drawPicture({ prompt })).toString('base64');
    const info = JSON.stringify({ prompt, seed: seed === -1 ? 1_234 : seed, width, height });
    return jsonReply(200, { images: [png], parameters: body, info });
  };

  const answer = async (asked: StandInRequest, call: A1111Call): Promise<StandInReply> => {
    if (call.route === 'unknown') return jsonReply(404, { detail: 'Not Found' });
    if (needed !== undefined && call.authorization !== needed) {
      return jsonReply(401, { detail: 'Incorrect username or password' }, { 'www-authenticate': 'Basic' });
    }
    if (call.route === 'options') return jsonReply(200, { sd_model_checkpoint: checkpoints[0] ?? null, CLIP_stop: 1 });
    return run(call.route, asked, call);
  };

  const api = await startStandIn(async (asked) => {
    const route = hasApi ? routeOf(asked) : 'unknown';
    const { authorization } = asked.headers;
    const call: A1111Call = { route, ...(authorization === undefined ? {} : { authorization }) };
    calls.push(call);
    const reply = faults.next(route) ?? (await answer(asked, call));
    if (reply.kind === 'reply') call.status = reply.status;
    return reply;
  });
  return {
    baseUrl: api.root,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

const outOfMemory =
  'CUDA out of memory. Tried to allocate 4.50 GiB. GPU 0 has a total capacity of 7.79 GiB of which 1.02 GiB is free.';

function raised(error: string, errors: string): StandInReply {
  return jsonReply(500, { error, detail: '', body: '', errors });
}

function routeOf({ method, path }: StandInRequest): A1111Route {
  if (method === 'GET') return path === '/sdapi/v1/options' ? 'options' : 'unknown';
  if (method !== 'POST') return 'unknown';
  return path === '/sdapi/v1/txt2img' ? 'txt2img' : path === '/sdapi/v1/img2img' ? 'img2img' : 'unknown';
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
