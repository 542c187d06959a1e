import type { MediaSource } from '../../domain/media.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';

/** What `GET /generate/check/{id}` says of a request. */
export type HordeCheck =
  | { readonly kind: 'done' }
  /** The workers failed at it too often. */
  | { readonly kind: 'faulted' }
  /** No worker that is online could ever take it. */
  | { readonly kind: 'impossible' }
  | { readonly kind: 'waiting'; readonly ahead: number; readonly inMs: number }
  | { readonly kind: 'malformed'; readonly why: string };

const maxWaitS = 86_400;
const maxAhead = 1_000_000;

export function readCheck(body: Uint8Array): HordeCheck {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  if (typeof fields.get('done') !== 'boolean') return { kind: 'malformed', why: 'no word on whether it is done' };
  if (fields.get('faulted') === true) return { kind: 'faulted' };
  if (fields.get('done') === true) return { kind: 'done' };
  if (fields.get('is_possible') === false && count(fields.get('processing'), 1) === 0) return { kind: 'impossible' };
  // The first in the queue has position 1; one that a worker draws has position 0.
  const ahead = Math.max(0, count(fields.get('queue_position'), maxAhead) - 1);
  return { kind: 'waiting', ahead, inMs: count(fields.get('wait_time'), maxWaitS) * 1000 };
}

/** What `GET /generate/status/{id}` says of a request that is done. */
export type HordeResult =
  | { readonly kind: 'source'; readonly source: MediaSource; readonly kudos: number | undefined }
  /** The worker's filter replaced the picture. */
  | { readonly kind: 'censored' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed'; readonly why: string };

const maxUrlLength = 4_096;
const minBase64Length = 64;

export function readResult(body: Uint8Array): HordeResult {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  const generations = fields.get('generations');
  if (!Array.isArray(generations)) return { kind: 'malformed', why: 'no list of pictures' };
  if (generations.length === 0) return { kind: 'nothing' };
  const generation = fieldsOf(generations[0]);
  if (generation === undefined) return { kind: 'malformed', why: 'a picture that is not an object' };
  if (isCensored(generation)) return { kind: 'censored' };
  const source = sourceOf(generation.get('img'));
  if (source === undefined) return { kind: 'malformed', why: 'no picture in the answer' };
  const kudos = fields.get('kudos');
  return { kind: 'source', source, kudos: typeof kudos === 'number' && kudos >= 0 ? kudos : undefined };
}

type Fields = ReadonlyMap<string, unknown>;

function isCensored(generation: Fields): boolean {
  if (generation.get('censored') === true || generation.get('state') === 'censored') return true;
  const notes = generation.get('gen_metadata');
  return Array.isArray(notes) && notes.some((note) => fieldsOf(note)?.get('type') === 'censorship');
}

/** A URL of its storage, or base64 where its storage is out of order. */
function sourceOf(img: unknown): MediaSource | undefined {
  if (typeof img !== 'string') return undefined;
  const text = img.trim();
  if (/^https?:\/\//i.test(text)) {
    const isUsable = text.length <= maxUrlLength && !/\s/.test(text) && URL.canParse(text);
    return isUsable ? { kind: 'url', url: text } : undefined;
  }
  const isBase64 = text.length >= minBase64Length && /^[\w+/-]+={0,2}$/.test(text);
  return isBase64 ? { kind: 'bytes', bytes: Buffer.from(text, 'base64') } : undefined;
}

function count(value: unknown, most: number): number {
  return typeof value === 'number' && value > 0 ? Math.min(most, Math.floor(value)) : 0;
}
