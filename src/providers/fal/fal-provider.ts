import type {
  AsynchronousProvider,
  GenerationRequest,
  Operation,
  ProviderReply,
  SecretValue,
  StatusReply,
} from '../../domain/provider.ts';
import { readComplaint } from '../classification/error-body.ts';
import { linkOr, storedLinks } from '../followed-links.ts';
import { fieldsOf, type HttpCall, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { readInputFiles } from '../input-files.ts';
import { createKeyedClient, type Failed, type HttpAnswer, isSuccess, malformed } from '../keyed-client.ts';
import { ended, failureOfRun, idOf, repliedFiles, runId, textIn } from '../run-replies.ts';
import { falFailures } from './failure-table.ts';
import { readResult, readStatus } from './read-answers.ts';
import { runBody, takesSeveralPictures } from './run-body.ts';

export type FalOptions = {
  /** Of the service that answers at once; a trailing slash is dropped. */
  readonly baseUrl: string;
  /** Of the queue; absent where only the other address was given. */
  readonly queueUrl?: string | undefined;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

const submitLimitBytes = 200_000;
const statusLimitBytes = 500_000;
/** A result may be a data URI. */
const resultLimitBytes = 70_000_000;
/** Of pictures that are sent along, as data URIs. */
const maxInputBytes = 7_000_000;
const maxInputs = 4;
const firstLookMs = 1_000;
const queuedLookMs = 5_000;

/** How long fal keeps what it makes: a day is enough for every restart. */
const lifecycle = { 'x-fal-object-lifecycle-preference': JSON.stringify({ expiration_duration_seconds: 86_400 }) };

const publicUrls = { service: 'https://fal.run', queue: 'https://queue.fal.run' } as const;
/** Reading how a run stands costs nothing; this one was never submitted. */
const noRun = 'fal-ai/flux/requests/00000000-0000-4000-8000-000000000000/status';

/**
 * The adapter of fal: submits to its queue, asks how the run stands, fetches the result. An operator who gives another
 * `FAL_BASE_URL` and no queue has a server that answers at once, so that one is asked.
 */
export function createFalProvider({ baseUrl, queueUrl, http, now }: FalOptions): AsynchronousProvider {
  const service = withoutSlash(baseUrl);
  const queue = withoutSlash(queueUrl ?? publicUrls.queue);
  const isDirect = service !== publicUrls.service && queue === publicUrls.queue;
  const base = isDirect ? service : queue;
  const bases = isDirect ? [service] : [queue, service];
  const keyHosts = { bases };
  const keyHeaders = (key: string) => ({ authorization: `Key ${key}` });
  const client = createKeyedClient({ http, now, failures: falFailures, keyHeaders });
  const headers = { accept: 'application/json' };

  const getOf = (url: string, bodyLimitBytes: number, signal: AbortSignal): HttpCall => {
    return { method: 'GET', url, headers, signal, bodyLimitBytes };
  };

  /** The status, result and cancel addresses of a run; those that fal named, where the key may be sent there. */
  const addressesOf = ({ app, statusUrl, responseUrl, cancelUrl, ...rest }: Operation) => {
    const run = `${base}/${appOf(textIn(app))}/requests/${idOf(rest)}`;
    return {
      status: linkOr(`${run}/status`, statusUrl, keyHosts),
      result: linkOr(run, responseUrl, keyHosts),
      cancel: linkOr(`${run}/cancel`, cancelUrl, keyHosts),
    };
  };

  const replyOf = (answer: HttpAnswer, secret: SecretValue): ProviderReply => {
    const result = readResult(answer.body);
    switch (result.kind) {
      case 'sources': {
        return repliedFiles(result.sources, secret);
      }
      case 'censored':
        return refused('the filter of the model replaced the picture');
      case 'nothing':
        return { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail: 'done without a result' } };
      case 'malformed':
        return malformed(answer, result.why);
    }
  };

  const fetchResult = async (operation: Operation, secret: SecretValue, signal: AbortSignal): Promise<StatusReply> => {
    const sent = await client.send(getOf(addressesOf(operation).result, resultLimitBytes, signal), secret);
    if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
    const { answer } = sent;
    if (isSuccess(answer)) {
      const reply = replyOf(answer, secret);
      // Half an answer says nothing of the run.
      const isUnreadable = !reply.ok && reply.failure.reason === 'malformed';
      return isUnreadable ? { kind: 'unclear', failure: reply.failure } : { kind: 'ended', reply };
    }
    const complaint = readComplaint(answer.status, answer.body);
    if (/still in progress/i.test(complaint.words)) return { kind: 'running' };
    const reply = failureOfRun(client, answer, complaint, secret);
    return isOfRun(answer, reply) ? { kind: 'ended', reply } : { kind: 'unclear', failure: reply.failure };
  };

  return {
    name: 'fal',

    start: async (request, secret, signal) => {
      const taken = request.inputs.slice(0, takesSeveralPictures(request.model) ? maxInputs : 1);
      const inputs = await readInputFiles(taken, maxInputBytes, signal);
      if (!inputs.ok) return inputs;
      const submit = {
        method: 'POST',
        url: `${base}/${request.model}`,
        headers: { ...headers, ...lifecycle, 'content-type': 'application/json' },
        body: JSON.stringify(runBody(request, inputs.files)),
        signal,
        bodyLimitBytes: isDirect ? resultLimitBytes : submitLimitBytes,
      } as const;
      const sent = await client.call(submit, secret, request);
      if (!sent.ok) return sent;
      const submitted = submittedRun(sent.answer, request, secret);
      if (submitted !== undefined) return { ok: true, operation: submitted, askAgainInMs: firstLookMs };
      return isDirect
        ? replyOf(sent.answer, secret)
        : client.unreadable(sent.answer, 'no usable id of the request', secret, request);
    },

    status: async (operation, secret, signal) => {
      const sent = await client.send(getOf(addressesOf(operation).status, statusLimitBytes, signal), secret);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      const { answer } = sent;
      if (!isSuccess(answer)) {
        const complaint = readComplaint(answer.status, answer.body);
        const { failure } = failureOfRun(client, answer, complaint, secret);
        // Only JSON is from fal itself: a page of a gateway says nothing of the run.
        const isGone = answer.status === 404 && !complaint.isHtml && parseJson(answer.body).ok;
        return isGone ? ended(gone) : { kind: 'unclear', failure };
      }
      const status = readStatus(answer.body);
      switch (status.kind) {
        case 'queued': {
          const { ahead } = status;
          return {
            kind: 'running',
            askAgainInMs: queuedLookMs,
            isQueued: true,
            ...(ahead === undefined ? {} : { ahead }),
          };
        }
        case 'running':
          return { kind: 'running' };
        case 'completed':
          return fetchResult(operation, secret, signal);
        case 'malformed':
          return { kind: 'unclear', failure: malformed(answer, status.why).failure };
      }
    },

    cancel: async (operation, secret, signal) => {
      const url = addressesOf(operation).cancel;
      await client.send({ method: 'PUT', url, headers, signal, bodyLimitBytes: statusLimitBytes }, secret);
    },

    probe: (secret, signal) => {
      // A server that answers at once has no runs to ask about, and asks for the key all the same.
      const call = getOf(`${base}/${noRun}`, statusLimitBytes, signal);
      return client.probe(
        call,
        secret,
        () => 'fine',
        ({ status }) => status === 404 || status === 422,
      );
    },
  };
}

const gone = { blame: 'provider', reason: 'failed-run', detail: 'fal does not know the run any more' } as const;

function refused(detail: string): Failed {
  return { ok: false, failure: { blame: 'request', reason: 'refused', detail } };
}

/**
 * True for the failure with which the run itself ended; everything else says that the question went wrong. What ends a
 * run is JSON with a `detail`.
 */
function isOfRun({ status, body }: HttpAnswer, { failure }: Failed): boolean {
  const parsed = parseJson(body);
  const hasDetail = parsed.ok && (fieldsOf(parsed.value)?.get('detail') ?? null) !== null;
  return hasDetail && status !== 429 && failure.reason !== 'rejected' && failure.reason !== 'rate-limited';
}

function submittedRun(answer: HttpAnswer, { model }: GenerationRequest, secret: SecretValue): Operation | undefined {
  const parsed = parseJson(answer.body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  const id = runId(fields?.get('request_id'), secret);
  if (id === undefined || fields === undefined) return undefined;
  const links = storedLinks(
    {
      statusUrl: fields.get('status_url'),
      responseUrl: fields.get('response_url'),
      cancelUrl: fields.get('cancel_url'),
    },
    secret,
  );
  return { id, app: appOf(model), ...links };
}

/** The part of a model's path that names its app: the first two parts, three for a namespace of its own. */
function appOf(model = ''): string {
  const parts = model.split('/');
  if (!/^[\w.-]+(?:\/[\w.-]+)+$/.test(model) || parts.some((part) => /^\.+$/.test(part))) {
    throw new Error('Cannot follow the run: its operation names no app');
  }
  return parts.slice(0, parts[0] === 'workflows' || parts[0] === 'comfy' ? 3 : 2).join('/');
}

function withoutSlash(url: string): string {
  return url.replace(/(?<!\/)\/+$/, '');
}
