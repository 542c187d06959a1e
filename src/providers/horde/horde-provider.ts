import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import type { AttemptFailure } from '../../domain/failure.ts';
import type { AsynchronousProvider, Operation, SecretValue, StatusReply } from '../../domain/provider.ts';
import { type Complaint, readComplaint } from '../classification/error-body.ts';
import { fieldsOf, type HttpCall, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { readInputFiles } from '../input-files.ts';
import {
  createKeyedClient,
  type Failed,
  type HttpAnswer,
  isSuccess,
  malformed,
  noPersonsText,
  withoutKeyInAddress,
  versioned,
} from '../keyed-client.ts';
import { hordeFailures } from './failure-table.ts';
import { generationBody } from './generation-body.ts';
import { readCheck, readResult } from './read-status.ts';

export type HordeOptions = {
  /** Ends in `/api/v2`; a trailing slash is dropped, and an absent version path is added. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

/** Name, version and contact, as the Horde asks of its clients. */
const clientAgent = 'darkroom:0.1:unknown';

const submitLimitBytes = 100_000;
const checkLimitBytes = 100_000;
const maxInputBytes = 10_000_000;

const [minPollMs, maxPollMs] = [3_000, 20_000];

/** The AI Horde adapter: submits, asks how the request stands, fetches the result when it is done. */
export function createHordeProvider({ baseUrl, http, now }: HordeOptions): AsynchronousProvider {
  const base = versioned(baseUrl, '/api/v2');
  const keyHeaders = (apikey: string) => ({ apikey });
  const client = createKeyedClient({ http, now, failures: hordeFailures, keyHeaders });
  const headers = { 'client-agent': clientAgent, accept: 'application/json' };

  const getOf = (path: string, bodyLimitBytes: number, signal: AbortSignal): HttpCall => {
    return { method: 'GET', url: `${base}${path}`, headers, signal, bodyLimitBytes };
  };
  const findUser = (signal: AbortSignal) => getOf('/find_user', checkLimitBytes, signal);

  const cancel = async (operation: Operation, secret: SecretValue, signal: AbortSignal): Promise<void> => {
    const url = `${base}/generate/status/${idOf(operation)}`;
    await client.send({ method: 'DELETE', url, headers, signal, bodyLimitBytes: inlineResultLimitBytes }, secret);
  };

  /** A request that the Horde no longer knows has ended; any other failure says nothing of it. */
  const unclear = (answer: HttpAnswer, secret: SecretValue): StatusReply => {
    // An answer may repeat the words of the request, which are not known here: only its codes are read.
    const { codes, ...complaint } = readComplaint(answer.status, answer.body);
    const reply = client.failed(answer, { ...complaint, codes, words: codes.join(': ') }, secret, noPersonsText);
    const isGone = answer.status === 404 && codes.includes('RequestNotFound');
    return isGone ? { kind: 'ended', reply } : { kind: 'unclear', failure: reply.failure };
  };

  const fetchResult = async (id: string, secret: SecretValue, signal: AbortSignal): Promise<StatusReply> => {
    const sent = await client.send(getOf(`/generate/status/${id}`, inlineResultLimitBytes, signal), secret);
    if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
    if (!isSuccess(sent.answer)) return unclear(sent.answer, secret);
    const result = readResult(sent.answer.body);
    switch (result.kind) {
      case 'source': {
        const reply = withoutKeyInAddress(result.source, secret);
        const usage = result.kudos === undefined ? {} : { usage: { credits: result.kudos } };
        return { kind: 'ended', reply: reply.ok ? { ...reply, ...usage } : reply };
      }
      case 'censored':
        return ended({ blame: 'request', reason: 'refused', detail: 'the filter of the worker censored the picture' });
      case 'nothing':
        return ended({ blame: 'provider', reason: 'failed-run', detail: 'done without a picture' });
      case 'malformed':
        return { kind: 'unclear', failure: malformed(sent.answer, result.why).failure };
    }
  };

  return {
    name: 'horde',

    start: async (request, secret, signal) => {
      const read = await readInputFiles(request.inputs.slice(0, 1), maxInputBytes, signal);
      if (!read.ok) return read;
      const submit = {
        method: 'POST',
        url: `${base}/generate/async`,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(generationBody(request, read.files[0])),
        signal,
        bodyLimitBytes: submitLimitBytes,
      } as const;
      const reply = await client.send(submit, secret);
      if (!reply.ok) return reply;
      const { answer } = reply;
      if (!isSuccess(answer)) {
        const complaint = withTimeout(readComplaint(answer.status, answer.body));
        const isPrice = complaint.codes.includes('KudosUpfront');
        return ofThisPrice(client.failed(answer, complaint, secret, request), isPrice);
      }
      const id = submittedId(answer.body);
      // An operation is stored, and no key is ever stored with one.
      return id === undefined || id.includes(secret.reveal())
        ? client.unreadable(answer, 'no usable id of the request', secret, request)
        : { ok: true, operation: { id }, askAgainInMs: minPollMs };
    },

    /** Nothing is paid; a run that nobody asks about is given up. */
    repeats: () => true,

    status: async (operation, secret, signal) => {
      const id = idOf(operation);
      const sent = await client.send(getOf(`/generate/check/${id}`, checkLimitBytes, signal), secret);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      if (!isSuccess(sent.answer)) return unclear(sent.answer, secret);
      const check = readCheck(sent.answer.body);
      switch (check.kind) {
        case 'done':
          return fetchResult(id, secret, signal);
        case 'faulted':
          return ended({ blame: 'provider', reason: 'failed-run', detail: 'the workers failed at the request' });
        case 'impossible':
          // It would keep its place in the queue, and count as one of the account's, until it expires.
          await cancel(operation, secret, signal);
          return ended({ blame: 'model', reason: 'unknown-model', detail: 'no worker online serves the request' });
        case 'waiting': {
          const { ahead, inMs } = check;
          const askAgainInMs = Math.min(maxPollMs, Math.max(minPollMs, inMs / 4));
          return { kind: 'running', ahead, inMs, askAgainInMs };
        }
        case 'malformed':
          return { kind: 'unclear', failure: malformed(sent.answer, check.why).failure };
      }
    },

    cancel,

    probe: (secret, signal) =>
      client.probe(findUser(signal), secret, ({ body }) => (userOf(body) ? 'fine' : { malformed: 'no user' })),

    balance: async (secret, signal) => {
      const reply = await client.call(findUser(signal), secret, noPersonsText);
      if (!reply.ok) return reply;
      const kudos = userOf(reply.answer.body)?.get('kudos');
      return typeof kudos === 'number'
        ? { ok: true, amount: kudos, unit: 'kudos' }
        : malformed(reply.answer, 'no kudos of the user');
    },
  };
}

function ended(failure: AttemptFailure): StatusReply {
  return { kind: 'ended', reply: { ok: false, failure } };
}

/** A request that needs kudos in advance: smaller ones are still served. */
function ofThisPrice(failed: Failed, isPrice: boolean): Failed {
  const { failure } = failed;
  if (!isPrice || failure.reason !== 'out-of-credit') return failed;
  return { ok: false, failure: { ...failure, credit: 'this-price' } };
}

/** "… your IP address has been put into timeout for 300 more seconds." */
function withTimeout(complaint: Complaint): Complaint {
  const value = /\btimeout for (\d{1,6}) more seconds\b/i.exec(complaint.words)?.[1];
  if (value === undefined) return complaint;
  return { ...complaint, waitFields: [...(complaint.waitFields ?? []), { name: 'timeout', value }] };
}

function submittedId(body: Uint8Array): string | undefined {
  const parsed = parseJson(body);
  const id = parsed.ok ? fieldsOf(parsed.value)?.get('id') : undefined;
  return typeof id === 'string' && /^[\w-]{1,100}$/.test(id) ? id : undefined;
}

function idOf({ id }: Operation): string {
  if (typeof id !== 'string' || !/^[\w-]{1,100}$/.test(id)) throw new Error('Cannot follow the request: it has no id');
  return id;
}

function userOf(body: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  return typeof fields?.get('username') === 'string' ? fields : undefined;
}
