import type { AttemptFailure, FailureReason } from '../../domain/failure.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { MediaSource } from '../../domain/media.ts';
import type { AsynchronousProvider, Operation, SecretValue, StatusReply } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import { readComplaint } from '../classification/error-body.ts';
import type { HttpCall, HttpClient } from '../http/http-exchange.ts';
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
import { readEnvelope, readRecord, type Song, taskIdIn, type TaskRecord } from './read-record.ts';
import { songBody } from './song-body.ts';

export type SunoOptions = {
  readonly name: ProviderName;
  /** Below the version path: where the service tells how many credits are left. */
  readonly creditPath: string;
  readonly failures: FailureTable;
  /** With or without `/api/v1` at its end. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

const answerLimitBytes = 1_000_000;

/** 10 to 30 seconds are the service's advice. */
const pollMs = 15_000;

/** How long songs are waited for after the callback failed, which happens before the first one is made. */
const unreportedMs = 15 * 60_000;

/** The adapter of the services that resell Suno: submits a song, asks how it stands, names the files. */
export function createSunoProvider(options: SunoOptions): AsynchronousProvider {
  const { name, creditPath, failures, baseUrl, http, now } = options;
  const base = versioned(baseUrl, '/api/v1');
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const client = createKeyedClient({ http, now, failures, keyHeaders });

  const getOf = (path: string, signal: AbortSignal): HttpCall => {
    const headers = { accept: 'application/json' };
    return { method: 'GET', url: `${base}${path}`, headers, signal, bodyLimitBytes: answerLimitBytes };
  };

  /** The question went wrong; a task that the service does not know any more has ended. */
  const unclear = (answer: HttpAnswer, secret: SecretValue): StatusReply => {
    // An answer may repeat words of the request, which are not known here: only its status is read.
    const { status, codes, ...complaint } = readComplaint(answer.status, answer.body);
    const reply = client.failed(answer, { ...complaint, status, codes, words: '' }, secret, noPersonsText);
    const isGone = status === 404 && !complaint.isHtml;
    return isGone
      ? ended({ blame: 'provider', reason: 'failed-run', detail: 'the service does not know the task any more' })
      : { kind: 'unclear', failure: reply.failure };
  };

  /** A task that was accepted fails for its words, for want of credit, or for no known reason. */
  const failedTask = (
    answer: HttpAnswer,
    { complaint, persons }: Extract<TaskRecord, { kind: 'failed' }>,
    secret: SecretValue,
  ): Failed => {
    const reply = client.failed(answer, complaint, secret, persons);
    if (ofTasks.has(reply.failure.reason)) return reply;
    const { detail } = reply.failure;
    return { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail } };
  };

  return {
    name,

    start: async (request, secret, signal) => {
      const submit = {
        method: 'POST',
        url: `${base}/generate`,
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: JSON.stringify(songBody(request)),
        signal,
        bodyLimitBytes: answerLimitBytes,
      } as const;
      const reply = await client.call(submit, secret, request);
      if (!reply.ok) return reply;
      const { answer } = reply;
      const envelope = readEnvelope(answer.status, answer.body);
      switch (envelope.kind) {
        case 'complaint':
          return client.failed(answer, envelope.complaint, secret, request);
        case 'malformed':
          return client.unreadable(answer, envelope.why, secret, request);
        case 'data': {
          const id = taskIdIn(envelope.data);
          // An operation is stored, and no key is ever stored with one.
          return id === undefined || id.includes(secret.reveal())
            ? malformed(answer, 'no usable id of the task')
            : { ok: true, operation: { id, submittedAtMs: now() }, askAgainInMs: pollMs };
        }
      }
    },

    status: async (operation, secret, signal) => {
      const sent = await client.send(getOf(`/generate/record-info?taskId=${idOf(operation)}`, signal), secret);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      const { answer } = sent;
      if (!isSuccess(answer)) return unclear(answer, secret);
      const envelope = readEnvelope(answer.status, answer.body);
      if (envelope.kind === 'complaint') return unclear(answer, secret);
      if (envelope.kind === 'malformed') return { kind: 'unclear', failure: malformed(answer, envelope.why).failure };
      const record = readRecord(envelope.data);
      switch (record.kind) {
        case 'running':
          return { kind: 'running', askAgainInMs: pollMs };
        case 'done':
          return endedWith(record.songs, secret);
        case 'unreported': {
          const isComplete = record.songs.length > 0 && record.songs.every(({ url }) => url !== undefined);
          const isOver = now() - submittedAtMs(operation) > unreportedMs;
          return isComplete || isOver ? endedWith(record.songs, secret) : { kind: 'running', askAgainInMs: pollMs };
        }
        case 'failed':
          return { kind: 'ended', reply: failedTask(answer, record, secret) };
        case 'malformed':
          return { kind: 'unclear', failure: malformed(answer, record.why).failure };
      }
    },

    probe: (secret, signal) =>
      client.probe(getOf(creditPath, signal), secret, ({ status, body }) => {
        const envelope = readEnvelope(status, body);
        if (envelope.kind === 'complaint') return envelope.complaint;
        return creditsIn(envelope) === undefined ? { malformed: 'no number of credits' } : 'fine';
      }),

    balance: async (secret, signal) => {
      const reply = await client.call(getOf(creditPath, signal), secret, noPersonsText);
      if (!reply.ok) return reply;
      const envelope = readEnvelope(reply.answer.status, reply.answer.body);
      if (envelope.kind === 'complaint') return client.failed(reply.answer, envelope.complaint, secret, noPersonsText);
      const amount = creditsIn(envelope);
      return amount === undefined
        ? malformed(reply.answer, 'no number of credits')
        : { ok: true, amount, unit: 'credits' };
    },
  };
}

const ofTasks: ReadonlySet<FailureReason> = new Set([
  'refused',
  'bad-request',
  'out-of-credit',
  'rate-limited',
  'overloaded',
  'timed-out',
  'unknown-model',
]);

function creditsIn(envelope: ReturnType<typeof readEnvelope>): number | undefined {
  const credits = envelope.kind === 'data' ? envelope.data : undefined;
  return typeof credits === 'number' && Number.isFinite(credits) ? credits : undefined;
}

function endedWith(songs: readonly Song[], secret: SecretValue): StatusReply {
  const sources: MediaSource[] = [];
  let seconds = 0;
  for (const { url, title, seconds: own = 0 } of songs) {
    if (url === undefined) continue;
    const checked = withoutKeyInAddress({ kind: 'url', url, ...(title === undefined ? {} : { title }) }, secret);
    if (!checked.ok) return { kind: 'ended', reply: checked };
    sources.push(checked.source);
    seconds += own;
  }
  const [first, ...others] = sources;
  if (first === undefined) return ended({ blame: 'provider', reason: 'failed-run', detail: 'done without a song' });
  const usage = seconds > 0 ? { usage: { seconds } } : {};
  const source = others.length === 0 ? first : ({ kind: 'files', sources: [first, ...others] } as const);
  return { kind: 'ended', reply: { ok: true, source, ...usage } };
}

function ended(failure: AttemptFailure): StatusReply {
  return { kind: 'ended', reply: { ok: false, failure } };
}

function idOf({ id }: Operation): string {
  if (typeof id !== 'string' || !/^[\w-]{1,100}$/.test(id)) throw new Error('Cannot follow the song: it has no id');
  return id;
}

function submittedAtMs(operation: Operation): number {
  const { submittedAtMs: at } = operation;
  return typeof at === 'number' ? at : 0;
}
