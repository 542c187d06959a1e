import type { SynchronousProvider, Usage } from '../../domain/provider.ts';
import { type ChatFormat, chatMessages, type ChatPart, streamChat } from '../chat-stream.ts';
import { fieldsOf, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { createKeyedClient } from '../keyed-client.ts';
import { anthropicFailures } from './failure-table.ts';

export type AnthropicOptions = {
  /** With or without its version path, `/v1`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

/** Without it the API takes no request. */
const maxOutputTokens = 4_096;
const answerLimitBytes = 8_000_000;
const apiVersion = '2023-06-01';

/** The adapter of Anthropic's Messages API; answers come as a stream. */
export function createAnthropicProvider({ baseUrl, http, now }: AnthropicOptions): SynchronousProvider {
  const base = baseUrl.replace(/(?<!\/)\/+$/, '').replace(/\/v1$/, '');
  const keyHeaders = (key: string) => ({ 'x-api-key': key, 'anthropic-version': apiVersion });
  const client = createKeyedClient({ http, now, failures: anthropicFailures, keyHeaders });

  return {
    name: 'anthropic',

    generate: (request, secret, signal, onText) => {
      const call = {
        method: 'POST',
        url: `${base}/v1/messages`,
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
      const list = {
        method: 'GET',
        url: `${base}/v1/models?limit=1`,
        headers: { accept: 'application/json' },
        signal,
        bodyLimitBytes: 1_000_000,
      } as const;
      return client.probe(list, secret, ({ body }) => {
        const parsed = parseJson(body);
        const isList = parsed.ok && Array.isArray(fieldsOf(parsed.value)?.get('data'));
        return isList ? 'fine' : { malformed: 'no list of models' };
      });
    },
  };
}

const finishes: Readonly<Record<string, 'done' | 'cut' | 'refused'>> = {
  end_turn: 'done',
  stop_sequence: 'done',
  pause_turn: 'done',
  max_tokens: 'cut',
  model_context_window_exceeded: 'cut',
  refusal: 'refused',
};

const format: ChatFormat = {
  ofEvent: (data) => {
    const fields = fieldsOf(data);
    switch (fields?.get('type')) {
      case 'message_start':
        return usageParts(fieldsOf(fields.get('message'))?.get('usage'));
      case 'content_block_delta':
        return textParts(fieldsOf(fields.get('delta')));
      case 'message_delta':
        return [...finishParts(fieldsOf(fields.get('delta'))), ...usageParts(fields.get('usage'))];
      case 'error':
        return [{ kind: 'error', error: data }];
      default:
        return [];
    }
  },
  ofReply: (reply) => {
    const fields = fieldsOf(reply);
    const content = fields?.get('content');
    if (fields?.get('type') === 'error') return [{ kind: 'error', error: reply }];
    if (!Array.isArray(content)) return [];
    return [
      ...content.flatMap((block) => textParts(fieldsOf(block))),
      ...finishParts(fields),
      ...usageParts(fields?.get('usage')),
    ];
  },
};

type Fields = ReadonlyMap<string, unknown> | undefined;

function textParts(fields: Fields): readonly ChatPart[] {
  const text = fields?.get('text');
  const isText = fields?.get('type') === 'text_delta' || fields?.get('type') === 'text';
  return isText && typeof text === 'string' ? [{ kind: 'text', text }] : [];
}

function finishParts(fields: Fields): readonly ChatPart[] {
  const reason = fields?.get('stop_reason');
  return typeof reason === 'string' ? [{ kind: 'finish', why: finishes[reason] ?? 'done' }] : [];
}

function usageParts(value: unknown): readonly ChatPart[] {
  const fields = fieldsOf(value);
  const [inputTokens, outputTokens] = [fields?.get('input_tokens'), fields?.get('output_tokens')];
  const usage: Usage = {
    ...(typeof inputTokens === 'number' ? { inputTokens } : {}),
    ...(typeof outputTokens === 'number' ? { outputTokens } : {}),
  };
  return [{ kind: 'usage', usage }];
}
