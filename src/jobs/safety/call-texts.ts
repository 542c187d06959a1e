import type { ClientCall } from '../../domain/gateway/client-call.ts';
import type { Json } from '../../domain/provider.ts';

/** Of a call: the newest texts, and no more of them than a service takes at once. */
const maxTexts = 100;
const maxDepth = 8;
/** Parts of a relayed body that hold words for the model. */
const spoken: ReadonlySet<string> = new Set(['messages', 'input', 'instructions', 'prompt', 'content', 'text']);

/** The words of a call that are judged: everything but what a model said before. The newest are last. */
export function textsOfCall({ prompt, history = [], relay, options }: ClientCall): readonly string[] {
  const turns = history.flatMap(({ role, text }) => (role === 'model' ? [] : [text]));
  const relayed = relay === undefined ? [] : textsIn(relay.fields, 0);
  const texts = [...relayed, ...turns, options?.title ?? '', options?.style ?? '', prompt];
  return [...new Set(texts.filter((text) => text.trim() !== ''))].slice(-maxTexts);
}

function textsIn(value: Json | Readonly<Record<string, Json>> | undefined, depth: number): readonly string[] {
  if (depth > maxDepth || value === null || typeof value !== 'object') return [];
  if (Array.isArray(value))
    return value.flatMap((one: Json) => (typeof one === 'string' ? [one] : textsIn(one, depth + 1)));
  const fields = value as Readonly<Record<string, Json>>;
  if (fields['role'] === 'assistant') return [];
  return Object.entries(fields).flatMap(([name, held]) => {
    if (!spoken.has(name)) return [];
    return typeof held === 'string' ? [held] : textsIn(held, depth + 1);
  });
}
