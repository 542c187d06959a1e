import type { ChatFormat, ChatPart } from '../chat-stream.ts';
import { fieldsOf } from '../http/http-exchange.ts';
import type { Dialect } from './dialect.ts';
import { usageOf } from './read-answer.ts';

type Finish = Extract<ChatPart, { kind: 'finish' }>['why'];

/** How `/chat/completions` ends an answer; every other word means that it is whole. */
const finishes: Readonly<Record<string, Finish>> = {
  length: 'cut',
  model_length: 'cut',
  content_filter: 'refused',
  // An error stands beside it, or the answer has just stopped.
  error: 'cut',
  insufficient_system_resource: 'cut',
};

/**
 * How `/chat/completions` writes an answer: pieces in `choices[0].delta`, or all of it in `choices[0].message`. The last
 * event may carry the usage alone, and an error may come after the answer has begun.
 */
export function chatFormat({ cost }: Pick<Dialect, 'cost'>): ChatFormat {
  const partsOf = (data: unknown, place: 'delta' | 'message'): readonly ChatPart[] => {
    const fields = fieldsOf(data);
    if (fields === undefined) return [];
    if ((fields.get('error') ?? null) !== null) return [{ kind: 'error', error: data }];
    const choices = fields.get('choices');
    const choice = Array.isArray(choices) ? fieldsOf(choices[0]) : undefined;
    const text = textOf(fieldsOf(choice?.get(place))?.get('content'));
    const finish = choice?.get('finish_reason');
    const usage = usageOf(fields.get('usage'), cost);
    return [
      ...(text === '' ? [] : [{ kind: 'text', text } as const]),
      ...(typeof finish === 'string' ? [{ kind: 'finish', why: finishes[finish] ?? 'done' } as const] : []),
      ...(usage === undefined ? [] : [{ kind: 'usage', usage } as const]),
    ];
  };
  return { ofEvent: (data) => partsOf(data, 'delta'), ofReply: (reply) => partsOf(reply, 'message') };
}

/** A text, or blocks of which those with thoughts are left out. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.map((block) => {
    const fields = fieldsOf(block);
    return fields?.get('type') === 'text' ? fields.get('text') : undefined;
  });
  return texts.filter((text) => typeof text === 'string').join('');
}
