import { type ChatDialect, conversationMistake, eventText } from '../chat-sandbox.ts';
import { jsonReply } from '../http/stand-in-server.ts';

const known: ReadonlySet<string> = new Set(['model', 'max_tokens', 'messages', 'stream', 'temperature', 'seed']);

/** How Cohere's chat API speaks. */
export const cohereDialect: ChatDialect = {
  models: ['command-r7b-12-2024', 'command-a-03-2025', 'command-a-plus-05-2026'],
  routeOf: ({ method, path }) => {
    if (method === 'POST' && path === '/v2/chat') return 'chat';
    return method === 'POST' && path === '/v1/check-api-key' ? 'probe' : 'unknown';
  },
  keyIn: ({ headers }) => /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1],
  mistakeIn: (_, body) => {
    const unknown = Object.keys(body).find((name) => !known.has(name));
    if (unknown !== undefined) return `unknown field: parameter '${unknown}' is not a valid field`;
    if (typeof body['model'] !== 'string') return 'invalid request: model is required';
    return conversationMistake(body['messages'], ['user', 'assistant']);
  },
  error: (status, message) => jsonReply(status, { id: 'c-1', message }),
  probed: () => jsonReply(200, { valid: true, organization_id: 'org' }),
  pieces: (words) => [
    eventText(
      { type: 'message-start', id: 'c-1', delta: { message: { role: 'assistant', content: [] } } },
      'message-start',
    ),
    eventText(
      { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
      'content-start',
    ),
    ...words.map((text) =>
      eventText({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } }, 'content-delta'),
    ),
    eventText({ type: 'content-end', index: 0 }, 'content-end'),
    eventText(
      {
        type: 'message-end',
        delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 12, output_tokens: words.length } } },
      },
      'message-end',
    ),
  ],
  whole: (text) => ({
    id: 'c-1',
    finish_reason: 'COMPLETE',
    message: { role: 'assistant', content: [{ type: 'text', text }] },
    usage: { tokens: { input_tokens: 12, output_tokens: 5 } },
  }),
};
