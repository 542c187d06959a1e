import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';
import type { ServerShape } from './server-shape.ts';

type Fields = ReadonlyMap<string, unknown>;
type Words = { readonly [name: string]: unknown };

export const responsesFields = ['model', 'input', 'stream', 'instructions', 'store', 'max_output_tokens'] as const;

const knownRoles = new Set(['user', 'assistant', 'system', 'developer', 'tool']);

/** The words of the last message of a conversation; undefined where the messages are none. */
export function lastWords(messages: unknown): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return undefined;
  const roles = messages.map((message: unknown) => {
    const { role, content } = objectOf(message);
    const isSaid = (typeof content === 'string' && content !== '') || Array.isArray(content);
    return isSaid || role === 'assistant' ? role : undefined;
  });
  if (roles.some((role) => typeof role !== 'string' || !knownRoles.has(role))) return undefined;
  if (roles.at(-1) !== 'user' && roles.at(-1) !== 'tool') return undefined;
  const { content } = objectOf(messages.at(-1));
  if (typeof content === 'string') return content;
  return (content as readonly unknown[])
    .map((part) => {
      const { type, text } = objectOf(part);
      return typeof text === 'string' ? text : `(${String(type)})`;
    })
    .join(' ');
}

/** Answers a conversation: with a call of the first tool where there is one, else by saying the last words again. */
export function chatReply(fields: Fields, last: string, shape: ServerShape): StandInReply {
  const words = `You said: ${last}`;
  const usage = { prompt_tokens: last.length, completion_tokens: words.length, ...shape.cost };
  const [tool] = (fields.get('tools') ?? []) as readonly { readonly function: { readonly name: string } }[];
  const finish = tool === undefined ? 'stop' : 'tool_calls';
  const call = tool && {
    id: 'call_1',
    type: 'function',
    function: { name: tool.function.name, arguments: JSON.stringify({ words: last }) },
  };
  if (fields.get('stream') !== true) {
    const message = {
      role: 'assistant',
      content: call === undefined ? words : null,
      ...(call && { tool_calls: [call] }),
    };
    const choices = [{ index: 0, message, finish_reason: finish }];
    return jsonReply(200, { id: 'chatcmpl-1', object: 'chat.completion', model: fields.get('model'), choices, usage });
  }
  const chunk = (delta: object, why: string | null = null) =>
    `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: why }] })}\n\n`;
  const pieces = words.match(/.{1,8}/gs) ?? [];
  const deltas =
    call === undefined ? pieces.map((content) => ({ content })) : [{ tool_calls: [{ index: 0, ...call }] }];
  const isCounted = objectOf(fields.get('stream_options'))['include_usage'] === true || !shape.countsWhenAsked;
  return {
    kind: 'stream',
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    pieces: [
      shape.keepAlive,
      ...deltas.map((delta) => chunk(delta)),
      chunk({}, finish),
      isCounted ? `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [], usage })}\n\n` : '',
      'data: [DONE]\n\n',
    ].filter((piece) => piece !== ''),
  };
}

/** Answers `/responses` by saying the input again. */
export function responsesReply(fields: Fields): StandInReply {
  const input = fields.get('input');
  const words = `You said: ${typeof input === 'string' ? input : (lastWords(input) ?? '')}`;
  const response = (status: string, output: readonly object[]) => ({
    id: 'resp_1',
    object: 'response',
    status,
    model: fields.get('model'),
    output,
    ...(status === 'completed' ? { usage: { input_tokens: 3, output_tokens: 5, total_tokens: 8 } } : {}),
  });
  const item = (content: readonly object[]) => ({
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content,
  });
  const text = { type: 'output_text', text: words, annotations: [] };
  const whole = response('completed', [item([text])]);
  if (fields.get('stream') !== true) return jsonReply(200, whole);
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const events: readonly (Words & { readonly type: string })[] = [
    { type: 'response.created', response: response('in_progress', []) },
    { type: 'response.output_item.added', output_index: 0, item: item([]) },
    { type: 'response.content_part.added', ...place, part: { ...text, text: '' } },
    ...(words.match(/.{1,8}/gs) ?? []).map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text: words },
    { type: 'response.completed', response: whole },
  ];
  return {
    kind: 'stream',
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    pieces: events.map(
      (event, number) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: number })}\n\n`,
    ),
  };
}

function objectOf(value: unknown): Words {
  return typeof value === 'object' && value !== null ? (value as Words) : {};
}
