import type { MediaSource } from '../../domain/media.ts';
import { complaintOf, type Complaint } from '../classification/error-body.ts';
import { neuronsOfTheDay, numberCode } from './failure-table.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';
import type { HttpAnswer } from '../keyed-client.ts';

export type FileAnswer =
  | { readonly kind: 'source'; readonly source: MediaSource }
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  | { readonly kind: 'malformed'; readonly why: string };

/**
 * Reads a 2xx answer of `/ai/run`: the bytes of a picture or sound, or `{result: {image}, success}` with the file in base64
 * under its kind.
 */
export function readFile({ status, headers, body }: HttpAnswer, kind: 'image' | 'audio'): FileAnswer {
  const type = String(headers['content-type'] ?? '');
  if (type.startsWith(`${kind}/`) && body.byteLength > 0)
    return { kind: 'source', source: { kind: 'bytes', bytes: body } };
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (!parsed.ok || fields === undefined) {
    return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  }
  if (fields.get('success') === false) return { kind: 'complaint', complaint: complaintOf(status, parsed.value) };
  const file = fieldsOf(fields.get('result'))?.get(kind);
  return typeof file === 'string' && /^[\w+/-]+={0,2}$/.test(file)
    ? { kind: 'source', source: { kind: 'bytes', bytes: Buffer.from(file, 'base64') } }
    : { kind: 'malformed', why: `no ${kind} in the answer` };
}

/** True for an envelope with a list: `{success: true, result: […]}`. */
export function isList(body: Uint8Array): boolean {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  return fields?.get('success') === true && Array.isArray(fields.get('result'));
}

const dayMs = 86_400_000;

/** Adds the numbers of an answer as codes; neurons of a day come back at midnight UTC. */
export function withNumbers(complaint: Complaint, body: Uint8Array, nowMs: number): Complaint {
  const parsed = parseJson(body);
  const errors = parsed.ok ? fieldsOf(parsed.value)?.get('errors') : undefined;
  const numbers = (Array.isArray(errors) ? errors : []).slice(0, 5).flatMap((entry: unknown) => {
    const number = fieldsOf(entry)?.get('code');
    return typeof number === 'number' && Number.isSafeInteger(number) ? [numberCode(number)] : [];
  });
  const codes = [...numbers, ...complaint.codes];
  if (!numbers.includes(neuronsOfTheDay)) return { ...complaint, codes };
  const midnight = new Date((Math.floor(nowMs / dayMs) + 1) * dayMs).toISOString();
  return { ...complaint, codes, waitFields: [{ name: 'reset', value: midnight }] };
}
