import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Json } from '../../domain/provider.ts';
import { badRequest, type Refusal } from './refusal.ts';

/** The longest body: pictures to change are the largest that is sent. */
export const maxBodyBytes = 20 * 1024 * 1024;
const maxDepth = 64;

export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };

export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}

/** Reads a body, also one that does not state its length; counts its bytes. Rejects when the caller hangs up. */
export function readBytes(incoming: IncomingMessage): Promise<Read<Buffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= maxBodyBytes) return void chunks.push(chunk);
      incoming.off('data', onData);
      incoming.pause();
      resolve(
        refused({
          status: 413,
          message: 'The body is larger than 20 MB',
          type: 'invalid_request_error',
          code: 'request_too_large',
        }),
      );
    };
    incoming.on('data', onData);
    incoming.once('end', () => {
      const [first] = chunks;
      resolve({ ok: true, value: chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes) });
    });
    incoming.once('error', reject);
    incoming.once('close', () => {
      if (!incoming.complete) reject(new Error('The caller has gone'));
    });
  });
}

export type JsonObject = { readonly [name: string]: Json };

/** Parses a body that has to be an object of JSON: strict UTF-8, bounded depth. The text of a mistake is not repeated. */
export function parseObject(bytes: Uint8Array): Read<JsonObject> {
  const bad = (message: string) => refused(badRequest(message, undefined, 'invalid_json'));
  if (!isUtf8(bytes)) return bad('The body is not UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('The body is not JSON');
  }
  if (!isShallow(value)) return bad(`The body is nested deeper than ${maxDepth} levels`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('The body is no object of JSON');
  return { ok: true, value: value as JsonObject };
}

/** False for a value with containers deeper than `levels`; it never looks deeper, so no nesting is too much for it. */
function isShallow(value: unknown, levels = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  const inside: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inside.every((one) => isShallow(one, levels - 1));
}
