import type { SynchronousProvider } from '../../domain/provider.ts';
import { readComplaint, type Complaint } from '../classification/error-body.ts';
import type { HttpClient } from '../http/http-exchange.ts';
import { createKeyedClient, type Failed, isSuccess, malformed, withoutKeyInAddress } from '../keyed-client.ts';
import { openaiFailures } from './failure-table.ts';
import { imageBody } from './image-body.ts';
import { isModelList, readImages, wrongField } from './read-images.ts';

export type OpenAiOptions = {
  /** With or without its version path, `/v1`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

/** The result is base64 inside the JSON. */
const runLimitBytes = 60_000_000;
const probeLimitBytes = 4_000_000;

/** The adapter of OpenAI, and of servers that speak like it: one synchronous call per picture. */
export function createOpenAiProvider({ baseUrl, http, now }: OpenAiOptions): SynchronousProvider {
  const base = versioned(baseUrl.replace(/(?<!\/)\/+$/, ''));
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const client = createKeyedClient({ http, now, failures: openaiFailures, keyHeaders });

  return {
    name: 'openai',

    generate: async (request, secret, signal) => {
      const run = {
        method: 'POST',
        url: `${base}/images/generations`,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify(imageBody(request)),
        signal,
        bodyLimitBytes: runLimitBytes,
      } as const;
      const sent = await client.send(run, secret);
      if (!sent.ok) return sent;
      const { answer } = sent;
      if (!isSuccess(answer)) {
        const reply = client.failed(answer, readComplaint(answer.status, answer.body), secret, request);
        return ofTheModel(reply, answer.body);
      }
      const read = readImages(answer.status, answer.body);
      switch (read.kind) {
        case 'source': {
          const reply = withoutKeyInAddress(read.source, secret);
          return reply.ok && read.usage !== undefined ? { ...reply, usage: read.usage } : reply;
        }
        case 'complaint':
          return ofTheModel(client.failed(answer, read.complaint, secret, request), answer.body);
        case 'nothing': {
          const detail = 'an answer without a picture';
          return { ok: false, failure: { blame: 'request', reason: 'refused', sureness: 'likely', detail } };
        }
        case 'malformed':
          return malformed(answer, read.why);
      }
    },

    probe: (secret, signal) => {
      const list = {
        method: 'GET',
        url: `${base}/models`,
        headers: { accept: 'application/json' },
        signal,
        bodyLimitBytes: probeLimitBytes,
      } as const;
      const read = ({ body }: { readonly body: Uint8Array }) =>
        isModelList(body) ? 'fine' : { malformed: 'no list of models' };
      return client.probe(list, secret, read, mayNotList);
    },
  };
}

/** Where the address has no version path, the one of OpenAI's documentation is meant. */
function versioned(base: string): string {
  return /\/v\d[\w.]*(?:\/|$)/.test(new URL(base).pathname) ? base : `${base}/v1`;
}

/** A restricted key may make pictures and not list the models. */
function mayNotList({ status, words }: Complaint): boolean {
  return status === 403 && /missing scopes?\b|insufficient permissions/i.test(words);
}

/** A value that the model's name must not have is a model that the provider does not serve. */
function ofTheModel(failed: Failed, body: Uint8Array): Failed {
  const { reason, detail } = failed.failure;
  if (reason !== 'bad-request' || wrongField(body) !== 'model') return failed;
  return { ok: false, failure: { blame: 'model', reason: 'unknown-model', detail } };
}
