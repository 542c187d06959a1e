import { randomUUID } from 'node:crypto';
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
import { noKeyHeader, parseSubmission, refusal, type Submission } from './submission.ts';

export type HordeRoute = 'submit' | 'check' | 'status' | 'cancel' | 'user' | 'media' | 'unknown';

/** One request that the stand-in received. */
export type HordeCall = {
  readonly route: HordeRoute;
  readonly account?: string;
  readonly prompt?: string;
  readonly submission?: Submission;
  readonly clientAgent?: string;
  /** A key was sent to the host of the results, which needs none. */
  readonly leakedKey: boolean;
  status?: number;
};

/** How requests end: a picture by its address or in the answer, the picture of a filter, no picture, a fault; or never, for want of a worker. */
export type HordeEnding = 'picture' | 'base64' | 'censored' | 'nothing' | 'faulted' | 'impossible';

export type HordeAccount = {
  readonly name: string;
  readonly key: string;
  readonly kudos?: number;
  /** Requests at once. */
  readonly concurrency?: number;
};

export type HordeSandboxOptions = {
  readonly clock: Clock;
  /** In addition to the anonymous one. */
  readonly accounts?: readonly HordeAccount[];
  /** From submission to result. */
  readonly workMs?: number;
  /** The longest side of a square that needs no kudos in advance. */
  readonly freeSide?: number;
  readonly draw?: (request: PictureRequest) => Promise<Uint8Array>;
  readonly port?: number | undefined;
};

/** A running stand-in for the API of the AI Horde and the host of its results. */
export type HordeSandbox = AsyncDisposable & {
  /** Ends in `/api/v2`. */
  readonly baseUrl: string;
  /** `host:port`, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  readonly calls: readonly HordeCall[];
  setFaults(faults: readonly ScriptedFault<HordeRoute>[]): void;
  setEnding(ending: HordeEnding): void;
  /** Keeps requests in the queue behind so many of others until every hold is released. */
  hold(queue?: { readonly ahead: number; readonly waitS: number }): { release(): void };
};

type Request = {
  readonly id: string;
  readonly account: string;
  readonly submission: Submission;
  readonly atMs: number;
  isCancelled: boolean;
};

const anonymous: HordeAccount = { name: 'Anonymous', key: '0000000000', kudos: -50 };

/** Starts the stand-in; it listens when the promise resolves. */
export async function startHordeSandbox(options: HordeSandboxOptions): Promise<HordeSandbox> {
  const { clock, workMs = 0, freeSide = 576, draw = drawPicture } = options;
  const accounts = new Map([anonymous, ...(options.accounts ?? [])].map((account) => [account.key, account]));
  const requests = new Map<string, Request>();
  const calls: HordeCall[] = [];
  const faults = new FaultScript<HordeRoute>();
  const holds = new Set<{ readonly ahead: number; readonly waitS: number }>();
  let ending: HordeEnding = 'picture';

  const isDone = ({ atMs }: Request) => holds.size === 0 && clock.now() >= atMs + workMs;

  const submit = (account: HordeAccount, call: HordeCall, body: string): StandInReply => {
    const parsed = parseSubmission(body);
    if (!parsed.ok) return parsed.reply;
    const submission = parsed.value;
    Object.assign(call, { submission, prompt: submission.positive });
    const { width, height, steps } = submission.params;
    const kudos = Math.round((steps * width * height) / 1_000_000);
    const isDear = width * height > freeSide ** 2 || steps > 50;
    if (isDear && (account.kudos ?? 0) < kudos) return refusal(403, 'KudosUpfront');
    const open = [...requests.values()].filter((other) => other.account === account.name && !isDone(other));
    if (open.filter(({ isCancelled }) => !isCancelled).length >= (account.concurrency ?? 30))
      return refusal(429, 'TooManyPrompts');
    const id = randomUUID();
    requests.set(id, { id, account: account.name, submission, atMs: clock.now(), isCancelled: false });
    return jsonReply(202, { id, kudos });
  };

  const standing = (request: Request) => {
    const done = isDone(request) && ending !== 'impossible';
    const [{ ahead, waitS } = { ahead: 0, waitS: Math.ceil(workMs / 1000) }] = holds;
    const isFaulted = done && ending === 'faulted';
    return {
      finished: done && !isFaulted ? 1 : 0,
      processing: 0,
      restarted: 0,
      waiting: done ? 0 : 1,
      done: done && !isFaulted,
      faulted: isFaulted,
      wait_time: done ? 0 : waitS,
      queue_position: done ? 0 : ahead + 1,
      kudos: 10,
      is_possible: ending !== 'impossible',
    };
  };

  const generationOf = async ({ id, submission }: Request, root: string) => {
    const censored = ending === 'censored';
    const img =
      ending === 'base64' ? Buffer.from(await pictureOf(submission)).toString('base64') : `${root}/r2/${id}.webp`;
    return {
      img,
      seed: submission.params.seed ?? '1312',
      id: randomUUID(),
      censored,
      gen_metadata: censored ? [{ type: 'censorship', value: 'nsfw' }] : [],
      worker_id: randomUUID(),
      worker_name: 'A worker of the sandbox',
      model: submission.models[0] ?? 'stable_diffusion',
      state: censored ? 'censored' : 'ok',
    };
  };

  const pictureOf = ({ positive, params: { width, height, seed } }: Submission) =>
    draw({ prompt: positive, width, height, seed: seed === undefined ? 0 : Number(seed) || 0 });

  const handle = async (asked: StandInRequest, call: HordeCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    const id = /([^/]*?)(?:\.webp)?$/.exec(asked.path)?.[1] ?? '';
    const request = requests.get(id);
    if (call.route === 'media') {
      if (request === undefined) return { kind: 'reply', status: 404, headers: {}, body: 'NoSuchKey' };
      const body = await pictureOf(request.submission);
      return { kind: 'reply', status: 200, headers: { 'content-type': 'image/webp' }, body };
    }
    if (call.route === 'unknown') return jsonReply(404, { message: 'The requested URL was not found on the server.' });
    if (call.route === 'submit' || call.route === 'user') {
      const key = asked.headers['apikey'];
      if (typeof key !== 'string') return noKeyHeader;
      const account = accounts.get(key);
      if (account === undefined)
        return call.route === 'user' ? refusal(404, 'UserNotFound') : refusal(401, 'InvalidAPIKey');
      Object.assign(call, { account: account.name });
      if (call.route === 'submit') return submit(account, call, asked.body);
      const { name, kudos = 0, concurrency = 30 } = account;
      return jsonReply(200, { username: `${name}#1`, id: 1, kudos, concurrency, trusted: false });
    }
    if (request === undefined || request.isCancelled) return refusal(404, 'RequestNotFound');
    Object.assign(call, { account: request.account, prompt: request.submission.positive });
    const facts = standing(request);
    if (call.route === 'check') return jsonReply(200, facts);
    if (call.route === 'cancel') request.isCancelled = true;
    const hasPicture = facts.done && ending !== 'nothing';
    const generations = hasPicture ? [await generationOf(request, asked.root)] : [];
    return jsonReply(200, { ...facts, generations, shared: false });
  };

  const server = await startStandIn(
    async (asked) => {
      const route = routeOf(asked);
      const agent = asked.headers['client-agent'];
      const call: HordeCall = {
        route,
        leakedKey: route === 'media' && asked.headers['apikey'] !== undefined,
        ...(typeof agent === 'string' ? { clientAgent: agent } : {}),
      };
      calls.push(call);
      const reply = await handle(asked, call);
      if (reply.kind === 'reply') call.status = reply.status;
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: `${server.root}/api/v2`,
    mediaHost: server.host,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    setEnding: (next) => void (ending = next),
    hold: (queue = { ahead: 0, waitS: 30 }) => {
      const own = { ...queue };
      holds.add(own);
      return { release: () => void holds.delete(own) };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function routeOf({ method, path }: StandInRequest): HordeRoute {
  if (method === 'GET' && path.startsWith('/r2/')) return 'media';
  const rest = path.startsWith('/api/v2') ? `${method} ${path.slice('/api/v2'.length)}` : '';
  if (rest === 'POST /generate/async') return 'submit';
  if (rest === 'GET /find_user') return 'user';
  if (rest.startsWith('GET /generate/check/')) return 'check';
  if (rest.startsWith('GET /generate/status/')) return 'status';
  return rest.startsWith('DELETE /generate/status/') ? 'cancel' : 'unknown';
}
