import type {
  AsynchronousProvider,
  Operation,
  ProviderReply,
  SecretValue,
  StatusReply,
} from '../../domain/provider.ts';
import { readComplaint } from '../classification/error-body.ts';
import { linkOr, storedLinks } from '../followed-links.ts';
import { fieldsOf, type HttpCall, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { readInputFiles } from '../input-files.ts';
import { createKeyedClient, type HttpAnswer, isSuccess, malformed, versioned } from '../keyed-client.ts';
import { ended, failureOfRun, idOf, repliedFiles, runId } from '../run-replies.ts';
import { replicateFailures, statusOfFailedRun } from './failure-table.ts';
import { maxPictures, predictionRequest } from './prediction-request.ts';
import { codesIn, type Prediction, readPrediction } from './read-prediction.ts';

export type ReplicateOptions = {
  /** With or without its version path, `/v1`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

/** An answer repeats the input, and a result may be a data URI. */
const answerLimitBytes = 80_000_000;
const accountLimitBytes = 200_000;
/** Replicate's own client refuses more than 10 MB of data URIs. */
const maxInputBytes = 7_000_000;
const firstLookMs = 1_000;

/**
 * The adapter of Replicate: creates a prediction, asks how it stands, cancels it. It never asks Replicate to hold the
 * answer back until the run is done: an interrupted wait would leave a paid run that nobody knows.
 */
export function createReplicateProvider({ baseUrl, http, now }: ReplicateOptions): AsynchronousProvider {
  const base = versioned(baseUrl, '/v1');
  const keyHosts = { bases: [base] };
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const client = createKeyedClient({ http, now, failures: replicateFailures, keyHeaders });
  const headers = { accept: 'application/json' };

  const callOf = (method: 'GET' | 'POST', url: string, signal: AbortSignal, bodyLimitBytes: number): HttpCall => {
    return { method, url, headers, signal, bodyLimitBytes };
  };
  const account = (signal: AbortSignal) => callOf('GET', `${base}/account`, signal, accountLimitBytes);

  const endOf = (
    prediction: Exclude<Prediction, { kind: 'running' }>,
    answer: HttpAnswer,
    secret: SecretValue,
  ): ProviderReply => {
    switch (prediction.kind) {
      case 'source': {
        const { source, usage } = prediction;
        const used = usage === undefined ? {} : { usage };
        if (source.kind === 'text') return { ok: true, source, ...used };
        const reply = repliedFiles(source.kind === 'files' ? source.sources : [source], secret);
        return reply.ok ? { ...reply, ...used } : reply;
      }
      case 'failed': {
        const { error } = prediction;
        const complaint = { status: statusOfFailedRun, codes: codesIn(error), types: [], words: error, isHtml: false };
        const { failure } = failureOfRun(client, answer, complaint, secret);
        const codes = complaint.codes.join(', ');
        return {
          ok: false,
          failure: { ...failure, detail: codes === '' ? 'the run failed' : `the run failed: ${codes}` },
        };
      }
      case 'cancelled':
        return {
          ok: false,
          failure: { blame: 'provider', reason: 'failed-run', detail: 'the run was cancelled there' },
        };
      case 'nothing':
        return { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail: 'done without a result' } };
    }
  };

  return {
    name: 'replicate',

    start: async (request, secret, signal) => {
      const taken = request.inputs.slice(0, maxPictures(request.model));
      const inputs = await readInputFiles(taken, maxInputBytes, signal);
      if (!inputs.ok) return inputs;
      const { path, body } = predictionRequest(request, inputs.files);
      const create = {
        ...callOf('POST', `${base}${path}`, signal, answerLimitBytes),
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      const sent = await client.call(create, secret, request);
      if (!sent.ok) return sent;
      const { answer } = sent;
      const prediction = readPrediction(answer.body);
      if (prediction.kind === 'malformed') return client.unreadable(answer, prediction.why, secret, request);
      if (prediction.kind !== 'running') return endOf(prediction, answer, secret);
      const id = runId(prediction.id, secret);
      if (id === undefined) return malformed(answer, 'no usable id of the prediction');
      const links = storedLinks({ getUrl: prediction.get, cancelUrl: prediction.cancel }, secret);
      return { ok: true, operation: { id, ...links }, askAgainInMs: firstLookMs };
    },

    status: async (operation, secret, signal): Promise<StatusReply> => {
      const url = linkOr(`${base}/predictions/${idOf(operation)}`, operation['getUrl'], keyHosts);
      const sent = await client.send(callOf('GET', url, signal, answerLimitBytes), secret);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      const { answer } = sent;
      if (!isSuccess(answer)) {
        const { failure } = failureOfRun(client, answer, readComplaint(answer.status, answer.body), secret);
        // Only JSON is from Replicate itself: a page of a gateway says nothing of the run.
        const isGone = answer.status === 404 && parseJson(answer.body).ok;
        return isGone ? ended(gone) : { kind: 'unclear', failure };
      }
      const prediction = readPrediction(answer.body);
      if (prediction.kind === 'running') return { kind: 'running' };
      if (prediction.kind === 'malformed')
        return { kind: 'unclear', failure: malformed(answer, prediction.why).failure };
      return { kind: 'ended', reply: endOf(prediction, answer, secret) };
    },

    cancel: async (operation: Operation, secret, signal) => {
      const url = linkOr(`${base}/predictions/${idOf(operation)}/cancel`, operation['cancelUrl'], keyHosts);
      await client.send(callOf('POST', url, signal, answerLimitBytes), secret);
    },

    probe: (secret, signal) =>
      client.probe(account(signal), secret, ({ body }) => (isAccount(body) ? 'fine' : { malformed: 'no account' })),
  };
}

const gone = { blame: 'provider', reason: 'failed-run', detail: 'Replicate does not know the run any more' } as const;

function isAccount(body: Uint8Array): boolean {
  const parsed = parseJson(body);
  return parsed.ok && typeof fieldsOf(parsed.value)?.get('username') === 'string';
}
