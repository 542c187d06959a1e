import type { AttemptFailure, FailureReason } from '../../domain/failure.ts';
import type { MediaSource } from '../../domain/media.ts';
import type { GenerationRequest, SynchronousProvider, SecretValue } from '../../domain/provider.ts';
import { classifyByTable } from '../classification/classify.ts';
import { readComplaint, type Complaint } from '../classification/error-body.ts';
import type { HttpReply, HttpClient } from '../http/http-exchange.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { safeDetail, withoutPrompt } from '../classification/strip-echo.ts';
import { bytezFailures } from './failure-table.ts';
import { readAnswer, readProbe } from './read-answer.ts';

const maxModelLength = 200;

/** The model id as a URL path, its slash not encoded; undefined when it could lead to another path. */
export function modelPath(model: string): string | undefined {
  if (model.length > maxModelLength) return undefined;
  const isSafe = model
    .split('/')
    .every((segment) => /^[A-Za-z0-9._:@+~-]+$/.test(segment) && !segment.includes('..') && segment !== '.');
  return isSafe ? model : undefined;
}

export type BytezOptions = {
  /** Ends in `/models/v2`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

type MediaReply =
  | { readonly ok: true; readonly source: MediaSource }
  | { readonly ok: false; readonly failure: AttemptFailure };

export type BytezProvider = SynchronousProvider & {
  generate(...given: Parameters<SynchronousProvider['generate']>): Promise<MediaReply>;
};

type Answer = Extract<HttpReply, { kind: 'answer' }>;

const understand = classifyByTable(bytezFailures);

/** A result may be base64 inside the JSON. */
const runLimitBytes = 40_000_000;
const probeLimitBytes = 1_000_000;

/** The Bytez adapter: one synchronous call per run; it parses every result and classifies every failure. */
export function createBytezProvider({ baseUrl, http, now }: BytezOptions): BytezProvider {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '');

  const classify = (answer: Answer, complaint: Complaint): AttemptFailure =>
    understand(complaint, retryAfterMs(answer.headers, now()));

  return {
    name: 'bytez',

    generate: async (request, secret, signal) => {
      const path = modelPath(request.model);
      if (path === undefined) {
        return { ok: false, failure: { blame: 'model', reason: 'unknown-model', detail: 'the id cannot be a path' } };
      }
      const key = secret.reveal();
      if (!isHeaderValue(key)) return { ok: false, failure: unusableKey };
      const reply = await http.call({
        method: 'POST',
        url: `${base}/${path}`,
        headers: { authorization: `Key ${key}`, 'content-type': 'application/json', accept: '*/*' },
        body: JSON.stringify({ text: request.prompt, ...paramsOf(request) }),
        signal,
        bodyLimitBytes: runLimitBytes,
      });
      const read = await readRun(reply, request, classify);
      if (!read.ok) return { ok: false, failure: redacted(read.failure, secret) };
      return containsKey(read.source, key) ? { ok: false, failure: keyInAddress } : read;
    },

    probe: async (secret, signal) => {
      const key = secret.reveal();
      if (!isHeaderValue(key)) return { ok: false, failure: unusableKey };
      const reply = await http.call({
        method: 'GET',
        url: `${base}/list/tasks`,
        headers: { authorization: `Key ${key}`, accept: 'application/json' },
        signal,
        bodyLimitBytes: probeLimitBytes,
      });
      const failure = probeFailure(reply, classify);
      return failure === undefined ? { ok: true } : { ok: false, failure: redacted(failure, secret) };
    },
  };
}

/** The `params` of a request, under the names of the pipelines; only requested ones, because an unknown name fails the run. */
function paramsOf({ size, seed, negative }: GenerationRequest): { readonly params?: object } {
  const params = {
    ...size,
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative_prompt: negative }),
  };
  return Object.keys(params).length === 0 ? {} : { params };
}

type Classify = (answer: Answer, complaint: Complaint) => AttemptFailure;

async function readRun(reply: HttpReply, request: GenerationRequest, classify: Classify): Promise<MediaReply> {
  if (reply.kind !== 'answer') return { ok: false, failure: wireFailure(reply) };
  const failed = (complaint: Complaint): MediaReply => ({
    ok: false,
    failure: classify(reply, {
      ...complaint,
      codes: complaint.codes.filter((code) => withoutEcho(code, request) === code),
      words: withoutEcho(complaint.words, request),
    }),
  });
  if (!isSuccess(reply.status)) return failed(readComplaint(reply.status, reply.body));
  const answer = await readAnswer(reply.status, reply.body, request.kind);
  if (answer.kind === 'source') return { ok: true, source: answer.source };
  if (answer.kind === 'complaint') return failed(answer.complaint);
  return { ok: false, failure: malformed(reply.status, answer.why) };
}

function probeFailure(reply: HttpReply, classify: Classify): AttemptFailure | undefined {
  if (reply.kind !== 'answer') return wireFailure(reply);
  const read = isSuccess(reply.status) ? readProbe(reply.status, reply.body) : readComplaint(reply.status, reply.body);
  if (read === 'fine') return undefined;
  if (read === 'malformed') return malformed(reply.status, 'no list of tasks');
  return withoutRun(classify(reply, read));
}

/** Reclassifies a probe's failure: a probe names no model and starts no run, so it cannot fail because of them. */
function withoutRun(failure: AttemptFailure): AttemptFailure {
  const { detail } = failure;
  if (failure.blame === 'model' || failure.blame === 'request') {
    return { blame: 'provider', reason: 'failed-run', detail, sureness: 'guess' };
  }
  if (failure.reason === 'not-entitled') return { blame: 'key', reason: 'rejected', detail, sureness: 'likely' };
  return failure;
}

const wireReasons = {
  'timed-out': 'timed-out',
  unreachable: 'unreachable',
  cut: 'unreachable',
  malformed: 'malformed',
  'too-large': 'malformed',
} as const satisfies Record<Exclude<HttpReply, Answer>['kind'], FailureReason>;

function wireFailure(reply: Exclude<HttpReply, Answer>): AttemptFailure {
  const detail =
    'detail' in reply
      ? reply.detail
      : reply.kind === 'timed-out'
        ? 'no complete answer before the deadline'
        : 'the answer is larger than any result';
  return { blame: 'provider', reason: wireReasons[reply.kind], detail };
}

const unusableKey: AttemptFailure = {
  blame: 'key',
  reason: 'rejected',
  detail: 'the key cannot be an HTTP header value',
};

/** Such a URL would send the key to another host and store it in the database. */
const keyInAddress: AttemptFailure = {
  blame: 'provider',
  reason: 'result-forbidden',
  detail: 'the address of the result contains the key',
};

function containsKey(source: MediaSource, key: string): boolean {
  if (source.kind !== 'url') return false;
  return source.url.includes(key) || unescaped(source.url).includes(key);
}

function unescaped(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

function isHeaderValue(key: string): boolean {
  return /^[\x21-\x7E]+$/.test(key);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function malformed(status: number, why: string): AttemptFailure {
  return { blame: 'provider', reason: 'malformed', detail: `HTTP ${status}: ${why}` };
}

function redacted(failure: AttemptFailure, secret: SecretValue): AttemptFailure {
  return { ...failure, detail: safeDetail(failure.detail, secret.reveal()) };
}

type PersonsText = Pick<GenerationRequest, 'prompt' | 'negative'>;

function withoutEcho(text: string, { prompt, negative = '' }: PersonsText): string {
  return withoutPrompt(withoutPrompt(text, prompt), negative);
}
