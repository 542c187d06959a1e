import { type ChatDialect, conversationMistake, eventText } from '../chat-sandbox.ts';
import { jsonReply } from '../http/stand-in-server.ts';

const types = {
  key: 'authentication_error',
  model: 'not_found_error',
  credit: 'billing_error',
  request: 'invalid_request_error',
  route: 'not_found_error',
} as const;

const known: ReadonlySet<string> = new Set([
  'model',
  'max_tokens',
  'messages',
  'stream',
  'system',
  'temperature',
  'stop_sequences',
  'metadata',
]);

/** How Anthropic's Messages API speaks. The newest clients send the key as a bearer token, so both forms are taken. */
export const anthropicDialect: ChatDialect = {
  models: ['claude-haiku-5-5', 'claude-sonnet-5-5', 'claude-opus-5-5'],
  routeOf: ({ method, path }) => {
    if (method === 'POST' && path === '/v1/messages') return 'chat';
    return method === 'GET' && path === '/v1/models' ? 'probe' : 'unknown';
  },
  keyIn: ({ headers }) => {
    const key = headers['x-api-key'];
    return typeof key === 'string' ? key : /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  },
  mistakeIn: ({ headers }, body) => {
    if (headers['anthropic-version'] !== '2023-06-01') return 'anthropic-version: header is required';
    const unknown = Object.keys(body).find((name) => !known.has(name));
    if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
    if (typeof body['model'] !== 'string') return 'model: Field required';
    const max = body['max_tokens'];
    if (typeof max !== 'number' || !Number.isInteger(max) || max < 1) return 'max_tokens: Field required';
    return conversationMistake(body['messages'], ['user', 'assistant']);
  },
  error: (status, message, reason) =>
    jsonReply(status, { type: 'error', error: { type: types[reason], message }, request_id: 'req_011' }),
  probed: () => jsonReply(200, { data: [{ type: 'model', id: 'claude-haiku-5-5' }], has_more: true }),
  pieces: (words, model) => [
    eventText(
      {
        type: 'message_start',
        message: { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], usage: { input_tokens: 12 } },
      },
      'message_start',
    ),
    eventText(
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      'content_block_start',
    ),
    eventText({ type: 'ping' }, 'ping'),
    ...words.map((text) =>
      eventText({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }, 'content_block_delta'),
    ),
    eventText({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
    eventText(
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: words.length } },
      'message_delta',
    ),
    eventText({ type: 'message_stop' }, 'message_stop'),
  ],
  whole: (text, model) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 12, output_tokens: 5 },
  }),
};
