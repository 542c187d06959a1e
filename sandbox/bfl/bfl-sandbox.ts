import { z } from 'zod';
import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import { resultReply, type StandInRun, StandInRuns } from '../http/stand-in-runs.ts';

export type BflRoute = 'submit' | 'result' | 'credits' | 'media' | 'unknown';

/** One request that the stand-in received. */
export type BflCall = {
  readonly route: BflRoute;
  readonly path: string;
  readonly account?: string;
  readonly prompt?: string;
  readonly body?: unknown;
  /** A key was sent to the host of the results, which needs none. */
  readonly leakedKey: boolean;
  status?: number;
};

/** How tasks end: with a file, or in one of the other states of the service. */
export type BflEnding = 'Ready' | 'Request Moderated' | 'Content Moderated' | 'Error' | 'Task not found';

export type BflAccount = {
  readonly name: string;
  readonly key: string;
  readonly credits?: number;
  /** Tasks under way at once; one more is refused. */
  readonly activeTasks?: number;
};

export type BflSandboxOptions = {
  readonly accounts: readonly BflAccount[];
  /** Where the links in the answers lead, instead of the API itself. */
  readonly linkRoot?: string;
};

/** A running stand-in for the API of Black Forest Labs and the host of its results. */
export type BflSandbox = AsyncDisposable & {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** `host:port`, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  readonly calls: readonly BflCall[];
  setFaults(faults: readonly ScriptedFault<BflRoute>[]): void;
  setEnding(ending: BflEnding): void;
  /** Keeps every task from ending until the hold is released. */
  hold(): { release(): void };
};

const base64 = z.string().regex(/^(?:https?:\/\/.+|[\w+/]+={0,2})$/, 'Invalid image');
const shape = z.string().regex(/^\d{1,2}:\d{1,2}$/);
const words = {
  prompt: z.string().min(1),
  seed: z.int().min(0).nullish(),
  safety_tolerance: z.int().min(0).max(6).optional(),
};
const pictures = Object.fromEntries(
  ['input_image', ...[2, 3, 4, 5, 6, 7, 8].map((place) => `input_image_${place}`)].map((name) => [
    name,
    base64.optional(),
  ]),
);

function sides(least: number, most: number, step: number) {
  const side = z.int().min(least).max(most).multipleOf(step).optional();
  return { width: side, height: side };
}

/** What each family of models takes. */
const families = [
  [
    /^flux-2-(?:max|pro|flex|klein-4b|klein-9b)$/,
    z.strictObject({ ...words, ...pictures, ...sides(64, 2_048, 16) }),
    3,
  ],
  [/^flux-kontext-(?:max|pro)$/, z.strictObject({ ...words, ...pictures, aspect_ratio: shape.optional() }), 4],
  [/^flux-pro-1\.1-ultra$/, z.strictObject({ ...words, aspect_ratio: shape.optional() }), 6],
  [/^flux-pro-1\.1$/, z.strictObject({ ...words, ...sides(256, 1_440, 32) }), 4],
  [
    /^flux-3-video$/,
    z.strictObject({
      prompt: z.string().min(1),
      aspect_ratio: shape.optional(),
      resolution: z.enum(['hd', 'fhd']).optional(),
      keyframes: z.array(base64).optional(),
    }),
    40,
  ],
] as const;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startBflSandbox(options: BflSandboxOptions): Promise<BflSandbox> {
  const { linkRoot } = options;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const runs = new StandInRuns<{ readonly cost: number }>();
  const calls: BflCall[] = [];
  const faults = new FaultScript<BflRoute>();
  let ending: BflEnding = 'Ready';

  const submit = (account: BflAccount, asked: StandInRequest, call: BflCall): StandInReply => {
    const model = asked.path.replace(/^\/v1\//, '');
    const family = families.find(([names]) => names.test(model));
    if (family === undefined) return jsonReply(404, { detail: 'Not Found' });
    const [, schema, cost] = family;
    const body = parsedJson(asked.body);
    Object.assign(call, { body });
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      const detail = parsed.error.issues.map(({ path, message }) => {
        return { type: 'value_error', loc: ['body', ...path.map(String)], msg: message };
      });
      return jsonReply(422, { detail });
    }
    const { prompt } = parsed.data;
    Object.assign(call, { prompt });
    if ((account.credits ?? 1_000) < cost) return jsonReply(402, { detail: 'Insufficient credits' });
    const { activeTasks = 24 } = account;
    if (runs.open(account.name).filter((run) => !runs.settle(run)).length >= activeTasks) {
      return jsonReply(429, { detail: `Rate limit exceeded: you have more than ${activeTasks} active tasks` });
    }
    const makes = model.includes('video') ? 'video' : 'picture';
    const { id } = runs.add({ account: account.name, prompt, model, makes, cost });
    const polling = `${linkRoot ?? asked.root}/v1/get_result?id=${id}`;
    return jsonReply(200, { id, polling_url: polling, cost, input_mp: 0, output_mp: 1.05 });
  };

  const standing = (run: StandInRun<{ readonly cost: number }>): StandInReply => {
    const { id } = run;
    if (!runs.settle(run)) return jsonReply(200, { id, status: 'Pending', result: null, progress: 0.5 });
    if (ending === 'Task not found') return jsonReply(404, { id, status: ending, result: null });
    if (ending !== 'Ready') return jsonReply(200, { id, status: ending, result: null, details: {} });
    const sample = `${media.root}/results/${id}.${run.makes === 'video' ? 'mp4' : 'png'}`;
    return jsonReply(200, { id, status: 'Ready', result: { sample, seed: 42, prompt: run.prompt }, progress: 1 });
  };

  const handle = async (asked: StandInRequest, call: BflCall): Promise<StandInReply> => {
    const account = accounts.get(String(asked.headers['x-key'] ?? ''));
    if (account === undefined) return jsonReply(403, { detail: 'Not authenticated - Invalid Authentication' });
    Object.assign(call, { account: account.name });
    if (call.route === 'credits') return jsonReply(200, { credits: account.credits ?? 1_000 });
    if (call.route === 'submit') return submit(account, asked, call);
    const run = runs.find(asked.query.get('id') ?? '');
    if (run === undefined) return jsonReply(404, { id: null, status: 'Task not found', result: null });
    Object.assign(call, { prompt: run.prompt });
    return standing(run);
  };

  const serve = (routeOf: (asked: StandInRequest) => BflRoute, own: typeof handle) =>
    startStandIn(async (asked) => {
      const route = routeOf(asked);
      const call: BflCall = { route, path: asked.path, leakedKey: route === 'media' && 'x-key' in asked.headers };
      calls.push(call);
      const unknown = jsonReply(404, { detail: 'Not Found' });
      const reply = faults.next(route) ?? (route === 'unknown' ? unknown : await own(asked, call));
      if (reply.kind === 'reply') call.status = reply.status;
      return reply;
    });

  await using opening = new AsyncDisposableStack();
  const media = opening.use(
    await serve(
      () => 'media',
      ({ path }) => resultReply(runs.find(/\/([^/.]+)\.\w+$/.exec(path)?.[1] ?? '')),
    ),
  );
  const api = opening.use(await serve(apiRoute, handle));
  const opened = opening.move();
  return {
    baseUrl: `${api.root}/v1`,
    mediaHost: media.host,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    setEnding: (next) => void (ending = next),
    hold: () => runs.hold(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function apiRoute({ method, path }: StandInRequest): BflRoute {
  if (!path.startsWith('/v1/')) return 'unknown';
  if (method === 'POST') return 'submit';
  if (method !== 'GET') return 'unknown';
  return path === '/v1/get_result' ? 'result' : path === '/v1/credits' ? 'credits' : 'unknown';
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
