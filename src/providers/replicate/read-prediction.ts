import type { MediaSource } from '../../domain/media.ts';
import type { ReplySource, Usage } from '../../domain/provider.ts';
import { sourceFromText } from '../../media/result-encodings.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';

/** A prediction: how a run stands, and what it made. */
export type Prediction = { readonly id: unknown; readonly get: unknown; readonly cancel: unknown } & (
  | { readonly kind: 'running' }
  | { readonly kind: 'source'; readonly source: ReplySource; readonly usage: Usage | undefined }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'cancelled' }
  /** Done, and what it made is deleted or missing. */
  | { readonly kind: 'nothing' }
);

export type ReadPrediction = Prediction | { readonly kind: 'malformed'; readonly why: string };

type Fields = ReadonlyMap<string, unknown>;

/** Parses the answer to the creation of a prediction, and to a question about it; never throws on invalid bytes. */
export function readPrediction(body: Uint8Array): ReadPrediction {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  const urls = fieldsOf(fields.get('urls'));
  const known = { id: fields.get('id'), get: urls?.get('get'), cancel: urls?.get('cancel') };
  switch (fields.get('status')) {
    case 'starting':
    case 'processing':
    case 'queued':
      return { ...known, kind: 'running' };
    case 'succeeded':
    case 'successful': {
      const output = fields.get('output') ?? null;
      if (output === null || isEmpty(output)) return { ...known, kind: 'nothing' };
      const source = sourceIn(output);
      if (source === undefined) return { kind: 'malformed', why: 'no result in the output' };
      return { ...known, kind: 'source', source, usage: usageOf(fields) };
    }
    case 'failed': {
      const error = fields.get('error');
      return { ...known, kind: 'failed', error: typeof error === 'string' ? error : '' };
    }
    case 'canceled':
    case 'cancelled':
    case 'aborted':
      return { ...known, kind: 'cancelled' };
    default:
      return { kind: 'malformed', why: 'no known status' };
  }
}

/** Fields of an output that is an object, in the order in which they are looked at. */
const outputFields = [
  'images',
  'image',
  'video',
  'videos',
  'audio',
  'audio_out',
  'url',
  'output',
  'file',
  'files',
] as const;
const maxDepth = 3;

/** A text, a list of them, or an object that holds one. Words that are no file come in pieces that belong together. */
function sourceIn(output: unknown): ReplySource | undefined {
  const sources = filesIn(output, 0);
  const [first, ...others] = sources;
  if (first !== undefined) return others.length === 0 ? first : { kind: 'files', sources: [first, ...others] };
  const pieces = Array.isArray(output) ? output : [output];
  const text = pieces.every((piece) => typeof piece === 'string') ? pieces.join('') : '';
  return text.trim() === '' ? undefined : { kind: 'text', text };
}

function filesIn(value: unknown, depth: number): readonly MediaSource[] {
  if (typeof value === 'string') {
    // Words may be valid base64 by chance: a file is an address here, or says that it is data.
    const source = /^(?:https?:\/\/|data:)/i.test(value.trim()) ? sourceFromText(value) : undefined;
    return source === undefined ? [] : [source];
  }
  if (depth >= maxDepth) return [];
  if (Array.isArray(value)) return value.flatMap((entry) => filesIn(entry, depth + 1));
  const fields = fieldsOf(value);
  const field = outputFields.find((name) => (fields?.get(name) ?? null) !== null);
  return field === undefined ? [] : filesIn(fields?.get(field), depth + 1);
}

function isEmpty(output: unknown): boolean {
  return output === '' || (Array.isArray(output) && output.length === 0);
}

function usageOf(fields: Fields): Usage | undefined {
  const seconds = fieldsOf(fields.get('metrics'))?.get('predict_time');
  return typeof seconds === 'number' && seconds >= 0 ? { seconds } : undefined;
}

/** The codes in brackets that a failed run names: `(E005)`. */
export function codesIn(error: string): readonly string[] {
  return Array.from(error.slice(0, 4_000).matchAll(/\bE\d{3,4}\b/g), ([code]) => code).slice(0, 4);
}
