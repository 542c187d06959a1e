import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AwsV4Signer } from 'aws4fetch';
import type { BucketFailure, OpenedResult } from '../../domain/media.ts';
import type { Clock } from '../../kit/clock.ts';
import { type BucketSettings, objectUrl } from './object-address.ts';

export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'timed-out' | 'too-large' }
  | { readonly kind: 'unreachable' | 'cut' | 'malformed'; readonly detail: string };

/** The client that sends what is signed here; it throws only the signal's reason, unless that is a timeout. */
export type SendHttp = (call: {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream?: Readable;
  readonly signal: AbortSignal;
  readonly bodyLimitBytes: number;
}) => Promise<HttpAnswer>;

/** How a call ended. A `detail` is a status and a code, never a header or an address. */
export type BucketReply =
  | { readonly ok: true; readonly body: Uint8Array }
  | {
      readonly ok: false;
      readonly why: BucketFailure | 'no-object';
      readonly detail: string;
      /** How far the bucket's clock is ahead of this machine's, where that is why. */
      readonly aheadMs?: number;
    };

/** The objects of a bucket; each call is tried once. */
export type Bucket = {
  /** The file goes out as it is read, never whole in memory; an object of that name is replaced. */
  put(key: string, file: OpenedResult, mime: string, signal: AbortSignal): Promise<BucketReply>;
  get(key: string, signal: AbortSignal): Promise<BucketReply>;
  /** An object that is not there counts as deleted. */
  delete(key: string, signal: AbortSignal): Promise<BucketReply>;
};

export type S3BucketOptions = {
  readonly settings: BucketSettings;
  readonly send: SendHttp;
  readonly clock: Pick<Clock, 'now' | 'deadline'>;
};

const answerLimitBytes = 1_000_000;
const callMs = 30_000;
/** A connection of any use is faster; a file has this much time in all, beside that of a call. */
const minBytesPerSecond = 20_000;

const emptyHash = createHash('sha256').digest('hex');

/**
 * A bucket that speaks the S3 protocol. Requests are signed by their content (Signature Version 4), so that no file arrives
 * damaged without being refused. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function createS3Bucket({ settings, send, clock }: S3BucketOptions): Bucket {
  const cache = new Map<string, ArrayBuffer>();
  const signed = async (method: 'GET' | 'PUT' | 'DELETE', url: string, hash: string) => {
    const { accessKeyId, secretAccessKey, region } = settings;
    const datetime = new Date(clock.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
    const signer = new AwsV4Signer({
      method,
      url,
      headers: { 'x-amz-content-sha256': hash },
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      service: 's3',
      region,
      datetime,
      cache,
    });
    return Object.fromEntries((await signer.sign()).headers);
  };
  const call = async (
    method: 'GET' | 'PUT' | 'DELETE',
    key: string,
    parent: AbortSignal,
    upload?: { readonly file: OpenedResult; readonly mime: string; readonly hash: string },
  ): Promise<BucketReply> => {
    const { file, mime = '', hash = emptyHash } = upload ?? {};
    using signal = clock.deadline(callMs + ((file?.bytes ?? 0) / minBytesPerSecond) * 1_000, parent);
    const url = objectUrl(settings, key);
    const headers = await signed(method, url, hash);
    const answer = await send({
      method,
      url,
      headers: file === undefined ? headers : { ...headers, 'content-type': mime, 'content-length': `${file.bytes}` },
      ...(file === undefined ? {} : { stream: Readable.from(file.stream(), { objectMode: false }) }),
      signal,
      bodyLimitBytes: answerLimitBytes,
    });
    return replyFor(answer, method, clock.now());
  };
  return {
    put: async (key, file, mime, signal) => {
      const hash = createHash('sha256');
      for await (const chunk of file.stream()) hash.update(chunk);
      signal.throwIfAborted();
      return call('PUT', key, signal, { file, mime, hash: hash.digest('hex') });
    },
    get: (key, signal) => call('GET', key, signal),
    delete: async (key, signal) => {
      const reply = await call('DELETE', key, signal);
      return !reply.ok && reply.why === 'no-object' ? { ok: true, body: new Uint8Array() } : reply;
    },
  };
}

/** Error codes of the protocol. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const codes: Readonly<Record<string, BucketFailure | 'no-object'>> = {
  AccessDenied: 'forbidden',
  AccountProblem: 'forbidden',
  AllAccessDisabled: 'forbidden',
  AuthorizationHeaderMalformed: 'region',
  AuthorizationQueryParametersError: 'region',
  EntityTooLarge: 'too-large',
  ExpiredToken: 'credentials',
  IllegalLocationConstraintException: 'region',
  IncorrectEndpoint: 'region',
  InternalError: 'overloaded',
  InvalidAccessKeyId: 'credentials',
  InvalidBucketName: 'missing',
  InvalidRegion: 'region',
  InvalidToken: 'credentials',
  NoSuchBucket: 'missing',
  NoSuchKey: 'no-object',
  OperationAborted: 'overloaded',
  PermanentRedirect: 'region',
  RequestTimeTooSkewed: 'clock',
  RequestTimeout: 'overloaded',
  ServiceUnavailable: 'overloaded',
  SignatureDoesNotMatch: 'credentials',
  SlowDown: 'overloaded',
  TemporaryRedirect: 'overloaded',
  TooManyRequests: 'overloaded',
  Unauthorized: 'credentials',
};

function replyFor(answer: HttpAnswer, method: string, nowMs: number): BucketReply {
  switch (answer.kind) {
    case 'timed-out':
      return { ok: false, why: 'unreachable', detail: 'no answer in time' };
    case 'too-large':
      return { ok: false, why: 'protocol', detail: 'the answer is too large' };
    case 'malformed':
      return { ok: false, why: 'protocol', detail: answer.detail };
    case 'unreachable':
    case 'cut':
      return { ok: false, why: 'unreachable', detail: answer.detail };
    case 'answer':
      break;
  }
  const { status, headers, body } = answer;
  if (status === 200 || (status === 204 && method === 'DELETE')) return { ok: true, body };
  const [, code = ''] = /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(Buffer.from(body).toString('utf8', 0, 4_000)) ?? [];
  const why = codes[code] ?? byStatus(status, code);
  const detail = code === '' ? `HTTP ${status}` : `HTTP ${status} ${code}`;
  const aheadMs = why === 'clock' ? Date.parse(String(headers['date'] ?? '')) - nowMs : Number.NaN;
  return { ok: false, why, detail, ...(Number.isNaN(aheadMs) ? {} : { aheadMs }) };
}

/** For codes that are not known here, and for servers that send none. */
function byStatus(status: number, code: string): BucketFailure {
  if (status >= 500 || status === 429 || status === 408) return 'overloaded';
  if (status === 413) return 'too-large';
  if (status === 401) return 'credentials';
  if (status === 403) return 'forbidden';
  if (status >= 300 && status < 400) return 'region';
  return code === '' ? 'protocol' : 'refused';
}
