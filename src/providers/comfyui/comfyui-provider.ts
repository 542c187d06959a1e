import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import type { MediaSource } from '../../domain/media.ts';
import type {
  AsynchronousProvider,
  GenerationRequest,
  Operation,
  SecretValue,
  StatusReply,
} from '../../domain/provider.ts';
import { readComplaint } from '../classification/error-body.ts';
import { fieldsOf, type HttpCall, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { multipart } from '../http/multipart.ts';
import { type InputFile, readInputFiles } from '../input-files.ts';
import { createKeyedClient, type Failed, type HttpAnswer, isSuccess, malformed } from '../keyed-client.ts';
import { withoutLiveMarks } from '../live-marks.ts';
import { loginHeaders, noAddress, ownServer } from '../own-server.ts';
import { ended, failureOfRun, idOf, repliedFiles, runId } from '../run-replies.ts';
import { comfyuiFailures } from './failure-table.ts';
import { type History, isPicture, type MadeFile, placeInQueue, readHistory, withNodeErrors } from './read-history.ts';
import { filledNodes, type Workflow, workflowKinds, type Workflows } from './workflow.ts';

export type ComfyuiOptions = {
  /** With or without `/api`, perhaps with user and password; a trailing slash is dropped. Empty where none is set. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
  /** By the kind of their results; none where their files could not be read. */
  readonly workflows: Workflows;
  /** An id for a new run: letters, digits and hyphens. */
  readonly newId: () => string;
  /** A seed for a request that names none; without one, equal words would be answered from the server's cache. */
  readonly newSeed: () => number;
};

/** An answer about a run holds its whole workflow, one about the queue the workflows of everybody. */
const [answerLimitBytes, queueLimitBytes] = [5_000_000, 20_000_000];
const maxInputBytes = 20_000_000;
const pollMs = 2_000;

/** The adapter of ComfyUI: fills the operator's workflow, submits it under an id of its own and follows it by that id. */
export function createComfyuiProvider(options: ComfyuiOptions): AsynchronousProvider {
  const { http, now, workflows, newId, newSeed } = options;
  const server = ownServer(options.baseUrl);
  const { base } = server;
  const client = createKeyedClient({
    http,
    now,
    failures: comfyuiFailures,
    keyHeaders: loginHeaders,
    refine: (complaint, { body }) => withNodeErrors(complaint, body),
  });

  const get = (path: string, bodyLimitBytes: number, signal: AbortSignal): HttpCall => {
    return { method: 'GET', url: `${base}${path}`, headers: { accept: '*/*' }, signal, bodyLimitBytes };
  };
  const post = (path: string, body: unknown, signal: AbortSignal): HttpCall => ({
    method: 'POST',
    url: `${base}${path}`,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
    bodyLimitBytes: answerLimitBytes,
  });
  const askQueue = (own: SecretValue, signal: AbortSignal) => client.send(get('/queue', queueLimitBytes, signal), own);
  const askHistory = (id: string, own: SecretValue, signal: AbortSignal) =>
    client.send(get(`/history/${id}`, answerLimitBytes, signal), own);

  /** Uploads a picture under a name that nobody has; returns the name by which a workflow loads it. */
  const upload = async (
    { mime, bytes }: InputFile,
    request: GenerationRequest,
    own: SecretValue,
    signal: AbortSignal,
  ): Promise<string | Failed> => {
    const fileName = `darkroom-${newId()}.${/^image\/(\w+)/.exec(mime)?.[1] ?? 'png'}`;
    const form = multipart([
      { name: 'image', bytes, mime, fileName },
      { name: 'type', text: 'input' },
    ]);
    const call = { ...post('/upload/image', {}, signal), body: form.body };
    const headers = { ...call.headers, 'content-type': form.contentType };
    const sent = await client.call({ ...call, headers }, own, request);
    if (!sent.ok) return sent;
    const parsed = parseJson(sent.answer.body);
    const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
    const [name, folder = ''] = [fields?.get('name'), fields?.get('subfolder')];
    if (typeof name !== 'string' || typeof folder !== 'string') return malformed(sent.answer, 'no name of the upload');
    return folder === '' ? name : `${folder}/${name}`;
  };

  /** True where the server has taken the run although its answer was lost. */
  const isTaken = async (id: string, own: SecretValue, signal: AbortSignal): Promise<boolean> => {
    const queue = await askQueue(own, signal);
    if (queue.ok && isSuccess(queue.answer) && typeof placeInQueue(queue.answer.body, id) === 'number') return true;
    const history = await askHistory(id, own, signal);
    return history.ok && isSuccess(history.answer) && historyOf(history.answer, id, false).kind !== 'none';
  };

  const fetchFiles = async (
    files: readonly MadeFile[],
    makesVideo: boolean,
    own: SecretValue,
    signal: AbortSignal,
  ): Promise<StatusReply> => {
    const sources: MediaSource[] = [];
    for (const file of files) {
      const query = new URLSearchParams(file).toString();
      const sent = await client.send(get(`/view?${query}`, inlineResultLimitBytes, signal), own);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      const { answer } = sent;
      if (answer.status === 404) return failedRun('the file of the result is gone');
      if (!isSuccess(answer)) return unclear(answer, own);
      if (answer.body.length === 0) return failedRun('the file of the result is empty');
      sources.push({ kind: 'bytes', bytes: answer.body });
    }
    const [first, ...others] = sources;
    if (first === undefined) return failedRun(`done without a ${makesVideo ? 'video' : 'picture'}`);
    const reply = repliedFiles([first, ...others], own);
    const images = files.filter(isPicture).length;
    return { kind: 'ended', reply: reply.ok && images > 0 ? { ...reply, usage: { images } } : reply };
  };

  const unclear = (answer: HttpAnswer, own: SecretValue): StatusReply => {
    const complaint = readComplaint(answer.status, answer.body);
    return { kind: 'unclear', failure: failureOfRun(client, answer, complaint, own).failure };
  };

  return {
    name: 'comfyui',

    start: async (request, secret, signal) => {
      if (base === undefined) return noAddress;
      const workflow = workflowFor(request.kind, workflows);
      if ('ok' in workflow) return workflow;
      const own = server.secretOf(secret);
      const inputs = await readInputFiles(request.inputs.slice(0, 1), maxInputBytes, signal);
      if (!inputs.ok) return inputs;
      const [picture] = inputs.files;
      const input = picture === undefined ? '' : await upload(picture, request, own, signal);
      if (typeof input !== 'string') return input;
      const id = newId();
      const nodes = filledNodes(workflow, {
        prompt: withoutLiveMarks(request.prompt),
        negative: withoutLiveMarks(request.negative ?? ''),
        seed: request.seed ?? newSeed(),
        size: request.size ?? workflow.size,
        input,
      });
      const makes = workflow.kind === 'video' ? 'video' : 'picture';
      const submitted = (taken: string) =>
        ({ ok: true, operation: { id: taken, makes }, askAgainInMs: pollMs }) as const;
      const submit = post('/prompt', { prompt: nodes, prompt_id: id, client_id: 'darkroom' }, signal);
      const sent = await client.call(submit, own, request);
      if (!sent.ok) {
        const isLost = sent.failure.reason === 'unreachable' && (await isTaken(id, own, signal));
        return isLost ? submitted(id) : sent;
      }
      // A server that is older than ids of one's own names the run itself.
      const parsed = parseJson(sent.answer.body);
      const taken = runId(parsed.ok ? fieldsOf(parsed.value)?.get('prompt_id') : undefined, own);
      return taken === undefined ? malformed(sent.answer, 'no usable id of the run') : submitted(taken);
    },

    status: async (operation, secret, signal): Promise<StatusReply> => {
      const own = server.secretOf(secret);
      const id = idOf(operation);
      const makesVideo = operation['makes'] === 'video';
      const look = async (): Promise<StatusReply | undefined> => {
        const sent = await askHistory(id, own, signal);
        if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
        if (!isSuccess(sent.answer)) return unclear(sent.answer, own);
        const history = historyOf(sent.answer, id, makesVideo);
        switch (history.kind) {
          case 'none':
            return undefined;
          case 'malformed':
            return { kind: 'unclear', failure: malformed(sent.answer, history.why).failure };
          case 'failed':
            return { kind: 'ended', reply: failureOfRun(client, sent.answer, history.complaint, own) };
          case 'done':
            return fetchFiles(history.files, makesVideo, own, signal);
        }
      };
      const found = await look();
      if (found !== undefined) return found;
      const sent = await askQueue(own, signal);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      if (!isSuccess(sent.answer)) return unclear(sent.answer, own);
      const place = placeInQueue(sent.answer.body, id);
      if (typeof place === 'object') {
        return { kind: 'unclear', failure: malformed(sent.answer, place.malformed).failure };
      }
      if (place !== undefined) {
        return { kind: 'running', ahead: place, askAgainInMs: pollMs, ...(place > 0 ? { isQueued: true } : {}) };
      }
      // It may have ended between the two questions.
      return (await look()) ?? failedRun('the server does not know the run any more');
    },

    /** Nothing is paid; a run that nobody asks about ends by itself. */
    repeats: () => true,

    cancel: async (operation: Operation, secret, signal) => {
      const own = server.secretOf(secret);
      const id = idOf(operation);
      await client.send(post('/queue', { delete: [id] }, signal), own);
      // Servers that do not know ids here stop whatever runs, so they are asked only while this run does.
      const queue = await askQueue(own, signal);
      const isRunning = queue.ok && isSuccess(queue.answer) && placeInQueue(queue.answer.body, id) === 0;
      if (isRunning) await client.send(post('/interrupt', { prompt_id: id }, signal), own);
    },

    probe: async (secret, signal) => {
      if (base === undefined) return noAddress;
      const call = get('/system_stats', answerLimitBytes, signal);
      return client.probe(call, server.secretOf(secret), ({ body }) => {
        const parsed = parseJson(body);
        const system = parsed.ok ? fieldsOf(fieldsOf(parsed.value)?.get('system')) : undefined;
        return system === undefined ? { malformed: 'no statistics of the server' } : 'fine';
      });
    },
  };
}

function workflowFor(kind: GenerationRequest['kind'], workflows: Workflows): Workflow | Failed {
  if (workflows.size === 0) {
    return { ok: false, failure: { blame: 'key', reason: 'rejected', detail: 'the workflow file cannot be used' } };
  }
  const workflow = workflows.get(workflowKinds.find((known) => known === kind) ?? 'image');
  const isOwn = workflow?.kind === kind;
  return isOwn
    ? workflow
    : { ok: false, failure: { blame: 'model', reason: 'unknown-model', detail: `no workflow makes this: ${kind}` } };
}

function historyOf({ body }: HttpAnswer, id: string, makesVideo: boolean): History {
  return readHistory(body, id, makesVideo);
}

function failedRun(detail: string): StatusReply {
  return ended({ blame: 'provider', reason: 'failed-run', detail });
}
