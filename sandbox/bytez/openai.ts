import { z } from 'zod';
import { json, type Reply } from './responses.ts';
import { parseJson, parseRunBody, promptOf, type Parsed, type RunBody } from './run-body.ts';
import { chatText, splitTokens } from './text-model.ts';

const bodySchema = z.looseObject({
  model: z.string(),
  prompt: z.string().optional(),
  max_completion_tokens: z.int().min(1).optional(),
  max_tokens: z.int().min(1).optional(),
  max_output_tokens: z.int().min(1).optional(),
});

export type ChatBody = { readonly model: string; readonly maxTokens: number; readonly body: RunBody };

/** Parses the body of an OpenAI-compatible request. */
export function parseChatBody(text: string): Parsed<ChatBody> {
  const outer = parseJson(text, bodySchema);
  if (!outer.ok) return outer;
  const inner = parseRunBody(text);
  if (!inner.ok) return inner;
  const { model, prompt, max_completion_tokens: maxTokens, max_tokens: older, max_output_tokens: newer } = outer.value;
  const body = { ...inner.value, text: inner.value.text ?? prompt };
  return { ok: true, value: { model, maxTokens: maxTokens ?? newer ?? older ?? 256, body } };
}

/** Returns a completion in the format of the OpenAI API; errors are plain strings, as Bytez sends them. */
export function completeChat({ model, maxTokens, body }: ChatBody, nowMs: number, kind: 'chat' | 'text'): Reply {
  const prompt = promptOf(body);
  if (prompt === undefined) return json({ error: 'Expected parameter(s): messages' }, 400);
  const words = chatText(prompt, { max_new_tokens: maxTokens });
  if (!words.ok) return json({ error: words.error }, 400);
  const object = kind === 'chat' ? 'chat.completion' : 'text_completion';
  const head = { id: `chatcmpl-${nowMs}`, object, created: Math.floor(nowMs / 1000), model };
  if (body.stream)
    return eventStream(words.value, { ...head, object: kind === 'chat' ? 'chat.completion.chunk' : object }, kind);
  const choice = kind === 'chat' ? { message: { role: 'assistant', content: words.value } } : { text: words.value };
  const used = { prompt_tokens: splitTokens(prompt).length, completion_tokens: splitTokens(words.value).length };
  return json({
    ...head,
    choices: [{ index: 0, ...choice, finish_reason: 'stop' }],
    usage: { ...used, total_tokens: used.prompt_tokens + used.completion_tokens },
  });
}

function eventStream(words: string, head: Readonly<Record<string, unknown>>, kind: 'chat' | 'text'): Reply {
  const event = (choice: Readonly<Record<string, unknown>>) =>
    `data: ${JSON.stringify({ ...head, choices: [choice] })}\n\n`;
  const pieces = splitTokens(words).map((piece) =>
    event({ index: 0, ...(kind === 'chat' ? { delta: { content: piece } } : { text: piece }), finish_reason: null }),
  );
  const last = event({ index: 0, ...(kind === 'chat' ? { delta: {} } : { text: '' }), finish_reason: 'stop' });
  return {
    kind: 'reply',
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: [...pieces, last, 'data: [DONE]\n\n'],
  };
}

/** Returns a response in the format of the OpenAI responses API; errors are plain strings, as Bytez sends them. */
export function completeResponse({ model, maxTokens, body }: ChatBody, nowMs: number): Reply {
  const prompt = promptOf(body);
  if (prompt === undefined) return json({ error: 'Expected parameter(s): input' }, 400);
  const words = chatText(prompt, { max_new_tokens: maxTokens });
  if (!words.ok) return json({ error: words.error }, 400);
  const head = { id: `resp_${nowMs}`, object: 'response', created_at: Math.floor(nowMs / 1000), model };
  const text = { type: 'output_text', text: words.value, annotations: [] };
  const message = { type: 'message', id: `msg_${nowMs}`, status: 'completed', role: 'assistant', content: [text] };
  const used = { input_tokens: splitTokens(prompt).length, output_tokens: splitTokens(words.value).length };
  const whole = {
    ...head,
    status: 'completed',
    error: null,
    output: [message],
    usage: { ...used, total_tokens: used.input_tokens + used.output_tokens },
  };
  if (!body.stream) return json(whole);
  const place = { item_id: message.id, output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: { ...head, status: 'in_progress', error: null, output: [] } },
    ...splitTokens(words.value).map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text: words.value },
    { type: 'response.completed', response: whole },
  ];
  return {
    kind: 'reply',
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: events.map(
      (event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
    ),
  };
}
