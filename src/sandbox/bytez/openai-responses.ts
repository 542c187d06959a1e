import { json } from './answer.ts';
import type { Reply } from './answer.ts';
import type { ChatBody } from './chat-completions.ts';
import { promptOf } from './run-body.ts';
import { chatWords, inPieces } from './text-model.ts';

/** Answers in the shape of OpenAI's responses; errors are plain strings, as Bytez sends them. */
export function completeResponse({ model, most, body }: ChatBody, nowMs: number): Reply {
  const prompt = promptOf(body);
  if (prompt === undefined) return json({ error: 'Expected parameter(s): input' }, 400);
  const words = chatWords(prompt, { max_new_tokens: most });
  if (!words.ok) return json({ error: words.error }, 400);
  const head = { id: `resp_${nowMs}`, object: 'response', created_at: Math.floor(nowMs / 1000), model };
  const text = { type: 'output_text', text: words.value, annotations: [] };
  const message = { type: 'message', id: `msg_${nowMs}`, status: 'completed', role: 'assistant', content: [text] };
  const used = { input_tokens: inPieces(prompt).length, output_tokens: inPieces(words.value).length };
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
    ...inPieces(words.value).map((delta) => ({ type: 'response.output_text.delta', ...place, delta })),
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
