import type { MediaSource } from '../../domain/media.ts';
import type { ReplySource, Usage } from '../../domain/provider.ts';
import { fromPlainBase64 } from '../../media/result-encodings.ts';
import { complaintOf, type Complaint } from '../classification/error-body.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';
import type { Dialect } from './dialect.ts';

/** What is wrong with a 2xx answer. */
export type Unusable =
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  /** There is nothing in it: the result was held back. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'malformed'; readonly why: string };

export type ImagesAnswer =
  | { readonly kind: 'source'; readonly source: ReplySource; readonly usage: Usage | undefined }
  | Unusable;

const maxUrlLength = 4_096;

/** Parses a 2xx answer to a request for pictures, of which no more than `most` count; never throws on invalid bytes. */
export function readImages(status: number, body: Uint8Array, { heldBack, cost }: Dialect, most: number): ImagesAnswer {
  const read = readObject(status, body);
  if (!(read instanceof Map)) return read;
  const data = read.get('data');
  if (!Array.isArray(data)) return { kind: 'malformed', why: 'no list of pictures' };
  if (data.length === 0) return { kind: 'nothing' };
  const first = fieldsOf(data[0]);
  if (heldBack !== undefined && first?.get(heldBack.field) === heldBack.is) return { kind: 'nothing' };
  const found = data.slice(0, most).map((one) => {
    const fields = fieldsOf(one);
    return fromBase64(fields?.get('b64_json')) ?? fromUrl(fields?.get('url'));
  });
  const sources = found.filter((source) => source !== undefined);
  const [one, ...others] = sources;
  if (one === undefined || sources.length < found.length) return { kind: 'malformed', why: 'no picture in the answer' };
  const source: ReplySource = others.length === 0 ? one : { kind: 'files', sources: [one, ...others] };
  return { kind: 'source', source, usage: usageOf(read.get('usage'), cost, data.length) };
}

/** The fields of a 2xx answer, unless it is none or an error. */
export function readObject(status: number, body: Uint8Array): Map<string, unknown> | Unusable {
  const parsed = parseJson(body);
  if (!parsed.ok) return { kind: 'malformed', why: parsed.why };
  const fields = fieldsOf(parsed.value);
  if (fields === undefined) return { kind: 'malformed', why: 'JSON that is not an object' };
  if ((fields.get('error') ?? null) !== null) {
    return { kind: 'complaint', complaint: complaintOf(status, parsed.value) };
  }
  return new Map(fields);
}

/** Names the field of a failure that the answer says is wrong. */
export function wrongField(body: Uint8Array): string | undefined {
  const parsed = parseJson(body);
  const error = parsed.ok ? fieldsOf(fieldsOf(parsed.value)?.get('error')) : undefined;
  const param = error?.get('param');
  return typeof param === 'string' ? param : undefined;
}

function fromBase64(value: unknown): MediaSource | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.replace(/^data:image\/[\w.+-]+;base64,/, '');
  const bytes = fromPlainBase64(text) ?? fromPlainBase64(text.replace(/[\r\n]+/g, ''));
  return bytes === undefined || bytes.byteLength === 0 ? undefined : { kind: 'bytes', bytes };
}

function fromUrl(value: unknown): MediaSource | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^data:/i.test(value)) return fromBase64(value);
  const isUsable = /^https?:\/\//i.test(value) && value.length <= maxUrlLength && !/\s/.test(value);
  return isUsable && URL.canParse(value) ? { kind: 'url', url: value } : undefined;
}

/** Reads `usage`, whose fields routes and servers name differently. */
export function usageOf(value: unknown, cost?: Dialect['cost'], images?: number): Usage | undefined {
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const inputTokens = countOf(fields.get('input_tokens') ?? fields.get('prompt_tokens'));
  const outputTokens = countOf(fields.get('output_tokens') ?? fields.get('completion_tokens'));
  const price = cost === undefined ? undefined : fields.get(cost.field);
  const isPrice = typeof price === 'number' && Number.isFinite(price) && price >= 0;
  return {
    ...(isPrice ? { cost: price / (cost?.perDollar ?? 1) } : {}),
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(images === undefined ? {} : { images }),
  };
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
