import type { MediaSource } from '../../domain/media.ts';
import type { AsynchronousProvider, StatusReply, Usage } from '../../domain/provider.ts';
import { sourceFromText } from '../../media/result-encodings.ts';
import { readComplaint } from '../classification/error-body.ts';
import { linkOr, storedLinks } from '../followed-links.ts';
import { fieldsOf, type HttpCall, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { readInputFiles } from '../input-files.ts';
import {
  createKeyedClient,
  isSuccess,
  malformed,
  noPersonsText,
  withoutKeyInAddress,
  versioned,
} from '../keyed-client.ts';
import { ended, failureOfRun, idOf, runId } from '../run-replies.ts';
import { bflFailures } from './failure-table.ts';
import { maxPictures, taskBody } from './task-body.ts';

export type BflOptions = {
  /** With or without its version path, `/v1`; a trailing slash is dropped. */
  readonly baseUrl: string;
  /** Further hosts to which the key may be sent. */
  readonly hosts: readonly string[];
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

const answerLimitBytes = 500_000;
/** The service takes pictures of up to 20 MB. */
const maxInputBytes = 14_000_000;
const firstLookMs = 1_000;

/** The adapter of Black Forest Labs: submits, asks how the task stands at the address that the answer names. */
export function createBflProvider({ baseUrl, hosts, http, now }: BflOptions): AsynchronousProvider {
  const base = versioned(baseUrl, '/v1');
  const keyHosts = { bases: [base], hosts };
  const keyHeaders = (key: string) => ({ 'x-key': key });
  const client = createKeyedClient({ http, now, failures: bflFailures, keyHeaders });
  const headers = { accept: 'application/json' };

  const getOf = (url: string, signal: AbortSignal): HttpCall => {
    return { method: 'GET', url, headers, signal, bodyLimitBytes: answerLimitBytes };
  };
  const credits = (signal: AbortSignal) => getOf(`${base}/credits`, signal);

  return {
    name: 'bfl',

    start: async (request, secret, signal) => {
      const taken = request.inputs.slice(0, maxPictures(request.model));
      const inputs = await readInputFiles(taken, maxInputBytes, signal);
      if (!inputs.ok) return inputs;
      const submit = {
        method: 'POST',
        url: `${base}/${request.model}`,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(taskBody(request, inputs.files)),
        signal,
        bodyLimitBytes: answerLimitBytes,
      } as const;
      const sent = await client.call(submit, secret, request);
      if (!sent.ok) return sent;
      const { answer } = sent;
      const fields = fieldsIn(answer.body);
      const id = runId(fields?.get('id'), secret);
      if (id === undefined) return client.unreadable(answer, 'no usable id of the task', secret, request);
      const links = storedLinks({ pollingUrl: fields?.get('polling_url') }, secret);
      const cost = fields?.get('cost');
      const price = typeof cost === 'number' && cost >= 0 ? { cost } : {};
      return { ok: true, operation: { id, ...links, ...price }, askAgainInMs: firstLookMs };
    },

    status: async (operation, secret, signal): Promise<StatusReply> => {
      const rebuilt = `${base}/get_result?id=${idOf(operation)}`;
      const sent = await client.send(getOf(linkOr(rebuilt, operation['pollingUrl'], keyHosts), signal), secret);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      const { answer } = sent;
      const task = readTask(answer.body);
      if (task.kind === 'gone') return ended(gone);
      if (!isSuccess(answer)) {
        const { failure } = failureOfRun(client, answer, readComplaint(answer.status, answer.body), secret);
        return { kind: 'unclear', failure };
      }
      switch (task.kind) {
        case 'pending':
          return { kind: 'running' };
        case 'ready': {
          const { cost } = operation;
          const usage: { readonly usage?: Usage } = typeof cost === 'number' ? { usage: { credits: cost } } : {};
          const reply = withoutKeyInAddress(task.source, secret);
          return { kind: 'ended', reply: reply.ok ? { ...reply, ...usage } : reply };
        }
        case 'moderated':
          return ended({ blame: 'request', reason: 'refused', detail: task.what });
        case 'failed':
          return ended({ blame: 'provider', reason: 'failed-run', detail: 'the task failed' });
        case 'nothing':
          return ended({ blame: 'provider', reason: 'failed-run', detail: 'done without a result' });
        case 'malformed':
          return { kind: 'unclear', failure: malformed(answer, task.why).failure };
      }
    },

    probe: (secret, signal) =>
      client.probe(credits(signal), secret, ({ body }) =>
        creditsIn(body) === undefined ? { malformed: 'no credits' } : 'fine',
      ),

    balance: async (secret, signal) => {
      const reply = await client.call(credits(signal), secret, noPersonsText);
      if (!reply.ok) return reply;
      const amount = creditsIn(reply.answer.body);
      return amount === undefined ? malformed(reply.answer, 'no credits') : { ok: true, amount, unit: 'credits' };
    },
  };
}

const gone = {
  blame: 'provider',
  reason: 'failed-run',
  detail: 'the service does not know the task any more',
} as const;

type Task =
  | { readonly kind: 'pending' | 'failed' | 'gone' | 'nothing' }
  | { readonly kind: 'ready'; readonly source: MediaSource }
  | { readonly kind: 'moderated'; readonly what: string }
  | { readonly kind: 'malformed'; readonly why: string };

/** Parses the answer to a question about a task; never throws on invalid bytes. */
function readTask(body: Uint8Array): Task {
  const fields = fieldsIn(body);
  const status = fields?.get('status');
  switch (typeof status === 'string' ? status.toLowerCase() : '') {
    case 'pending':
    case 'queued':
    case 'processing':
      return { kind: 'pending' };
    case 'ready': {
      const result = fieldsOf(fields?.get('result'));
      if (result === undefined) return { kind: 'nothing' };
      const sample = result.get('sample') ?? result.get('video') ?? result.get('url');
      const source = typeof sample === 'string' ? sourceFromText(sample) : undefined;
      return source === undefined ? { kind: 'malformed', why: 'no address of the result' } : { kind: 'ready', source };
    }
    case 'request moderated':
      return { kind: 'moderated', what: 'the service refused the request' };
    case 'content moderated':
      return { kind: 'moderated', what: 'the service held the result back' };
    case 'error':
    case 'failed':
      return { kind: 'failed' };
    case 'task not found':
      return { kind: 'gone' };
    default:
      return { kind: 'malformed', why: 'no known status' };
  }
}

function fieldsIn(body: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  const parsed = parseJson(body);
  return parsed.ok ? fieldsOf(parsed.value) : undefined;
}

function creditsIn(body: Uint8Array): number | undefined {
  const amount = fieldsIn(body)?.get('credits');
  return typeof amount === 'number' ? amount : undefined;
}
