import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import type { GenerationRequest, SynchronousProvider } from '../../domain/provider.ts';
import { chatMessages, streamChat } from '../chat-stream.ts';
import { complaintOf, type Complaint } from '../classification/error-body.ts';
import { fieldsOf, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { type InputFile, readInputFiles } from '../input-files.ts';
import { createKeyedClient, type Failed, malformed, isRelayed } from '../keyed-client.ts';
import { chatFormat } from '../openai/chat-format.ts';
import { usageOf } from '../openai/read-answer.ts';
import { relay } from '../relay.ts';
import { hfFailures, includedCredits } from './failure-table.ts';

export type HfOptions = {
  /** With or without `/v1`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

const userLimitBytes = 1_000_000;
const maxInputBytes = 10_000_000;

/** The router runs models, the Hub knows accounts; another base URL serves both. */
const routerHost = 'router.huggingface.co';
const hub = 'https://huggingface.co';

/** `org/name`, with a provider or a preference behind it in a chat: `org/name:cheapest`. */
const modelPath = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

/**
 * The adapter of Hugging Face: pictures, changes of pictures and speech of its own inference (as `@huggingface/inference`
 * 4.13.30 asks it), answers of any provider behind its router.
 */
export function createHfProvider({ baseUrl, http, now }: HfOptions): SynchronousProvider {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '').replace(/\/v1$/, '');
  const accounts = new URL(base).host === routerHost ? hub : base;
  const client = createKeyedClient({
    http,
    now,
    failures: hfFailures,
    keyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
    refine: (complaint) => withNextMonth(complaint, now()),
  });
  const format = chatFormat({});

  const postOf = (url: string, body: object, accept: string, signal: AbortSignal) =>
    ({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
      signal,
      bodyLimitBytes: inlineResultLimitBytes,
    }) as const;

  return {
    name: 'hf',
    relays: new Set(['chat']),

    generate: async (request, secret, signal, onText) => {
      if (isRelayed(request)) {
        const url = `${base}/v1/chat/completions`;
        const target = { client, url, usageOf, bodyLimitBytes: inlineResultLimitBytes };
        return relay(target, request, secret, signal, onText);
      }
      if (request.kind === 'chat') {
        const call = postOf(`${base}/v1/chat/completions`, chatBody(request), 'text/event-stream', signal);
        return streamChat(client, call, secret, request, format, onText);
      }
      if (!modelPath.test(request.model)) return noModel;
      const url = `${base}/hf-inference/models/${request.model}`;
      const read = await readInputFiles(request.inputs.slice(0, 1), maxInputBytes, signal);
      if (!read.ok) return read;
      const type = request.kind === 'speech' ? 'audio' : 'image';
      const accept = type === 'audio' ? 'audio/*' : 'image/png';
      const body = runBody(request, read.files[0]);
      const sent = await client.call(postOf(url, body, accept, signal), secret, request);
      if (!sent.ok) return sent;
      const { answer } = sent;
      if (String(answer.headers['content-type'] ?? '').startsWith(`${type}/`) && answer.body.byteLength > 0) {
        const usage = type === 'image' ? { usage: { images: 1 } } : {};
        return { ok: true, source: { kind: 'bytes', bytes: answer.body }, ...usage };
      }
      const parsed = parseJson(answer.body);
      if (!parsed.ok) return malformed(answer, parsed.why);
      const hasError = (fieldsOf(parsed.value)?.get('error') ?? null) !== null;
      if (!hasError) return client.unreadable(answer, `no ${type} in the answer`, secret, request);
      return client.failed(answer, complaintOf(answer.status, parsed.value), secret, request);
    },

    probe: (secret, signal) => {
      const url = `${accounts}/api/whoami-v2`;
      const headers = { accept: 'application/json' };
      const call = { method: 'GET', url, headers, signal, bodyLimitBytes: userLimitBytes } as const;
      return client.probe(call, secret, ({ body }) => (isUser(body) ? 'fine' : { malformed: 'no name of an account' }));
    },
  };
}

const noModel: Failed = {
  ok: false,
  failure: { blame: 'model', reason: 'unknown-model', detail: 'the id is none of this provider' },
};

/** The body of a run: the words, or the picture that is to be changed with the words among the parameters. */
function runBody(request: GenerationRequest, picture: InputFile | undefined): object {
  const { kind, prompt } = request;
  if (kind === 'speech') return { inputs: prompt.toWellFormed() };
  const { parameters = {} } = pictureBody(request);
  return picture === undefined
    ? pictureBody(request)
    : { inputs: picture.bytes.toString('base64'), parameters: { ...parameters, prompt: prompt.toWellFormed() } };
}

function pictureBody({ prompt, size, seed, negative }: GenerationRequest): {
  readonly inputs: string;
  readonly parameters?: object;
} {
  const parameters = {
    ...size,
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative_prompt: negative.toWellFormed() }),
  };
  return {
    inputs: prompt.toWellFormed(),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  };
}

function chatBody(request: GenerationRequest): object {
  return { model: request.model, messages: chatMessages(request), stream: true };
}

/** Credits that are included in a plan come back on the first day of the month. */
function withNextMonth(complaint: Complaint, nowMs: number): Complaint {
  if (!includedCredits.test(complaint.words)) return complaint;
  const today = new Date(nowMs);
  const firstMs = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 1);
  return { ...complaint, waitFields: [{ name: 'reset', value: new Date(firstMs).toISOString() }] };
}

function isUser(body: Uint8Array): boolean {
  const parsed = parseJson(body);
  return parsed.ok && typeof fieldsOf(parsed.value)?.get('name') === 'string';
}
