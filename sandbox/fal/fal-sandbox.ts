import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import { resultReply, type StandInRun, StandInRuns } from '../http/stand-in-runs.ts';
import { type FalInput, falError, modelError, parseFalInput } from './fal-input.ts';

export type FalRoute = 'run' | 'submit' | 'status' | 'result' | 'cancel' | 'media' | 'unknown';

/** One request that the stand-in received. */
export type FalCall = {
  readonly route: FalRoute;
  readonly path: string;
  readonly account?: string;
  readonly prompt?: string;
  readonly input?: FalInput;
  /** A key was sent to the host of the results, which needs none. */
  readonly leakedKey: boolean;
  status?: number;
};

/** How runs end: with a file, a black picture, a refusal, no picture, or the failure of a runner. */
export type FalEnding = 'file' | 'black' | 'refused' | 'nothing' | 'runner-failed';

export type FalAccount = {
  readonly name: string;
  readonly key: string;
  /** Runs at once; more of them wait in the queue. */
  readonly concurrency?: number;
  /** Its balance is exhausted. */
  readonly isLocked?: boolean;
};

export type FalSandboxOptions = {
  readonly accounts: readonly FalAccount[];
  /** The apps that exist, with the paths inside them. */
  readonly models?: readonly string[];
  /** Where the links in the answers lead, instead of the queue itself. */
  readonly linkRoot?: string;
};

/** A running stand-in for fal: its queue, the service that answers at once, and the host of the results. */
export type FalSandbox = AsyncDisposable & {
  readonly queueUrl: string;
  readonly serviceUrl: string;
  /** `host:port`, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  readonly calls: readonly FalCall[];
  setFaults(faults: readonly ScriptedFault<FalRoute>[]): void;
  setEnding(ending: FalEnding): void;
  /** Keeps every run from ending until the hold is released. */
  hold(): { release(): void };
};

const usualModels = [
  'fal-ai/flux/schnell',
  'fal-ai/flux/dev',
  'fal-ai/flux-pro/v1.1',
  'fal-ai/flux-pro/kontext',
  'fal-ai/wan/v2.2-5b/text-to-video',
  'fal-ai/ltx-video',
  'fal-ai/lyria2',
  'fal-ai/kokoro/american-english',
  'fal-ai/minimax/speech-02-turbo',
] as const;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startFalSandbox(options: FalSandboxOptions): Promise<FalSandbox> {
  const { models = usualModels, linkRoot } = options;
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const limits = new Map(options.accounts.map(({ name, concurrency = 2 }) => [name, concurrency]));
  const runs = new StandInRuns<{ readonly app: string }>((account) => limits.get(account) ?? 1);
  const calls: FalCall[] = [];
  const faults = new FaultScript<FalRoute>();
  let ending: FalEnding = 'file';

  const accountOf = ({ headers }: StandInRequest): FalAccount | StandInReply => {
    const [, key] = /^Key (.+)$/.exec(headers.authorization ?? '') ?? [];
    if (key === undefined) return falError(401, 'Authentication is required to access this application');
    return accounts.get(key) ?? falError(401, 'No user found for Key ID and Secret');
  };

  const begin = (
    account: FalAccount,
    asked: StandInRequest,
    call: FalCall,
  ): StandInRun<{ app: string }> | StandInReply => {
    if (account.isLocked === true) {
      return falError(
        403,
        'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.',
      );
    }
    const model = asked.path.slice(1);
    if (!models.includes(model)) return falError(404, `Application '${model.split('/').at(1)}' not found`);
    const parsed = parseFalInput(asked.body, /kontext|image-to-video/.test(model), /speech/.test(model));
    if (!parsed.ok) return parsed.reply;
    const { words } = parsed;
    Object.assign(call, { prompt: words, input: parsed.value });
    const makes = /video/.test(model) ? 'video' : /lyria|kokoro|speech/.test(model) ? 'sound' : 'picture';
    const app = model.split('/').slice(0, 2).join('/');
    return runs.add({ account: account.name, prompt: words, model, makes, app });
  };

  const resultOf = (run: StandInRun): StandInReply => {
    if (run.isCancelled) return falError(400, 'Request was cancelled', 'client_cancelled');
    const where = `${media.root}/files/${run.id}`;
    if (ending === 'refused') {
      return modelError('content_policy_violation', 'The content was flagged by a content checker.', [
        'body',
        'prompt',
      ]);
    }
    if (ending === 'runner-failed') return falError(503, 'Runner disconnected', 'runner_disconnected');
    if (run.makes === 'video') return jsonReply(200, { video: { url: `${where}.mp4`, content_type: 'video/mp4' } });
    if (run.makes === 'sound') return jsonReply(200, { audio: { url: `${where}.mp3`, content_type: 'audio/mpeg' } });
    const image = { url: `${where}.png`, content_type: 'image/png', width: 512, height: 512 };
    const images = ending === 'nothing' ? [] : [image];
    return jsonReply(200, { images, seed: 42, has_nsfw_concepts: images.map(() => ending === 'black') });
  };

  const onQueue = (asked: StandInRequest, call: FalCall): StandInReply => {
    const account = accountOf(asked);
    if ('kind' in account) return account;
    Object.assign(call, { account: account.name });
    if (call.route === 'submit') {
      const run = begin(account, asked, call);
      if ('kind' in run) return run;
      const own = `${linkRoot ?? asked.root}/${run.app}/requests/${run.id}`;
      return jsonReply(200, {
        status: 'IN_QUEUE',
        request_id: run.id,
        response_url: own,
        status_url: `${own}/status`,
        cancel_url: `${own}/cancel`,
        logs: null,
        metrics: {},
        queue_position: runs.ahead(run),
      });
    }
    const [, app = '', id = ''] = /^\/(.+)\/requests\/([^/]+)/.exec(asked.path) ?? [];
    const run = runs.find(id);
    // The path inside the app does not belong into these addresses.
    if (app.split('/').length > 2) return jsonReply(405, { detail: 'Method Not Allowed' });
    if (run === undefined || run.account !== account.name) return falError(404, 'Request not found');
    Object.assign(call, { prompt: run.prompt });
    if (call.route === 'cancel') {
      if (run.isDone) return jsonReply(400, { status: 'ALREADY_COMPLETED' });
      run.isCancelled = true;
      return jsonReply(202, { status: 'CANCELLATION_REQUESTED' });
    }
    const isOver = run.isCancelled || runs.settle(run);
    if (call.route === 'result') return isOver ? resultOf(run) : falError(400, 'Request is still in progress');
    const own = { request_id: run.id, response_url: `${linkRoot ?? asked.root}/${run.app}/requests/${run.id}` };
    if (isOver) return jsonReply(200, { status: 'COMPLETED', ...own, metrics: { inference_time: 1.25 } });
    const ahead = runs.ahead(run);
    return ahead > 0
      ? jsonReply(202, { status: 'IN_QUEUE', ...own, queue_position: ahead - 1 })
      : jsonReply(202, { status: 'IN_PROGRESS', ...own, logs: null });
  };

  const serve = (
    routeOf: (asked: StandInRequest) => FalRoute,
    own: (asked: StandInRequest, call: FalCall) => StandInReply | Promise<StandInReply>,
  ) =>
    startStandIn(async (asked) => {
      const route = routeOf(asked);
      const leakedKey = route === 'media' && asked.headers.authorization !== undefined;
      const call: FalCall = { route, path: asked.path, leakedKey };
      calls.push(call);
      const unknown = jsonReply(404, { detail: 'Not Found' });
      const reply = faults.next(route) ?? (route === 'unknown' ? unknown : await own(asked, call));
      if (reply.kind === 'reply') call.status = reply.status;
      return reply;
    });

  await using opening = new AsyncDisposableStack();
  const media = opening.use(
    await serve(
      ({ path }) => (path.startsWith('/files/') ? 'media' : 'unknown'),
      ({ path }) => resultReply(runs.find(/\/([^/.]+)\.\w+$/.exec(path)?.[1] ?? '')),
    ),
  );
  const queue = opening.use(await serve(queueRoute, onQueue));
  const service = opening.use(
    await serve(
      ({ method }) => (method === 'POST' ? 'run' : 'unknown'),
      (asked, call) => {
        const account = accountOf(asked);
        if ('kind' in account) return account;
        Object.assign(call, { account: account.name });
        const run = begin(account, asked, call);
        return 'kind' in run ? run : resultOf(run);
      },
    ),
  );
  const opened = opening.move();
  return {
    queueUrl: queue.root,
    serviceUrl: service.root,
    mediaHost: media.host,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    setEnding: (next) => void (ending = next),
    hold: () => runs.hold(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function queueRoute({ method, path }: StandInRequest): FalRoute {
  if (method === 'POST') return 'submit';
  if (method === 'PUT' && path.endsWith('/cancel')) return 'cancel';
  if (method !== 'GET' || !path.includes('/requests/')) return 'unknown';
  return path.endsWith('/status') ? 'status' : 'result';
}
