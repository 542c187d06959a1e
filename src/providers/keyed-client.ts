import type { ToldWindow } from '../domain/key-state.ts';
import type { AttemptFailure, FailureReason } from '../domain/failure.ts';
import type { MediaSource } from '../domain/media.ts';
import type { GenerationRequest, ProbeReply, Relay, SecretValue } from '../domain/provider.ts';
import { classifyByTable, type FailureTable } from './classification/classify.ts';
import { readComplaint, statusInside, type Complaint } from './classification/error-body.ts';
import {
  answeredAtMs,
  statedInBody,
  statedInHeaders,
  windowInHeaders,
  windowInWords,
} from './classification/stated-wait.ts';
import { safeDetail, withoutPrompt } from './classification/strip-echo.ts';
import { fieldsOf, type HttpCall, type HttpClient, type HttpReply, parseJson } from './http/http-exchange.ts';

export type HttpAnswer = Extract<HttpReply, { kind: 'answer' }>;

export type KeyedClientOptions = {
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
  readonly failures: FailureTable;
  /** The headers that carry the key. */
  readonly keyHeaders: (key: string) => Readonly<Record<string, string>>;
  /** Adds to a complaint what only this provider's bodies say, before it is classified. */
  readonly refine?: (complaint: Complaint, answer: HttpAnswer) => Complaint;
};

/** What a provider may repeat in its answer; removed before an answer is classified. */
export type PersonsText = Pick<GenerationRequest, 'prompt' | 'negative' | 'title' | 'style'>;

export type Failed = { readonly ok: false; readonly failure: AttemptFailure; readonly window?: ToldWindow };

type Answered = { readonly ok: true; readonly answer: HttpAnswer };

/** Calls one provider with a key and classifies what goes wrong; every detail is without the key. */
export type KeyedClient = {
  /** Returns an answer of any status, or why there is none. */
  send(call: HttpCall, secret: SecretValue): Promise<Answered | Failed>;
  /** Returns a 2xx answer, or the failure. */
  call(call: HttpCall, secret: SecretValue, persons: PersonsText): Promise<Answered | Failed>;
  /** Adds to a result what the answer that brought it says of the calls that are left to the account. */
  counted<Reply extends { readonly ok: boolean }>(
    reply: Reply,
    answer: HttpAnswer,
  ): Reply & { readonly window?: ToldWindow };
  /** The failure that an answer describes. */
  failed(answer: HttpAnswer, complaint: Complaint, secret: SecretValue, persons: PersonsText): Failed;
  /**
   * The failure of a 2xx answer in which the adapter found no result: what an error in its body says, for providers that do
   * not report failures so by their documentation either, else that it is malformed.
   */
  unreadable(answer: HttpAnswer, why: string, secret: SecretValue, persons: PersonsText): Failed;
  /**
   * Sends a call that runs no model. `read` tells what is wrong with a 2xx answer, `accepts` whether another answer shows
   * all the same that the key is accepted.
   */
  probe(
    call: HttpCall,
    secret: SecretValue,
    read: (answer: HttpAnswer) => 'fine' | { readonly malformed: string } | Complaint,
    accepts?: (complaint: Complaint) => boolean,
  ): Promise<ProbeReply>;
};

/** The part that the adapters of all providers share which take their key in a header. */
export function createKeyedClient({ http, now, failures, keyHeaders, refine }: KeyedClientOptions): KeyedClient {
  const classify = classifyByTable(failures, http.rules);

  const failed: KeyedClient['failed'] = (answer, told, secret, persons) => {
    const complaint = refine?.(told, answer) ?? told;
    // Cloudflare marks the answers that it gave in the provider's place.
    const isMitigated = answer.headers['cf-mitigated'] !== undefined;
    const spoken: Complaint = {
      ...complaint,
      ...(isMitigated ? { isBlockPage: true } : {}),
      codes: complaint.codes.filter((code) => withoutEcho(code, persons) === code),
      words: withoutEcho(complaint.words, persons),
    };
    const waits = {
      headMs: statedInHeaders(answer.headers, now()),
      bodyMs: statedInBody(spoken, answeredAtMs(answer.headers, now())),
    };
    const found = redacted(classify(spoken, waits), secret);
    const { reason, blame } = found.failure;
    const words = spoken.window ?? windowInWords(spoken.words);
    if (blame === 'key' && reason === 'out-of-credit') return withDay(found, found.failure.retryAfterMs, words, now());
    if (reason !== 'rate-limited') return found;
    const counted = windowInHeaders(answer.headers, now());
    if (words === undefined && counted === undefined) return found;
    // The words name the limit that was met; the headers may count another one.
    const window =
      counted !== undefined && (words === undefined || counted.limit === words.limit) ? counted : undefined;
    return { ...found, window: { ...window, ...words } as ToldWindow };
  };

  const send: KeyedClient['send'] = async (asked, secret) => {
    const key = secret.reveal();
    // A server that is asked without a key has an empty one.
    if (key !== '' && !isHeaderValue(key)) return { ok: false, failure: unusableKey };
    const own = key === '' ? {} : keyHeaders(key);
    const reply = await http.call({ ...asked, headers: { ...asked.headers, ...own } });
    return reply.kind === 'answer' ? { ok: true, answer: reply } : redacted(wireFailure(reply), secret);
  };

  const call: KeyedClient['call'] = async (asked, secret, persons) => {
    const reply = await send(asked, secret);
    if (!reply.ok || isSuccess(reply.answer)) return reply;
    const { answer } = reply;
    return failed(answer, readComplaint(answer.status, answer.body), secret, persons);
  };

  return {
    send,
    call,
    failed,
    unreadable: (answer, why, secret, persons) => {
      const found = saysError(answer.body)
        ? failed(answer, readComplaint(answer.status, answer.body), secret, persons)
        : undefined;
      return found === undefined || found.failure.reason === 'unrecognized' ? malformed(answer, why) : found;
    },
    counted: (reply, { headers }) => {
      const window = reply.ok ? windowInHeaders(headers, now()) : undefined;
      return window === undefined ? reply : { ...reply, window };
    },
    probe: async (asked, secret, read, accepts = () => false) => {
      const sent = await send(asked, secret);
      if (!sent.ok) return sent;
      const { answer } = sent;
      const found = isSuccess(answer) ? read(answer) : readComplaint(answer.status, answer.body);
      if (found === 'fine') return { ok: true };
      if ('malformed' in found) return malformed(answer, found.malformed);
      if (!isSuccess(answer) && accepts(found)) return { ok: true };
      return redacted(withoutRun(failed(answer, found, secret, noPersonsText).failure), secret);
    },
  };
}

/** An allowance that is counted in calls, "100 per day", is counted down; one that is counted in money is not. */
function withDay(found: Failed, waitMs: number | undefined, words: ToldWindow | undefined, nowMs: number): Failed {
  if (words?.lengthMs === undefined || words.lengthMs <= hourMs) return found;
  return { ...found, window: { ...words, ...(waitMs === undefined ? {} : { resetsAtMs: nowMs + waitMs }) } };
}

const hourMs = 3_600_000;

/** For a call that carries no words of a person. */
export const noPersonsText: PersonsText = { prompt: '' };

/** The failure of a 2xx answer that cannot be read. */
export function malformed({ status }: HttpAnswer, why: string): Failed {
  return { ok: false, failure: { blame: 'provider', reason: 'malformed', detail: `HTTP ${status}: ${why}` } };
}

const errorLimitBytes = 64_000;

/** True for an object with an error that says something, or with a status of its own that is one. */
function saysError(body: Uint8Array): boolean {
  const parsed = body.byteLength > errorLimitBytes ? undefined : parseJson(body);
  const fields = parsed?.ok === true ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return false;
  const errors = ['error', 'errors', 'error_message', 'errorMessage', 'detail'].map((name) => fields.get(name) ?? '');
  return (
    errors.some((error) => error !== '' && error !== false && JSON.stringify(error).length > 2) ||
    fields.get('success') === false ||
    statusInside(fields) !== undefined
  );
}

/** Returns the source, unless its URL contains the key: such a URL would send it to another host and store it. */
export function withoutKeyInAddress<Source extends MediaSource>(
  source: Source,
  secret: SecretValue,
): { readonly ok: true; readonly source: Source } | Failed {
  if (source.kind !== 'url') return { ok: true, source };
  const key = secret.reveal();
  const isLeak = key !== '' && (source.url.includes(key) || unescaped(source.url).includes(key));
  return isLeak ? { ok: false, failure: keyInAddress } : { ok: true, source };
}

/** Reclassifies a probe's failure: a probe names no model and starts no run, so it cannot fail because of them. */
function withoutRun(failure: AttemptFailure): AttemptFailure {
  if (failure.blame === 'model' || failure.blame === 'request') {
    const detail = `the base URL may be wrong: ${failure.detail}`;
    return { blame: 'provider', reason: 'failed-run', detail, sureness: 'guess' };
  }
  const { detail } = failure;
  if (failure.reason === 'not-entitled') return { blame: 'key', reason: 'rejected', detail, sureness: 'likely' };
  return failure;
}

const wireReasons = {
  'timed-out': 'timed-out',
  unreachable: 'unreachable',
  cut: 'unreachable',
  malformed: 'malformed',
  'too-large': 'malformed',
} as const satisfies Record<Exclude<HttpReply, HttpAnswer>['kind'], FailureReason>;

function wireFailure(reply: Exclude<HttpReply, HttpAnswer>): AttemptFailure {
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

const keyInAddress: AttemptFailure = {
  blame: 'provider',
  reason: 'result-forbidden',
  detail: 'the address of the result contains the key',
};

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

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

function redacted(failure: AttemptFailure, secret: SecretValue): Failed {
  return { ok: false, failure: { ...failure, detail: safeDetail(failure.detail, secret.reveal()) } };
}

function withoutEcho(text: string, { prompt, negative = '', title = '', style = '' }: PersonsText): string {
  return [prompt, negative, title, style].reduce(withoutPrompt, text);
}

export type RelayedRequest = GenerationRequest & { readonly relay: Relay };

/** True for a request that is sent unchanged but for its model. */
export function isRelayed(request: GenerationRequest): request is RelayedRequest {
  return request.relay?.route === 'chat' || request.relay?.route === 'responses';
}

/**
 * The address without its trailing slashes. Where it has no version path, the one of the provider's documentation is meant:
 * with `/api/v2`, `https://host`, `https://host/api` and `https://host/api/v2/` are the same address.
 */
export function versioned(baseUrl: string, versionPath: '' | `/${string}`): string {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '');
  if (versionPath === '' || /\/v\d[\w.]*(?:\/|$)/.test(new URL(base).pathname)) return base;
  const at = versionPath.lastIndexOf('/');
  const first = versionPath.slice(0, at);
  return first !== '' && base.endsWith(first) ? `${base}${versionPath.slice(at)}` : `${base}${versionPath}`;
}
