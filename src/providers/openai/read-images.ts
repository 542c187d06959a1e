import type { MediaSource } from '../../domain/media.ts';
import type { Usage } from '../../domain/provider.ts';
import { complaintOf, type Complaint } from '../classification/error-body.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';

export type ImagesAnswer =
  | { readonly kind: 'source'; readonly source: MediaSource; readonly usage: Usage | undefined }
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  /** A list without pictures: they were held back. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed'; readonly why: string };

const maxUrlLength = 4_096;

/** Parses a 2xx answer to `POST /images/generations`; never throws on invalid bytes. */
export function readImages(status: number, body: Uint8Array): ImagesAnswer {
  const parsed = parseJson(body);
  if (!parsed.ok) return { kind: 'malformed', why: parsed.why };
  const fields = fieldsOf(parsed.value);
  if (fields === undefined) return { kind: 'malformed', why: 'JSON that is not an object' };
  if ((fields.get('error') ?? null) !== null) {
    return { kind: 'complaint', complaint: complaintOf(status, parsed.value) };
  }
  const data = fields.get('data');
  if (!Array.isArray(data)) return { kind: 'malformed', why: 'no list of pictures' };
  if (data.length === 0) return { kind: 'nothing' };
  const first = fieldsOf(data[0]);
  const source = fromBase64(first?.get('b64_json')) ?? fromUrl(first?.get('url'));
  if (source === undefined) return { kind: 'malformed', why: 'no picture in the answer' };
  return { kind: 'source', source, usage: usageOf(fields.get('usage'), data.length) };
}

/** Names the field of a failure that the answer says is wrong. */
export function wrongField(body: Uint8Array): string | undefined {
  const parsed = parseJson(body);
  const error = parsed.ok ? fieldsOf(fieldsOf(parsed.value)?.get('error')) : undefined;
  const param = error?.get('param');
  return typeof param === 'string' ? param : undefined;
}

/** True for the answer to `GET /models`. */
export function isModelList(body: Uint8Array): boolean {
  const parsed = parseJson(body);
  return parsed.ok && Array.isArray(fieldsOf(parsed.value)?.get('data'));
}

function fromBase64(value: unknown): MediaSource | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.replace(/^data:image\/[\w.+-]+;base64,/, '').replace(/[\r\n]+/g, '');
  return text !== '' && /^[\w+/-]+={0,2}$/.test(text)
    ? { kind: 'bytes', bytes: Buffer.from(text, 'base64') }
    : undefined;
}

function fromUrl(value: unknown): MediaSource | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^data:/i.test(value)) return fromBase64(value);
  const isUsable = /^https?:\/\//i.test(value) && value.length <= maxUrlLength && !/\s/.test(value);
  return isUsable && URL.canParse(value) ? { kind: 'url', url: value } : undefined;
}

function usageOf(value: unknown, images: number): Usage | undefined {
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const inputTokens = countOf(fields.get('input_tokens'));
  const outputTokens = countOf(fields.get('output_tokens'));
  return {
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    images,
  };
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
