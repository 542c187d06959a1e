import type { MediaSource } from '../../domain/media.ts';
import { sourceFromText } from '../../media/result-encodings.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';

/** How a run stands, as `GET …/requests/{id}/status` tells. */
export type FalStatus =
  | { readonly kind: 'queued'; readonly ahead: number | undefined }
  | { readonly kind: 'running' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'malformed'; readonly why: string };

const maxAhead = 1_000_000;

/** Parses the answer to a status question; never throws on invalid bytes. */
export function readStatus(body: Uint8Array): FalStatus {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  const position = fields.get('queue_position');
  switch (fields.get('status')) {
    case 'IN_QUEUE': {
      const isCount = typeof position === 'number' && position >= 0 && position <= maxAhead;
      return { kind: 'queued', ahead: isCount ? Math.floor(position) : undefined };
    }
    case 'IN_PROGRESS':
      return { kind: 'running' };
    // A cancelled or failed run has an answer, too: the one that says so.
    case 'COMPLETED':
    case 'FAILED':
    case 'CANCELED':
    case 'CANCELLED':
      return { kind: 'completed' };
    default:
      return { kind: 'malformed', why: 'no known status' };
  }
}

/** The result of a run. */
export type FalResult =
  | { readonly kind: 'sources'; readonly sources: readonly [MediaSource, ...MediaSource[]] }
  /** Every picture was replaced by a black one. */
  | { readonly kind: 'censored' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed'; readonly why: string };

/** The fields in which models put their files, in the order in which they are looked at. */
const fileFields = ['images', 'image', 'video', 'videos', 'audio', 'audio_file', 'audio_url'] as const;

/** Parses the result of a run of any model; never throws on invalid bytes. */
export function readResult(body: Uint8Array): FalResult {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  const field = fileFields.find((name) => (fields.get(name) ?? null) !== null);
  if (field === undefined) return { kind: 'malformed', why: 'no file in the answer' };
  const value = fields.get(field);
  const files = Array.isArray(value) ? value : [value];
  if (files.length === 0) return { kind: 'nothing' };
  const flags = fields.get('has_nsfw_concepts') ?? fields.get('nsfw_content_detected');
  const shown = Array.isArray(flags) ? files.filter((_, index) => flags[index] !== true) : files;
  if (shown.length === 0 || (flags === true && field === 'images')) return { kind: 'censored' };
  const [first, ...others] = shown.map(sourceOf);
  if (first === undefined || others.includes(undefined)) return { kind: 'malformed', why: 'a file without an address' };
  return { kind: 'sources', sources: [first, ...others.filter((source) => source !== undefined)] };
}

/** `{url, content_type}`, or the address alone. */
function sourceOf(file: unknown): MediaSource | undefined {
  const url = typeof file === 'string' ? file : fieldsOf(file)?.get('url');
  return typeof url === 'string' ? sourceFromText(url) : undefined;
}
