import type { GatewayAccess } from '../../domain/gateway/gateway-access.ts';
import type { Json } from '../../domain/provider.ts';
import { type JsonObject, maxBodyBytes, type Read, refused } from './read-body.ts';
import { badRequest } from './refusal.ts';

/** The most pictures of a request. */
export const maxPictures = 16;

/** A picture as it was sent: its bytes, or where it is. */
export type SentPicture = Uint8Array | NamedPicture;

type NamedPicture = { readonly url: string };

/** Where a conversation holds pictures, by the type of the part. */
const partTypes: ReadonlySet<unknown> = new Set(['image_url', 'input_image']);

/**
 * The conversation with every picture that it only names fetched and put in its place, so that no server of a provider is
 * sent to an address on a caller's word: one in the operator's own network could reach what the caller cannot.
 */
export async function withPictures(
  fields: JsonObject,
  fetchPicture: GatewayAccess['fetchPicture'],
  signal: AbortSignal,
): Promise<Read<JsonObject>> {
  if (!mayNamePictures(fields)) return { ok: true, value: fields };
  const urls = new Set<string>();
  eachPicture(fields, (url) => {
    if (!/^data:/i.test(url)) urls.add(url);
    return url;
  });
  if (urls.size === 0) return { ok: true, value: fields };
  const param = 'messages' in fields ? 'messages' : 'input';
  const fetched = await fetchAll(
    [...urls].map((url) => ({ url })),
    param,
    fetchPicture,
    signal,
  );
  if (!fetched.ok) return fetched;
  const coded = new Map([...urls].map((url, index) => [url, dataUrl(fetched.value[index])]));
  return { ok: true, value: eachPicture(fields, (url) => coded.get(url) ?? url) };
}

/** Hot path: most conversations are in words, and nothing of them is copied. */
function mayNamePictures(fields: JsonObject): boolean {
  const turns = fields['messages'] ?? fields['input'];
  return (
    Array.isArray(turns) && (turns as readonly Json[]).some((turn) => isObject(turn) && Array.isArray(turn['content']))
  );
}

/** The bytes of the pictures, those that are only named fetched. */
export async function picturesOf(
  sent: readonly SentPicture[],
  fetchPicture: GatewayAccess['fetchPicture'],
  signal: AbortSignal,
): Promise<Read<readonly Uint8Array[]>> {
  const named = sent.filter((one): one is NamedPicture => !(one instanceof Uint8Array));
  if (named.length === 0) return { ok: true, value: sent as readonly Uint8Array[] };
  const fetched = await fetchAll(named, 'images', fetchPicture, signal);
  if (!fetched.ok) return fetched;
  const left = [...fetched.value];
  const value = sent.map((one) => (one instanceof Uint8Array ? one : (left.shift()?.bytes ?? new Uint8Array())));
  return { ok: true, value };
}

type Fetched = { readonly bytes: Uint8Array; readonly mime: string };

async function fetchAll(
  named: readonly NamedPicture[],
  param: string,
  fetchPicture: GatewayAccess['fetchPicture'],
  signal: AbortSignal,
): Promise<Read<readonly Fetched[]>> {
  if (named.length > maxPictures) return refused(badRequest(`At most ${maxPictures} pictures are fetched`, param));
  const fetched: Fetched[] = [];
  let bytes = 0;
  for (const { url } of named) {
    const found = await fetchPicture(url, signal);
    if (!found.ok) {
      return refused(
        badRequest(`Cannot fetch picture ${fetched.length + 1}: ${found.why}`, param, 'invalid_image_url'),
      );
    }
    bytes += found.bytes.byteLength;
    if (bytes > maxBodyBytes) return refused(badRequest('The pictures are larger than 20 MB together', param));
    fetched.push(found);
  }
  return { ok: true, value: fetched };
}

function dataUrl(picture: Fetched | undefined): string | undefined {
  return picture && `data:${picture.mime};base64,${Buffer.from(picture.bytes).toString('base64')}`;
}

/** The fields with each address of a picture replaced. */
function eachPicture(fields: JsonObject, replace: (url: string) => string): JsonObject {
  const name = 'messages' in fields ? 'messages' : 'input';
  const turns = fields[name];
  if (!Array.isArray(turns)) return fields;
  return { ...fields, [name]: (turns as readonly Json[]).map((turn) => inTurn(turn, replace)) };
}

function inTurn(turn: Json, replace: (url: string) => string): Json {
  if (!isObject(turn) || !Array.isArray(turn['content'])) return turn;
  return { ...turn, content: (turn['content'] as readonly Json[]).map((part) => inPart(part, replace)) };
}

function inPart(part: Json, replace: (url: string) => string): Json {
  if (!isObject(part) || !partTypes.has(part['type'])) return part;
  const { image_url: image } = part;
  if (typeof image === 'string') return { ...part, image_url: replace(image) };
  if (image === undefined || !isObject(image) || typeof image['url'] !== 'string') return part;
  return { ...part, image_url: { ...image, url: replace(image['url']) } };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
