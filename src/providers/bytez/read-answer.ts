import { fileTypeFromBuffer } from 'file-type';
import type { JobKind } from '../../domain/job.ts';
import type { MediaSource } from '../../domain/media.ts';
import { complaintOf, statusInside } from '../complaint.ts';
import type { Complaint } from '../complaint.ts';
import { fieldsOf, parseJson } from '../parse-json.ts';
import { mediaSource } from './media-source.ts';

export type BytezAnswer =
  | { readonly kind: 'source'; readonly source: MediaSource }
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  | { readonly kind: 'malformed'; readonly why: string };

/** Reads a 2xx answer to a run; never throws, whatever the bytes. */
export async function readAnswer(status: number, body: Uint8Array, kind: JobKind): Promise<BytezAnswer> {
  const parsed = parseJson(body);
  if (!parsed.ok) {
    if (await isMedia(body)) return { kind: 'source', source: { kind: 'bytes', bytes: body } };
    return { kind: 'malformed', why: parsed.why };
  }
  const fields = fieldsOf(parsed.value);
  if (fields === undefined) return { kind: 'malformed', why: 'JSON that is not an object' };
  if (hasError(fields)) return { kind: 'complaint', complaint: complaintOf(status, parsed.value) };
  const output = fields.get('output') ?? parsed.value;
  const source = mediaSource(output, kind);
  return source === undefined ? { kind: 'malformed', why: 'no result in the answer' } : { kind: 'source', source };
}

/** True when a 2xx answer to the key probe is the provider's own and holds no error. */
export function readProbe(status: number, body: Uint8Array): Complaint | 'fine' | 'malformed' {
  const parsed = parseJson(body);
  if (!parsed.ok) return 'malformed';
  const fields = fieldsOf(parsed.value);
  if (fields === undefined) return 'malformed';
  return hasError(fields) ? complaintOf(status, parsed.value) : 'fine';
}

type Fields = ReadonlyMap<string, unknown>;

function hasError(fields: Fields): boolean {
  if ((fields.get('error') ?? null) !== null) return true;
  const errors = fields.get('errors');
  if (Array.isArray(errors) && errors.length > 0) return true;
  return (fields.get('output') ?? null) === null && statusInside(fields) !== undefined;
}

async function isMedia(bytes: Uint8Array): Promise<boolean> {
  const type = await fileTypeFromBuffer(bytes.subarray(0, 65_536)).catch(() => undefined);
  return type !== undefined && /^(?:image|video)\//.test(type.mime);
}
