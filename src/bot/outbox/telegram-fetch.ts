import type { ApiClientOptions } from 'grammy';
import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { notFromTelegram } from './telegram-error.ts';

type Fetch = NonNullable<ApiClientOptions['fetch']>;

/** What grammY asks for: its own options and those of `baseFetchConfig`. */
type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  readonly agent?: Agent;
  readonly signal?: Pick<AbortSignal, 'aborted' | 'addEventListener' | 'removeEventListener'>;
};

type ReadAnswer = { readonly status: number; readonly retryAfter: string | undefined; readonly body: string };

/** Far above a full batch of updates. */
const maxAnswerBytes = 64_000_000;

/**
 * Calls the Bot API. grammY drops the status of an answer that is not JSON; here such an answer becomes a refusal with its
 * status, so that an upload that is too large for a proxy is not repeated like a lost connection. An answer without JSON
 * and without an error status throws: what was done is unknown.
 */
export function telegramFetch(): Fetch {
  const call = async (url: string, asked: Asked) => {
    const body = bodyOf(await exchange(new URL(url), asked));
    return { json: async () => body };
  };
  return call;
}

/** The answer as the Bot API would give it. */
export function bodyOf({ status, retryAfter, body }: ReadAnswer): unknown {
  const parsed = jsonOf(body);
  if (typeof parsed === 'object' && parsed !== null && 'ok' in parsed && typeof parsed.ok === 'boolean') return parsed;
  if (status < 300 && !isPage(body)) throw withCode('The answer is no JSON', 'ERR_NO_JSON');
  const seconds = Number(retryAfter);
  return {
    ok: false,
    // A page with a success comes from a proxy that wants something of a person: Telegram has heard nothing.
    error_code: status < 400 ? 403 : status,
    description: `${notFromTelegram} (status ${status})`,
    ...(retryAfter !== undefined && seconds >= 0 ? { parameters: { retry_after: seconds } } : {}),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPage(text: string): boolean {
  return text.trimStart().startsWith('<');
}

function exchange(url: URL, { method = 'POST', headers = {}, body, agent, signal }: Asked): Promise<ReadAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, { method, headers, ...(agent === undefined ? {} : { agent }) });
    const abort = () => {
      const error = new Error('The call was aborted');
      error.name = 'AbortError';
      request.destroy();
      reject(error);
    };
    const settle = <Value>(end: (value: Value) => void) => {
      return (value: Value) => {
        signal?.removeEventListener('abort', abort);
        end(value);
      };
    };
    request.on('error', settle(reject));
    request.on('response', (response) => {
      readAll(response).then(settle(resolve), settle(reject));
    });
    if (signal?.aborted === true) return abort();
    signal?.addEventListener('abort', abort);
    if (body instanceof Readable) {
      body.on('error', (error) => request.destroy(error));
      body.pipe(request);
    } else request.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<ReadAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw withCode('The answer is too long', 'ERR_TOO_LONG');
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
