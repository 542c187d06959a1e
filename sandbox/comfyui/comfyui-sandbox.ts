import { randomUUID } from 'node:crypto';
import { resultReply } from '../http/stand-in-runs.ts';
import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import { type CheckedGraph, checkGraph } from './check-graph.ts';

const routes = {
  'POST /prompt': 'submit',
  'GET /queue': 'queue',
  'POST /queue': 'delete',
  'POST /interrupt': 'interrupt',
  'POST /upload/image': 'upload',
  'GET /view': 'view',
  'GET /system_stats': 'stats',
} as const;

export type ComfyuiRoute = (typeof routes)[keyof typeof routes] | 'history' | 'unknown';

/** One request that the stand-in received. */
export type ComfyuiCall = {
  readonly route: ComfyuiRoute;
  readonly authorization?: string;
  /** Of a submission that was taken: the first text of its nodes and all of them, its seed and size. */
  readonly prompt?: string;
  readonly words?: string;
  readonly seed?: number;
  readonly size?: { readonly width: number; readonly height: number };
  /** Marks in the words on which the server acted. */
  readonly acted?: readonly string[];
  status?: number;
};

/** How runs end: with what they make, with an error of a node, refused by a node, stopped at the server, with nothing, or forgotten. */
export type ComfyuiEnding = 'made' | 'error' | 'refused' | 'interrupted' | 'nothing' | 'forgotten';

export type ComfyuiSandboxOptions = {
  /** Of a proxy in front of the server, as `user:password`; anybody may ask where it is absent. */
  readonly login?: string;
  readonly checkpoints?: readonly string[];
  /** A server from before runs could be named by their clients. */
  readonly namesRuns?: boolean;
};

/** A running stand-in for ComfyUI with extensions that replace wildcards and load embeddings. */
export type ComfyuiSandbox = AsyncDisposable & {
  /** Without a path. */
  readonly baseUrl: string;
  readonly calls: readonly ComfyuiCall[];
  setFaults(faults: readonly ScriptedFault<ComfyuiRoute>[]): void;
  setEnding(ending: ComfyuiEnding): void;
  /** Keeps the run at the head of the queue from ending, and those behind it from beginning. */
  hold(): { release(): void };
  /** Puts a run of somebody else into the queue. */
  addRun(words: string): void;
};

type Good = Extract<CheckedGraph, { ok: true }>;
type Run = Pick<Good, 'words' | 'ends'> & { readonly id: string; readonly number: number };

/** What the server and its extensions act on. */
const liveMarks = /<\w+:[^>]+>|__[^_\s].*?__|\{[^{}]*\}|\bembedding:\S+/g;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startComfyuiSandbox(options: ComfyuiSandboxOptions = {}): Promise<ComfyuiSandbox> {
  const { login, checkpoints = ['sd_xl_base_1.0.safetensors'], namesRuns = true } = options;
  const calls: ComfyuiCall[] = [];
  const faults = new FaultScript<ComfyuiRoute>();
  const needed = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const uploads = new Set<string>();
  const files = new Map<string, { readonly prompt: string; readonly makes: 'picture' | 'video' }>();
  const queue: Run[] = [];
  const history = new Map<string, object>();
  const holds = new Set<object>();
  let ending: ComfyuiEnding = 'made';
  let number = 0;

  const end = (run: Run, how: ComfyuiEnding): void => {
    queue.splice(queue.indexOf(run), 1);
    if (how === 'forgotten') return;
    const { id } = run;
    const start = ['execution_start', { prompt_id: id, timestamp: 1 }];
    const isGood = how === 'made' || how === 'nothing';
    const node = { prompt_id: id, node_id: '3', node_type: 'KSampler', executed: [] };
    const last =
      how === 'error' || how === 'refused'
        ? ['execution_error', { ...node, ...exceptions[how] }]
        : isGood
          ? ['execution_success', { prompt_id: id, timestamp: 2 }]
          : ['execution_interrupted', node];
    const outputs = how === 'made' ? Object.fromEntries(run.ends.map((save) => [save.id, saved(run, save)])) : {};
    const status = { status_str: isGood ? 'success' : 'error', completed: isGood, messages: [start, last] };
    history.set(id, { prompt: itemOf(run), outputs, status, meta: {} });
  };

  const saved = ({ id, words }: Run, { as, type, makes }: Good['ends'][number]) => {
    const filename = `darkroom_${id.slice(0, 8)}_.${makes === 'video' ? 'mp4' : 'png'}`;
    files.set(filename, { prompt: words.split('\n')[0] ?? '', makes });
    return { [as]: [{ filename, subfolder: '', type }], ...(makes === 'video' ? { animated: [true] } : {}) };
  };

  /** Every run ends as soon as nothing holds it. */
  const work = (): void => {
    while (holds.size === 0 && queue[0] !== undefined) end(queue[0], ending);
  };

  const submit = (body: unknown, call: ComfyuiCall): StandInReply => {
    const fields = body as { readonly prompt?: unknown; readonly prompt_id?: unknown } | undefined;
    if (fields?.prompt === undefined) {
      const error = { type: 'no_prompt', message: 'No prompt provided', details: 'No prompt provided', extra_info: {} };
      return jsonReply(400, { error, node_errors: {} });
    }
    const checked = checkGraph(fields.prompt, { checkpoints, uploads });
    if (!checked.ok)
      return jsonReply(400, { error: { ...checked.error, extra_info: {} }, node_errors: checked.nodeErrors });
    const { words, seed, size, ends } = checked;
    Object.assign(call, { prompt: words.split('\n')[0], words, seed, size, acted: words.match(liveMarks) ?? [] });
    const id = namesRuns && typeof fields.prompt_id === 'string' ? fields.prompt_id : randomUUID();
    queue.push({ id, number: number++, words, ends });
    return jsonReply(200, { prompt_id: id, number: number - 1, node_errors: {} });
  };

  const upload = async ({ headers, bytes }: StandInRequest): Promise<StandInReply> => {
    const type = headers['content-type'] ?? '';
    if (!type.startsWith('multipart/form-data')) return jsonReply(500, '500 Internal Server Error');
    const form = await new Response(Buffer.from(bytes), { headers: { 'content-type': type } }).formData();
    const image = form.get('image');
    if (!(image instanceof File)) return { kind: 'reply', status: 400, headers: {}, body: '' };
    uploads.add(image.name);
    return jsonReply(200, { name: image.name, subfolder: '', type: 'input' });
  };

  const answer = async (asked: StandInRequest, call: ComfyuiCall): Promise<StandInReply> => {
    const done: StandInReply = { kind: 'reply', status: 200, headers: {}, body: '' };
    if (call.route === 'unknown') return { kind: 'reply', status: 404, headers: {}, body: '404: Not Found' };
    if (needed !== undefined && call.authorization !== needed) return { ...done, status: 401, body: 'Unauthorized' };
    const body = call.route === 'upload' ? undefined : parsedJson(asked.body);
    switch (call.route) {
      case 'submit':
        return submit(body, call);
      case 'upload':
        return upload(asked);
      case 'history': {
        work();
        const id = asked.path.split('/').at(-1) ?? '';
        return jsonReply(200, history.has(id) ? { [id]: history.get(id) } : {});
      }
      case 'queue': {
        work();
        const items = queue.map(itemOf);
        return jsonReply(200, { queue_running: items.slice(0, 1), queue_pending: items.slice(1) });
      }
      case 'delete': {
        const ids = (body as { readonly delete?: readonly string[] } | undefined)?.delete ?? [];
        // What runs is not in the queue any more.
        for (const run of queue.slice(1)) if (ids.includes(run.id)) queue.splice(queue.indexOf(run), 1);
        return done;
      }
      case 'interrupt': {
        const named = (body as { readonly prompt_id?: string } | undefined)?.prompt_id;
        const [running] = queue;
        const isMeant = !namesRuns || named === undefined || named === running?.id;
        if (running !== undefined && isMeant) end(running, 'interrupted');
        return done;
      }
      case 'view': {
        const file = files.get(asked.query.get('filename') ?? '');
        return file === undefined ? { ...done, status: 404 } : resultReply(file);
      }
      case 'stats':
        return jsonReply(200, { system: { os: 'posix', comfyui_version: '0.3.62' }, devices: [{ name: 'cuda:0' }] });
    }
  };

  const api = await startStandIn(async (asked) => {
    const route = routeOf(asked);
    const { authorization } = asked.headers;
    const call: ComfyuiCall = { route, ...(authorization === undefined ? {} : { authorization }) };
    calls.push(call);
    const scripted = faults.next(route);
    // A lost answer is one to a submission that was taken.
    if (scripted?.kind === 'cut' && route === 'submit') await answer(asked, call);
    const reply = scripted ?? (await answer(asked, call));
    if (reply.kind === 'reply') call.status = reply.status;
    return reply;
  });
  return {
    baseUrl: api.root,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    setEnding: (next) => void (ending = next),
    hold: () => {
      const own = {};
      holds.add(own);
      return { release: () => void holds.delete(own) };
    },
    addRun: (words) => void queue.push({ id: randomUUID(), number: number++, words, ends: [] }),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

const exceptions = {
  error: {
    exception_type: 'torch.OutOfMemoryError',
    exception_message: 'Allocation on device 0 would exceed allowed memory. (out of memory)',
  },
  /** By a node that asks a paid service. */
  refused: { exception_type: 'Exception', exception_message: 'Your request was rejected by our content policy.' },
} as const;

function itemOf({ id, number }: Run): readonly unknown[] {
  return [number, id, {}, { client_id: 'darkroom' }, []];
}

/** Every route is also below `/api`. */
function routeOf({ method, path }: StandInRequest): ComfyuiRoute {
  const plain = path.replace(/^\/api(?=\/)/, '');
  if (method === 'GET' && /^\/history\/[^/]+$/.test(plain)) return 'history';
  return routes[`${method} ${plain}` as keyof typeof routes] ?? 'unknown';
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
