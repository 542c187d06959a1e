import type { JobKind } from '../../domain/kinds.ts';
import type { MediaSource } from '../../domain/media.ts';
import { sourceFromText, inlineResultLimitBytes } from '../../media/result-encodings.ts';
import { fieldsOf, parseJson, type HttpClient } from '../http/http-exchange.ts';
import { complaintOf, statusInside, type Complaint } from '../classification/error-body.ts';
import type { GenerationRequest, ListedModel, SynchronousProvider } from '../../domain/provider.ts';
import { chatMessages } from '../chat-stream.ts';
import { createKeyedClient, malformed, withoutKeyInAddress, isRelayed, versioned } from '../keyed-client.ts';
import { listModels } from '../model-list.ts';
import { usageOf } from '../openai/read-answer.ts';
import { relay } from '../relay.ts';
import { bytezFailures } from './failure-table.ts';

const maxResults = 10;
const maxDepth = 3;
const maxBlocks = 100;

const fieldOrder = [
  'url',
  'image',
  'video',
  'audio',
  'image_url',
  'video_url',
  'output_png',
  'output_mp4',
  'audio_url',
  'output_mp3',
  'output_wav',
  'base64',
] as const;

const ownFields = {
  image: ['url', 'image', 'image_url', 'output_png'],
  edit: ['url', 'image', 'image_url', 'output_png'],
  video: ['url', 'video', 'video_url', 'output_mp4'],
  music: ['url', 'audio', 'audio_url', 'output_mp3', 'output_wav'],
  speech: ['url', 'audio', 'audio_url', 'output_mp3', 'output_wav'],
  chat: [],
} as const satisfies Record<JobKind, readonly (typeof fieldOrder)[number][]>;

/** Finds the result in any of the known response shapes; undefined when there is none. */
function mediaSource(output: unknown, kind: JobKind, depth = 0): MediaSource | undefined {
  if (typeof output === 'string') return sourceFromText(output);
  if (depth >= maxDepth) return undefined;
  if (Array.isArray(output)) {
    return output.length > maxResults ? undefined : mediaSource(output[0], kind, depth + 1);
  }
  const fields = fieldsOf(output);
  if (fields === undefined) return undefined;
  for (const name of [...ownFields[kind], ...fieldOrder]) {
    const source = mediaSource(fields.get(name), kind, depth + 1);
    if (source !== undefined) return source;
  }
  return undefined;
}

/** The words of a model that reasons aloud before it answers, which are not its answer. */
const reasoning = /^\s*<think>[^]*?(?:<\/think>|$)/;

/** Finds the answer of a model that writes: a message, its text or its blocks; undefined when there is none. */
function answerText(output: unknown, depth = 0): string | undefined {
  if (typeof output === 'string') {
    const text = output.toWellFormed().replace(reasoning, '').trim();
    return text === '' ? undefined : text;
  }
  if (depth >= maxDepth) return undefined;
  if (Array.isArray(output)) {
    const parts = output.slice(0, maxBlocks).flatMap((part) => answerText(part, depth + 1) ?? []);
    return parts.length === 0 ? undefined : parts.join('\n');
  }
  const fields = fieldsOf(output);
  return answerText(fields?.get('content') ?? fields?.get('text') ?? fields?.get('generated_text'), depth + 1);
}

type BytezAnswer =
  | { readonly kind: 'source'; readonly source: MediaSource }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  | { readonly kind: 'malformed'; readonly why: string };

/** Parses a 2xx response to a run; never throws on invalid bytes. */
async function readAnswer(status: number, body: Uint8Array, kind: JobKind): Promise<BytezAnswer> {
  const parsed = parseJson(body);
  if (!parsed.ok) {
    if (kind !== 'chat' && (await isMedia(body))) return { kind: 'source', source: { kind: 'bytes', bytes: body } };
    return { kind: 'malformed', why: parsed.why };
  }
  const fields = fieldsOf(parsed.value);
  if (fields === undefined) return { kind: 'malformed', why: 'JSON that is not an object' };
  if (hasError(fields)) return { kind: 'complaint', complaint: complaintOf(status, parsed.value) };
  const output = fields.get('output') ?? parsed.value;
  const source = kind === 'chat' ? undefined : mediaSource(output, kind);
  const text = kind === 'chat' ? answerText(fields.get('output')) : undefined;
  if (text !== undefined) return { kind: 'text', text };
  if (source === undefined && (fields.get('output') ?? null) === null) {
    const complaint = complaintOf(status, parsed.value);
    if (!saysNothing(complaint.words)) return { kind: 'complaint', complaint };
  }
  return source === undefined ? { kind: 'malformed', why: 'no result in the answer' } : { kind: 'source', source };
}

/** Parses a 2xx response to a key probe: `fine`, `malformed`, or the error that it holds. */
function readProbe(status: number, body: Uint8Array): Complaint | 'fine' | 'malformed' {
  const parsed = parseJson(body);
  if (!parsed.ok) return 'malformed';
  const fields = fieldsOf(parsed.value);
  if (fields === undefined) return 'malformed';
  if (hasError(fields)) return complaintOf(status, parsed.value);
  return Array.isArray(fields.get('output')) ? 'fine' : 'malformed';
}

type Fields = ReadonlyMap<string, unknown>;

function hasError(fields: Fields): boolean {
  if (!saysNothing(fields.get('error')) || !saysNothing(fields.get('errors'))) return true;
  return (fields.get('output') ?? null) === null && statusInside(fields) !== undefined;
}

const maxEmptyDepth = 4;

/** True for an error field that is there and tells of no error: `""`, `false`, `{}`, `[]`, `0`, and the like inside. */
function saysNothing(value: unknown, depth = 0): boolean {
  if (value === undefined || value === null || value === false || value === 0) return true;
  if (typeof value === 'string') return /^(?:null|none|nil|undefined|nan|false|0|no error)?$/i.test(value.trim());
  if (typeof value !== 'object' || depth > maxEmptyDepth) return false;
  return Object.values(value).every((inner) => saysNothing(inner, depth + 1));
}

async function isMedia(bytes: Uint8Array): Promise<boolean> {
  const type = await (await import('file-type')).fileTypeFromBuffer(bytes.subarray(0, 65_536)).catch(() => undefined);
  return type !== undefined && /^(?:image|video|audio)\//.test(type.mime);
}

const maxModelLength = 200;

/** The model id as a URL path, its slash not encoded; undefined when it could lead to another path. */
function modelPath(model: string): string | undefined {
  if (model.length > maxModelLength) return undefined;
  const isSafe = model
    .split('/')
    .every((segment) => /^[A-Za-z0-9._:@+~-]+$/.test(segment) && !segment.includes('..') && segment !== '.');
  return isSafe ? model : undefined;
}

type BytezOptions = {
  /** Ends in `/models/v2`; a trailing slash is dropped, and an absent version path is added. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

const probeLimitBytes = 1_000_000;

/** The Bytez adapter: one synchronous call per run; it parses every result and classifies every failure. */
export function createBytezProvider({ baseUrl, http, now }: BytezOptions): SynchronousProvider {
  const base = versioned(baseUrl, '/models/v2');
  const keyHeaders = (key: string) => ({ authorization: `Key ${key}` });
  const client = createKeyedClient({ http, now, failures: bytezFailures, keyHeaders });
  // Its routes in OpenAI's language take the key as OpenAI does.
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const relaying = createKeyedClient({ http, now, failures: bytezFailures, keyHeaders: bearer });

  return {
    name: 'bytez',
    relays: new Set(['chat', 'responses']),

    generate: async (request, secret, signal, onText) => {
      if (isRelayed(request)) {
        const path = request.relay.route === 'chat' ? 'chat/completions' : 'responses';
        const url = `${base}/openai/v1/${path}`;
        const target = { client: relaying, url, usageOf, bodyLimitBytes: inlineResultLimitBytes };
        return relay(target, request, secret, signal, onText);
      }
      const path = modelPath(request.model);
      if (path === undefined) {
        return { ok: false, failure: { blame: 'model', reason: 'unknown-model', detail: 'the id cannot be a path' } };
      }
      const run = {
        method: 'POST',
        url: `${base}/${path}`,
        headers: { 'content-type': 'application/json', accept: '*/*' },
        body: JSON.stringify(runBody(request)),
        signal,
        bodyLimitBytes: inlineResultLimitBytes,
      } as const;
      const reply = await client.call(run, secret, request);
      if (!reply.ok) return reply;
      const read = await readAnswer(reply.answer.status, reply.answer.body, request.kind);
      if (read.kind === 'complaint') return client.failed(reply.answer, read.complaint, secret, request);
      if (read.kind === 'malformed') return malformed(reply.answer, read.why);
      if (read.kind === 'text') {
        // An answer goes to a person as it is.
        const isLeak = read.text.includes(secret.reveal());
        return isLeak ? malformed(reply.answer, 'the answer contains the key') : { ok: true, source: read };
      }
      return withoutKeyInAddress(read.source, secret);
    },

    listModels: async (secret, signal) => {
      const listed: ListedModel[] = [];
      for (const task of ['text-to-image', 'text-to-video']) {
        const url = `${base}/list/models?task=${task}`;
        const headers = { accept: 'application/json' };
        const call = { method: 'GET', url, headers, signal, bodyLimitBytes: inlineResultLimitBytes } as const;
        const reply = await listModels(client, call, secret, { list: 'output', id: 'modelId' });
        if (!reply.ok) return reply;
        listed.push(...reply.models);
      }
      return { ok: true, models: listed };
    },

    probe: (secret, signal) => {
      const list = {
        method: 'GET',
        url: `${base}/list/tasks`,
        headers: { accept: 'application/json' },
        signal,
        bodyLimitBytes: probeLimitBytes,
      } as const;
      return client.probe(list, secret, ({ status, body }) => {
        const read = readProbe(status, body);
        return read === 'malformed' ? { malformed: 'no list of tasks: the base URL may be wrong' } : read;
      });
    },
  };
}

/** Pipelines of models that write stop after a few words unless they are told. */
const maxNewTokens = 1_000;

/** The body of a run: a model that chats takes the whole conversation. */
function runBody(request: GenerationRequest): object {
  if (request.kind !== 'chat') return { text: request.prompt, ...paramsOf(request) };
  return { messages: chatMessages(request), params: { max_new_tokens: maxNewTokens } };
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
