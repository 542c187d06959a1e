import type { MediaSource } from '../../domain/media.ts';
import { complaintOf, type Complaint } from '../classification/error-body.ts';
import { fieldsOf, type HttpHeaders, parseJson } from '../http/http-exchange.ts';

export type ImageAnswer =
  | { readonly kind: 'source'; readonly source: MediaSource }
  /** HTTP 200 with a blurred picture. */
  | { readonly kind: 'filtered' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  | { readonly kind: 'malformed'; readonly why: string };

/**
 * Reads a 2xx answer: the bytes of a picture with the header `finish-reason`, or `{image, finish_reason, seed}` with the
 * picture in base64.
 */
export function readImage(status: number, headers: HttpHeaders, body: Uint8Array): ImageAnswer {
  const type = String(headers['content-type'] ?? '');
  if (!/^application\/json\b/.test(type) && !looksLikeText(body)) {
    const ended = endedBy(headers['finish-reason']);
    return ended ?? { kind: 'source', source: { kind: 'bytes', bytes: body } };
  }
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (!parsed.ok || fields === undefined) {
    return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  }
  if (Array.isArray(fields.get('errors'))) return { kind: 'complaint', complaint: complaintOf(status, parsed.value) };
  const ended = endedBy(fields.get('finish_reason'));
  if (ended !== undefined) return ended;
  const image = fields.get('image');
  return typeof image === 'string' && /^[\w+/-]+={0,2}$/.test(image)
    ? { kind: 'source', source: { kind: 'bytes', bytes: Buffer.from(image, 'base64') } }
    : { kind: 'malformed', why: 'no picture in the answer' };
}

function endedBy(reason: unknown): ImageAnswer | undefined {
  if (reason === 'CONTENT_FILTERED') return { kind: 'filtered' };
  if (reason === 'ERROR') return { kind: 'failed', why: 'the run ended with an error' };
  return undefined;
}

/** A page or JSON under the name of a picture, or an empty body. */
function looksLikeText(body: Uint8Array): boolean {
  const [first = 0x20] = body;
  return first === 0x20 || first === 0x0a || first === 0x3c || first === 0x7b;
}

/** The credits in the answer to `GET /v1/user/balance`. */
export function creditsIn(body: Uint8Array): number | undefined {
  const parsed = parseJson(body);
  const credits = parsed.ok ? fieldsOf(parsed.value)?.get('credits') : undefined;
  return typeof credits === 'number' ? credits : undefined;
}
