import { fileTypeFromBuffer } from 'file-type';
import type { JobKind } from '../../domain/job.ts';
import type { MediaSource } from '../../domain/media.ts';
import { fieldsOf, isHtml, parseJson } from '../parse-json.ts';

import { mediaSource } from './media-source.ts';

/** What a provider says of its own failure. */
export type Complaint = {
  /** The status inside the body, which knows better than a gateway in between. */
  readonly status?: number;
  readonly words: string;
  readonly isHtml: boolean;
};

export type BytezAnswer =
  | { readonly kind: 'source'; readonly source: MediaSource }
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  | { readonly kind: 'malformed'; readonly why: string };

const longestWords = 2000;

/** Reads the body of a 2xx answer to a run; never throws, whatever the bytes. */
export async function readAnswer(body: Uint8Array, kind: JobKind): Promise<BytezAnswer> {
  const parsed = parseJson(body);
  if (!parsed.ok) {
    if (await isMedia(body)) return { kind: 'source', source: { kind: 'bytes', bytes: body } };
    return { kind: 'malformed', why: parsed.why };
  }
  const fields = fieldsOf(parsed.value);
  if (fields === undefined) return { kind: 'malformed', why: 'JSON that is not an object' };
  if (hasError(fields)) return { kind: 'complaint', complaint: complaintOf(fields) };
  const output = fields.get('output') ?? parsed.value;
  const source = mediaSource(output, kind);
  return source === undefined ? { kind: 'malformed', why: 'no result in the answer' } : { kind: 'source', source };
}

/** Reads the body of any other answer as far as it can be read. */
export function readComplaint(body: Uint8Array): Complaint {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields !== undefined) return complaintOf(fields);
  const text = new TextDecoder().decode(body.subarray(0, longestWords));
  return isHtml(text) ? { words: '', isHtml: true } : { words: text, isHtml: false };
}

/** True when a 2xx answer to the key probe is the provider's own and holds no error. */
export function readProbe(body: Uint8Array): Complaint | 'fine' | 'malformed' {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (fields === undefined) return 'malformed';
  return hasError(fields) ? complaintOf(fields) : 'fine';
}

type Fields = ReadonlyMap<string, unknown>;

function hasError(fields: Fields): boolean {
  return (fields.get('error') ?? null) !== null;
}

function complaintOf(fields: Fields): Complaint {
  const inner = fieldsOf(fields.get('error'));
  const texts = [
    fields.get('error'),
    inner?.get('message'),
    inner?.get('code'),
    inner?.get('type'),
    fields.get('message'),
    fields.get('detail'),
  ].filter((text) => typeof text === 'string');
  const status = [fields.get('status'), fields.get('code'), inner?.get('status'), inner?.get('code')].find(isStatus);
  return {
    words: texts.map((text) => text.slice(0, longestWords)).join(': '),
    isHtml: texts.length === 1 && isHtml(texts[0] ?? ''),
    ...(status === undefined ? {} : { status }),
  };
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599;
}

async function isMedia(bytes: Uint8Array): Promise<boolean> {
  const type = await fileTypeFromBuffer(bytes.subarray(0, 65_536)).catch(() => undefined);
  return type !== undefined && /^(?:image|video)\//.test(type.mime);
}
