import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import { kindTraits } from '../../domain/kinds.ts';
import type {
  AsynchronousProvider,
  GenerationRequest,
  Operation,
  ProviderReply,
  SecretValue,
  StatusReply,
  Submitted,
  Usage,
} from '../../domain/provider.ts';
import { streamChat } from '../chat-stream.ts';
import { readComplaint } from '../classification/error-body.ts';
import { fieldsOf, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { type InputFile, readInputFiles } from '../input-files.ts';
import {
  createKeyedClient,
  type HttpAnswer,
  isSuccess,
  malformed,
  noPersonsText,
  withoutKeyInAddress,
  versioned,
} from '../keyed-client.ts';
import { geminiFailures } from './failure-table.ts';
import { withQuota } from './read-complaint.ts';
import { answerFormat, type Content, endingOf, readContent } from './read-content.ts';
import {
  interactionNameIn,
  isOperationName,
  operationNameIn,
  readInteraction,
  readOperation,
} from './read-operation.ts';
import { contentBody, interactionBody, isOmni, videoBody } from './request-bodies.ts';

export type GeminiOptions = {
  /** With or without its version path, `/v1beta`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

const smallLimitBytes = 1_000_000;
/** What one request may carry besides its words, before base64. */
const inputLimitBytes = 14_000_000;
const pollMs = 10_000;

/**
 * The adapter of the Gemini API: one call for a picture, an edit, speech or an answer; a video is submitted, asked about and
 * fetched with the key, which goes to the host of the base URL alone.
 */
export function createGeminiProvider({ baseUrl, http, now }: GeminiOptions): AsynchronousProvider {
  const base = versioned(baseUrl, '/v1beta');
  const keyHeaders = (key: string) => ({ 'x-goog-api-key': key });
  const client = createKeyedClient({
    http,
    now,
    failures: geminiFailures,
    keyHeaders,
    refine: (complaint, { status, body }) => withQuota(complaint, status, body, now()),
  });

  const getOf = (url: string, bodyLimitBytes: number, signal: AbortSignal) =>
    ({ method: 'GET', url, headers: { accept: '*/*' }, signal, bodyLimitBytes }) as const;

  const postTo = (url: string, body: object, bodyLimitBytes: number, signal: AbortSignal) =>
    ({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept: '*/*' },
      body: JSON.stringify(body),
      signal,
      bodyLimitBytes,
    }) as const;

  const postOf = (model: string, action: string, body: object, bodyLimitBytes: number, signal: AbortSignal) =>
    postTo(`${base}/models/${encodeURIComponent(model)}:${action}`, body, bodyLimitBytes, signal);

  const generate = async (
    request: GenerationRequest,
    files: readonly InputFile[],
    secret: SecretValue,
    signal: AbortSignal,
  ): Promise<ProviderReply> => {
    const call = postOf(request.model, 'generateContent', contentBody(request, files), inlineResultLimitBytes, signal);
    const sent = await client.call(call, secret, request);
    if (!sent.ok) return sent;
    const parsed = readContent(sent.answer.body);
    return parsed.ok ? replyOf(parsed.content, request) : client.unreadable(sent.answer, parsed.why, secret, request);
  };

  const submit = async (
    request: GenerationRequest,
    files: readonly InputFile[],
    secret: SecretValue,
    signal: AbortSignal,
  ): Promise<ProviderReply | Submitted> => {
    const isInteraction = isOmni(request.model);
    const post = isInteraction
      ? postTo(`${base}/interactions`, interactionBody(request, files), smallLimitBytes, signal)
      : postOf(request.model, 'predictLongRunning', videoBody(request, files), smallLimitBytes, signal);
    const sent = await client.call(post, secret, request);
    if (!sent.ok) return sent;
    const { body } = sent.answer;
    const id = isInteraction ? interactionNameIn(body) : operationNameIn(body);
    // An operation is stored, and no key is ever stored with one.
    return id === undefined || id.includes(secret.reveal())
      ? client.unreadable(sent.answer, 'no usable name of the operation', secret, request)
      : { ok: true, operation: { id }, askAgainInMs: pollMs };
  };

  /** The address of a video needs the key; on another host than that of the base URL it is fetched without. */
  const fetchVideo = async (url: string, secret: SecretValue, signal: AbortSignal): Promise<StatusReply> => {
    const address = withoutKeyInAddress({ kind: 'url', url }, secret);
    if (!address.ok || new URL(url).origin !== new URL(base).origin) return { kind: 'ended', reply: address };
    const sent = await client.send(getOf(url, kindTraits.video.maxBytes, signal), secret);
    if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
    const { answer } = sent;
    const { location } = answer.headers;
    if (answer.status >= 300 && answer.status < 400 && typeof location === 'string' && URL.canParse(location, url)) {
      const elsewhere = { kind: 'url', url: new URL(location, url).href } as const;
      return { kind: 'ended', reply: withoutKeyInAddress(elsewhere, secret) };
    }
    if (isSuccess(answer)) return { kind: 'ended', reply: { ok: true, source: { kind: 'bytes', bytes: answer.body } } };
    return unclear(answer, secret);
  };

  /** A question that went wrong; an operation, or its file, that the service does not know any more has ended. */
  const unclear = (answer: HttpAnswer, secret: SecretValue): StatusReply => {
    // An answer may repeat words of the request, which are not known here: only its codes are read.
    const { codes, ...complaint } = readComplaint(answer.status, answer.body);
    const reply = client.failed(answer, { ...complaint, codes, words: codes.join(': ') }, secret, noPersonsText);
    if (answer.status !== 404 || !codes.includes('NOT_FOUND')) return { kind: 'unclear', failure: reply.failure };
    const detail = 'the service does not know the operation any more';
    return { kind: 'ended', reply: { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail } } };
  };

  return {
    name: 'gemini',

    start: async (request, secret, signal, onText) => {
      const read = await readInputFiles(request.inputs, inputLimitBytes, signal);
      if (!read.ok) return read;
      if (request.kind === 'video') return submit(request, read.files, secret, signal);
      if (request.kind !== 'chat') return generate(request, read.files, secret, signal);
      const body = contentBody(request, read.files);
      const call = postOf(request.model, 'streamGenerateContent?alt=sse', body, inlineResultLimitBytes, signal);
      return streamChat(client, call, secret, request, answerFormat, onText);
    },

    repeats: (kind) => kind !== 'video',

    status: async ({ id }: Operation, secret, signal) => {
      if (!isOperationName(id)) throw new Error('Cannot follow the video: its operation has no name');
      const isInteraction = id.startsWith('interactions/');
      const limitBytes = isInteraction ? inlineResultLimitBytes : smallLimitBytes;
      const sent = await client.send(getOf(`${base}/${id}`, limitBytes, signal), secret);
      if (!sent.ok) return { kind: 'unclear', failure: sent.failure };
      if (!isSuccess(sent.answer)) return unclear(sent.answer, secret);
      const operation = isInteraction ? readInteraction(sent.answer.body) : readOperation(sent.answer.body);
      switch (operation.kind) {
        case 'running':
          return { kind: 'running', askAgainInMs: pollMs };
        case 'done':
          return fetchVideo(operation.url, secret, signal);
        case 'inline':
          return { kind: 'ended', reply: { ok: true, source: { kind: 'bytes', bytes: operation.bytes } } };
        case 'failed':
          return { kind: 'ended', reply: { ok: false, failure: operation.failure } };
        case 'malformed':
          return { kind: 'unclear', failure: malformed(sent.answer, operation.why).failure };
      }
    },

    probe: (secret, signal) => {
      const list = getOf(`${base}/models?pageSize=1`, smallLimitBytes, signal);
      return client.probe(list, secret, ({ body }) =>
        isModelList(body) ? 'fine' : { malformed: 'no list of models' },
      );
    },
  };
}

function replyOf(content: Content, { kind }: GenerationRequest): ProviderReply {
  const ending = endingOf(content);
  switch (ending.kind) {
    case 'source': {
      const usage: Usage = { ...content.usage, ...(kind === 'image' || kind === 'edit' ? { images: 1 } : {}) };
      return { ok: true, source: ending.source, ...(Object.keys(usage).length === 0 ? {} : { usage }) };
    }
    case 'refused': {
      const sureness = ending.isPlain ? {} : ({ sureness: 'likely' } as const);
      return { ok: false, failure: { blame: 'request', reason: 'refused', ...sureness, detail: ending.why } };
    }
    case 'nothing':
      return { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail: ending.why } };
  }
}

function isModelList(body: Uint8Array): boolean {
  const parsed = parseJson(body);
  return parsed.ok && Array.isArray(fieldsOf(parsed.value)?.get('models'));
}
