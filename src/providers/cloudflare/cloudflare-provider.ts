import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import type { GenerationRequest, SynchronousProvider } from '../../domain/provider.ts';
import { chatMessages, streamChat } from '../chat-stream.ts';
import { type HttpClient } from '../http/http-exchange.ts';
import { createKeyedClient, type Failed, isRelayed, versioned } from '../keyed-client.ts';
import { chatFormat } from '../openai/chat-format.ts';
import { usageOf } from '../openai/read-answer.ts';
import { relay } from '../relay.ts';
import { cloudflareFailures } from './failure-table.ts';
import { isList, readFile, withNumbers } from './read-answer.ts';

export type CloudflareOptions = {
  /** With or without `/client/v4`; a trailing slash is dropped. */
  readonly baseUrl: string;
  /** The account to which the tokens belong; without it nothing can be asked. */
  readonly accountId: string | undefined;
  readonly http: HttpClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

const listLimitBytes = 4_000_000;

/** Model ids are a part of the path: `@cf/black-forest-labs/flux-1-schnell`. */
const modelPath = /^@(?:cf|hf)(?:\/[\w-][\w.-]*){2}$/;

/** Words that the models of pictures read at most. */
const maxPromptLength = 2_048;

/** The adapter of Cloudflare Workers AI: one synchronous call per picture or recording, a stream per answer. */
export function createCloudflareProvider({ baseUrl, accountId, http, now }: CloudflareOptions): SynchronousProvider {
  const base = versioned(baseUrl, '/client/v4');
  const ai = accountId === undefined ? undefined : `${base}/accounts/${accountId}/ai`;
  const client = createKeyedClient({
    http,
    now,
    failures: cloudflareFailures,
    keyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
    refine: (complaint, { body }) => withNumbers(complaint, body, now()),
  });
  const format = chatFormat({});

  const postOf = (url: string, body: object, signal: AbortSignal) =>
    ({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', accept: '*/*' },
      body: JSON.stringify(body),
      signal,
      bodyLimitBytes: inlineResultLimitBytes,
    }) as const;

  return {
    name: 'cloudflare',
    relays: new Set(['chat']),

    generate: async (request, secret, signal, onText) => {
      if (ai === undefined) return noAccount;
      if (!modelPath.test(request.model)) return noModel;
      if (isRelayed(request)) {
        const url = `${ai}/v1/chat/completions`;
        const target = { client, url, usageOf, bodyLimitBytes: inlineResultLimitBytes };
        return relay(target, request, secret, signal, onText);
      }
      if (request.kind === 'chat') {
        const call = postOf(`${ai}/v1/chat/completions`, chatBody(request), signal);
        return streamChat(client, call, secret, request, format, onText);
      }
      const isSpeech = request.kind === 'speech';
      const body = isSpeech ? speechBody(request) : pictureBody(request);
      const run = postOf(`${ai}/run/${request.model}`, body, signal);
      const sent = await client.call(run, secret, request);
      if (!sent.ok) return sent;
      const { answer } = sent;
      const read = readFile(answer, isSpeech ? 'audio' : 'image');
      switch (read.kind) {
        case 'source':
          return { ok: true, source: read.source, ...(isSpeech ? {} : { usage: { images: 1 } }) };
        case 'complaint':
          return client.failed(answer, read.complaint, secret, request);
        case 'malformed':
          return client.unreadable(answer, read.why, secret, request);
      }
    },

    probe: async (secret, signal) => {
      if (ai === undefined) return noAccount;
      // Unlike the route that verifies a token it takes those of an account, too, and shows that the account is the token's.
      const url = `${ai}/models/search?per_page=1`;
      const headers = { accept: 'application/json' };
      const list = { method: 'GET', url, headers, signal, bodyLimitBytes: listLimitBytes } as const;
      return client.probe(list, secret, ({ body }) => (isList(body) ? 'fine' : { malformed: 'no list of models' }));
    },
  };
}

const noAccount: Failed = {
  ok: false,
  failure: { blame: 'key', reason: 'rejected', detail: 'CLOUDFLARE_ACCOUNT_ID is not set' },
};
const noModel: Failed = {
  ok: false,
  failure: { blame: 'model', reason: 'unknown-model', detail: 'the id is none of this provider' },
};

/** The schnell model of FLUX takes words and a seed alone. */
function pictureBody({ prompt, size, seed, negative }: GenerationRequest): object {
  return {
    prompt: prompt.slice(0, maxPromptLength).toWellFormed(),
    ...size,
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative_prompt: negative.toWellFormed() }),
  };
}

/** MeloTTS takes `prompt`; the models of Deepgram take `text`. */
function speechBody({ model, prompt }: GenerationRequest): object {
  const words = prompt.toWellFormed();
  return model.includes('melotts') ? { prompt: words } : { text: words };
}

function chatBody(request: GenerationRequest): object {
  return { model: request.model, messages: chatMessages(request), stream: true };
}
