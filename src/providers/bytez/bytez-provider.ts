import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import type { GenerationRequest, ListedModel, SynchronousProvider } from '../../domain/provider.ts';
import { chatMessages } from '../chat-stream.ts';
import { type HttpClient } from '../http/http-exchange.ts';
import { createKeyedClient, malformed, withoutKeyInAddress } from '../keyed-client.ts';
import { listModels } from '../model-list.ts';
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

const probeLimitBytes = 1_000_000;

/** The Bytez adapter: one synchronous call per run; it parses every result and classifies every failure. */
export function createBytezProvider({ baseUrl, http, now }: BytezOptions): SynchronousProvider {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '');
  const keyHeaders = (key: string) => ({ authorization: `Key ${key}` });
  const client = createKeyedClient({ http, now, failures: bytezFailures, keyHeaders });

  return {
    name: 'bytez',

    generate: async (request, secret, signal) => {
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
