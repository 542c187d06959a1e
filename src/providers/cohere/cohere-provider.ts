import type { SynchronousProvider, Usage } from '../../domain/provider.ts';
import { type ChatFormat, chatMessages, type ChatPart, streamChat } from '../chat-stream.ts';
import { fieldsOf, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { createKeyedClient } from '../keyed-client.ts';
import { cohereFailures } from './failure-table.ts';

export type CohereOptions = {
  /** With or without a version path, `/v1` or `/v2`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

const maxOutputTokens = 4_096;
const answerLimitBytes = 8_000_000;

/** The adapter of Cohere's chat API; answers come as a stream. */
export function createCohereProvider({ baseUrl, http, now }: CohereOptions): SynchronousProvider {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '').replace(/\/v[12]$/, '');
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const client = createKeyedClient({ http, now, failures: cohereFailures, keyHeaders });

  return {
    name: 'cohere',

    generate: (request, secret, signal, onText) => {
      const call = {
        method: 'POST',
        url: `${base}/v2/chat`,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({
          model: request.model,
          max_tokens: maxOutputTokens,
          stream: true,
          messages: chatMessages(request),
        }),
        signal,
        bodyLimitBytes: answerLimitBytes,
      } as const;
      return streamChat(client, call, secret, request, format, onText);
    },

    probe: (secret, signal) => {
      const check = {
        method: 'POST',
        url: `${base}/v1/check-api-key`,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: '{}',
        signal,
        bodyLimitBytes: 100_000,
      } as const;
      return client.probe(check, secret, ({ status, body }) => {
        const parsed = parseJson(body);
        const valid = parsed.ok ? fieldsOf(parsed.value)?.get('valid') : undefined;
        if (valid === true) return 'fine';
        if (valid !== false) return { malformed: 'no word on the key' };
        return { status, codes: [], types: [], words: 'invalid api key', isHtml: false };
      });
    },
  };
}

const finishes: Readonly<Record<string, 'done' | 'cut' | 'refused'>> = {
  COMPLETE: 'done',
  STOP_SEQUENCE: 'done',
  MAX_TOKENS: 'cut',
  ERROR_TOXIC: 'refused',
};

const format: ChatFormat = {
  ofEvent: (data) => {
    const fields = fieldsOf(data);
    const delta = fieldsOf(fields?.get('delta'));
    switch (fields?.get('type')) {
      case 'content-delta':
        return textParts(fieldsOf(fieldsOf(delta?.get('message'))?.get('content')));
      case 'message-end':
        return endParts(delta);
      default:
        return [];
    }
  },
  ofReply: (reply) => {
    const fields = fieldsOf(reply);
    const content = fieldsOf(fields?.get('message'))?.get('content');
    if (!Array.isArray(content)) return [];
    return [...content.flatMap((block) => textParts(fieldsOf(block))), ...endParts(fields)];
  },
};

type Fields = ReadonlyMap<string, unknown> | undefined;

function textParts(fields: Fields): readonly ChatPart[] {
  const text = fields?.get('text');
  return typeof text === 'string' ? [{ kind: 'text', text }] : [];
}

/** `ERROR` and `TIMEOUT` are no end of an answer; an unknown reason is. */
function endParts(fields: Fields): readonly ChatPart[] {
  const reason = fields?.get('finish_reason');
  const tokens = fieldsOf(fieldsOf(fields?.get('usage'))?.get('tokens'));
  const [inputTokens, outputTokens] = [tokens?.get('input_tokens'), tokens?.get('output_tokens')];
  const usage: Usage = {
    ...(typeof inputTokens === 'number' ? { inputTokens } : {}),
    ...(typeof outputTokens === 'number' ? { outputTokens } : {}),
  };
  const isEnd = typeof reason === 'string' && reason !== 'ERROR' && reason !== 'TIMEOUT';
  return [...(isEnd ? [{ kind: 'finish', why: finishes[reason] ?? 'done' } as const] : []), { kind: 'usage', usage }];
}
