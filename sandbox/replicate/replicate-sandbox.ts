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

export type ReplicateRoute = 'create' | 'get' | 'cancel' | 'account' | 'media' | 'unknown';

/** One request that the stand-in received. */
export type ReplicateCall = {
  readonly route: ReplicateRoute;
  readonly path: string;
  readonly account?: string;
  readonly prompt?: string;
  readonly body?: unknown;
  /** A key was sent to the host of the results, which needs none. */
  readonly leakedKey: boolean;
  status?: number;
};

/** How runs end: with a file as a text or in a list, with a refusal, a failure, without output, or cancelled there. */
export type ReplicateEnding = 'file' | 'list' | 'nsfw' | 'failed' | 'nothing' | 'aborted';

export type ReplicateAccount = {
  readonly name: string;
  readonly key: string;
  /** It has no credit. */
  readonly isSpent?: boolean;
};

export type ReplicateSandboxOptions = {
  readonly accounts: readonly ReplicateAccount[];
  readonly models?: readonly string[];
  readonly versions?: readonly string[];
  /** Where the links in the answers lead, instead of the API itself. */
  readonly linkRoot?: string;
};

/** A running stand-in for the API of Replicate and the host of its results. */
export type ReplicateSandbox = AsyncDisposable & {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** `host:port`, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  readonly calls: readonly ReplicateCall[];
  setFaults(faults: readonly ScriptedFault<ReplicateRoute>[]): void;
  setEnding(ending: ReplicateEnding): void;
  /** Keeps every run from ending until the hold is released. */
  hold(): { release(): void };
};

const usualModels = [
  'black-forest-labs/flux-schnell',
  'black-forest-labs/flux-dev',
  'black-forest-labs/flux-kontext-pro',
  'minimax/video-01',
  'stability-ai/stable-audio-2.5',
] as const;

const fileEndings = { picture: 'png', video: 'mp4', sound: 'mp3' } as const;

const shapes = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9', '9:21', '4:5', '5:4'] as const;
const file = z.string().regex(/^(?:https?:\/\/|data:image\/[\w.+-]+;base64,[\w+/=]+$)/, 'Does not match format uri');
const creation = z.strictObject({
  version: z.string().optional(),
  input: z.looseObject({
    prompt: z.string(),
    aspect_ratio: z.enum(shapes).optional(),
    seed: z.int().optional(),
    input_image: file.optional(),
    image: file.optional(),
  }),
  webhook: z.url({ protocol: /^https$/ }).optional(),
  webhook_events_filter: z.array(z.string()).optional(),
});

/** An error in the format of Replicate. */
export function replicateError(status: number, title: string, detail: string, more: object = {}): StandInReply {
  return jsonReply(status, { type: 'about:blank', title, detail, status, ...more });
}

/** Starts the stand-in; it listens when the promise resolves. */
export async function startReplicateSandbox(options: ReplicateSandboxOptions): Promise<ReplicateSandbox> {
  const { models = usualModels, versions = [], linkRoot } = options;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const runs = new StandInRuns<{ readonly input: object }>();
  const calls: ReplicateCall[] = [];
  const faults = new FaultScript<ReplicateRoute>();
  let ending: ReplicateEnding = 'file';

  const predictionOf = (run: StandInRun<{ readonly input: object }>, root: string) => {
    const own = `${linkRoot ?? root}/v1/predictions/${run.id}`;
    const isOver = !run.isCancelled && runs.settle(run);
    const file = `${media.root}/${run.id}/out-0.${fileEndings[run.makes]}`;
    const outputs = { file, list: [file] } as const;
    const failed = {
      nsfw: 'NSFW content detected. Try running it again, or try a different prompt.',
      failed: 'CUDA out of memory. Tried to allocate 2.00 GiB',
    } as const;
    const end = !isOver
      ? { status: run.isCancelled ? 'canceled' : 'processing', output: null, error: null }
      : ending === 'nsfw' || ending === 'failed'
        ? { status: 'failed', output: null, error: failed[ending] }
        : ending === 'aborted'
          ? { status: 'aborted', output: null, error: null }
          : { status: 'succeeded', output: ending === 'nothing' ? null : outputs[ending], error: null };
    return {
      id: run.id,
      model: run.model,
      version: 'hidden',
      input: run.input,
      logs: '',
      data_removed: false,
      created_at: '2026-11-28T12:00:00Z',
      urls: { get: own, cancel: `${own}/cancel`, web: `https://replicate.com/p/${run.id}` },
      ...end,
      ...(isOver ? { metrics: { predict_time: 1.75, total_time: 2 } } : {}),
    };
  };

  const create = (account: ReplicateAccount, asked: StandInRequest, call: ReplicateCall): StandInReply => {
    if (account.isSpent === true) {
      const detail =
        'You have insufficient credit to run this model. Go to https://replicate.com/account/billing to purchase credit.';
      return replicateError(402, 'Insufficient credit', detail);
    }
    const body = parsedJson(asked.body);
    Object.assign(call, { body });
    const parsed = creation.safeParse(body);
    const [, model] = /^\/v1\/models\/([^/]+\/[^/]+)\/predictions$/.exec(asked.path) ?? [];
    const version = parsed.success ? parsed.data.version : undefined;
    const isThere = model === undefined ? versions.includes(version ?? '') : models.includes(model);
    if (parsed.success && !isThere) {
      return model === undefined
        ? replicateError(
            422,
            'Invalid version or not permitted',
            "The specified version does not exist (or perhaps you don't have permission to use it?)",
          )
        : replicateError(404, 'Not found', 'The requested resource could not be found.');
    }
    if (!parsed.success) {
      const fields = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), description: message }));
      const detail = fields.map(({ field, description }) => `- ${field}: ${description}`).join('\n');
      return replicateError(422, 'Input validation failed', detail, { invalid_fields: fields });
    }
    const { input } = parsed.data;
    Object.assign(call, { prompt: input.prompt });
    const name = model ?? version ?? '';
    const makes = /video|gen-4/.test(name) ? 'video' : /audio/.test(name) ? 'sound' : 'picture';
    const run = runs.add({ account: account.name, prompt: input.prompt, model: name, makes, input });
    const waits = /^wait\b/.test(String(asked.headers['prefer'] ?? ''));
    const prediction = predictionOf(run, asked.root);
    // Without `Prefer: wait` the answer comes before the run has begun.
    return jsonReply(201, waits ? prediction : { ...prediction, status: 'starting', output: null, error: null });
  };

  const handle = async (asked: StandInRequest, call: ReplicateCall): Promise<StandInReply> => {
    const [, key = ''] = /^Bearer (.+)$/.exec(asked.headers.authorization ?? '') ?? [];
    const account = accounts.get(key);
    if (account === undefined) {
      return replicateError(401, 'Unauthenticated', 'You did not pass a valid authentication token');
    }
    Object.assign(call, { account: account.name });
    if (call.route === 'account') return jsonReply(200, { type: 'user', username: account.name, name: account.name });
    if (call.route === 'create') return create(account, asked, call);
    const run = runs.find(/\/predictions\/([^/]+)/.exec(asked.path)?.[1] ?? '');
    if (run === undefined || run.account !== account.name) {
      return replicateError(404, 'Not found', 'The requested resource could not be found.');
    }
    Object.assign(call, { prompt: run.prompt });
    if (call.route === 'cancel' && !run.isDone) run.isCancelled = true;
    return jsonReply(200, predictionOf(run, asked.root));
  };

  const serve = (routeOf: (asked: StandInRequest) => ReplicateRoute, own: typeof handle) =>
    startStandIn(async (asked) => {
      const route = routeOf(asked);
      const leakedKey = route === 'media' && asked.headers.authorization !== undefined;
      const call: ReplicateCall = { route, path: asked.path, leakedKey };
      calls.push(call);
      const unknown = replicateError(404, 'Not found', 'The requested resource could not be found.');
      const reply = faults.next(route) ?? (route === 'unknown' ? unknown : await own(asked, call));
      if (reply.kind === 'reply') call.status = reply.status;
      return reply;
    });

  await using opening = new AsyncDisposableStack();
  const media = opening.use(
    await serve(
      () => 'media',
      ({ path }) => resultReply(runs.find(path.split('/').at(1) ?? '')),
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

function apiRoute({ method, path }: StandInRequest): ReplicateRoute {
  if (method === 'GET' && path === '/v1/account') return 'account';
  if (method === 'POST' && /^\/v1\/(?:models\/[^/]+\/[^/]+\/)?predictions$/.test(path)) return 'create';
  if (method === 'POST' && /^\/v1\/predictions\/[^/]+\/cancel$/.test(path)) return 'cancel';
  return method === 'GET' && /^\/v1\/predictions\/[^/]+$/.test(path) ? 'get' : 'unknown';
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
