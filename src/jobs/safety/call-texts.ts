import type { ClientCall } from '../../domain/gateway/client-call.ts';
import type { Json } from '../../domain/provider.ts';

/** Of a call: the newest texts, and no more of them than a service takes at once. */
const maxTexts = 100;
const maxPictures = 8;
const maxDepth = 8;
/** Parts of a relayed body that hold pictures, or lead to them. */
const pictured: ReadonlySet<string> = new Set(['messages', 'input', 'content', 'image_url', 'url']);
/** Parts of a relayed body that hold words for the model. */
const spoken: ReadonlySet<string> = new Set(['messages', 'input', 'instructions', 'prompt', 'content', 'text']);

/** The words of a call that are judged: everything but what a model said before. The newest are last. */
export function textsOfCall({ prompt, history = [], relay, options }: ClientCall): readonly string[] {
  const turns = history.flatMap(({ role, text }) => (role === 'model' ? [] : [text]));
  const relayed = relay === undefined ? [] : textsIn(relay.fields, 0);
  const texts = [...relayed, ...turns, options?.title ?? '', options?.style ?? '', prompt];
  return [...new Set(texts.filter((text) => text.trim() !== ''))].slice(-maxTexts);
}

/** The pictures of a call that are judged: those to change, and the newest that go along with a conversation as data. */
export function picturesOfCall({
  pictures = [],
  relay,
}: Pick<ClientCall, 'pictures' | 'relay'>): readonly Uint8Array[] {
  const shown = relay === undefined ? [] : dataIn(relay.fields, 0);
  return [...pictures, ...shown].slice(-maxPictures);
}

function dataIn(value: Json | Readonly<Record<string, Json>> | undefined, depth: number): readonly Uint8Array[] {
  if (depth > maxDepth || value === null || value === undefined) return [];
  if (typeof value === 'string') {
    const data = /^data:image\/[\w.+-]{1,20};base64,([A-Za-z0-9+/=]+)$/.exec(value)?.[1];
    return data === undefined ? [] : [Buffer.from(data, 'base64')];
  }
  if (typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap((one: Json) => dataIn(one, depth + 1));
  const fields = value as Readonly<Record<string, Json>>;
  if (fields['role'] === 'assistant') return [];
  return Object.entries(fields).flatMap(([name, held]) => (pictured.has(name) ? dataIn(held, depth + 1) : []));
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
