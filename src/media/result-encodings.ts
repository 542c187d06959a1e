import { jobKinds, kindTraits } from '../domain/kinds.ts';
import type { MediaSource } from '../domain/media.ts';
import { maxUrlLength } from './connector.ts';
import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';

/**
 * The largest answer that may hold a result: every file that can be sent on fits, in base64 (four characters for three
 * bytes), with a megabyte for the JSON around it.
 */
export const inlineResultLimitBytes =
  Math.ceil((4 * Math.max(...jobKinds.map((kind) => kindTraits[kind].maxBytes))) / 3) + 1_000_000;

/** Shorter texts may be words that happen to be valid base64. */
const minBase64Length = 64;
const maxDataHeader = 200;

/**
 * The result that a text stands for: an address, a data URI, or the bytes in base64. Its bytes are judged later, so what a
 * data URI says of its type is not asked. Undefined when it is none of these.
 */
export function sourceFromText(given: string): MediaSource | undefined {
  const text = given.trim();
  if (/^https?:\/\//i.test(text)) return fromUrl(text);
  if (/^data:/i.test(text)) return fromDataUri(text.slice('data:'.length));
  if (text.length < minBase64Length) return undefined;
  const plain = fromPlainBase64(text);
  if (plain !== undefined) return { kind: 'bytes', bytes: plain };
  const bytes = fromBase64(text);
  // Words between blanks may be base64 by their letters.
  const isWords = /[ \t]/.test(text) && (bytes === undefined || !isMedia(bytes));
  return bytes === undefined || isWords ? undefined : { kind: 'bytes', bytes };
}

/** An address with blanks as many servers write it: they are encoded, as browsers do. */
export function withoutBlanks(url: string): string {
  return url.trim().replaceAll(' ', '%20');
}

function fromUrl(text: string): MediaSource | undefined {
  const url = withoutBlanks(text);
  const isUsable = url.length <= maxUrlLength && !/\s/.test(url) && URL.canParse(url);
  return isUsable ? { kind: 'url', url } : undefined;
}

function fromDataUri(text: string): MediaSource | undefined {
  const comma = text.indexOf(',');
  if (comma < 0 || comma > maxDataHeader) return undefined;
  const content = text.slice(comma + 1);
  const header = text.slice(0, comma);
  const isBase64 = /;\s*base64\s*$/i.test(header);
  // What says of itself that it is a text has to look like a file.
  const mayBeAnything =
    isBase64 && /^\s*(?:;|$|image\/|video\/|audio\/|application\/(?:octet-stream|binary)\b|binary\/)/i.test(header);
  const unescaped = content.includes('%') ? unescapedBytes(content) : Buffer.from(content, 'latin1');
  const bytes = isBase64 || unescaped === undefined || !isMedia(unescaped) ? fromBase64(content) : unescaped;
  return bytes === undefined || !(mayBeAnything || isMedia(bytes)) ? undefined : { kind: 'bytes', bytes };
}

/**
 * Base64 of either alphabet without anything else. The decoder passes over what is no digit, so a whole result of the
 * expected length shows that there was nothing such: a picture of megabytes is read once.
 */
export function fromPlainBase64(text: string): Buffer | undefined {
  const digits = text.length - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
  if (digits % 4 === 1) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.byteLength === Math.floor((digits * 3) / 4) ? bytes : undefined;
}

/** Base64 of either alphabet, broken by any white space, perhaps escaped for an address. */
function fromBase64(text: string): Buffer | undefined {
  const plain = text.includes('%')
    ? text.replaceAll(/%(2b|2f|3d|0a|0d|20)/gi, (escape) => decodeURIComponent(escape))
    : text;
  const lines = plain.replaceAll(/[\r\n\t]+|\\[rn]/g, '');
  const joined = lines.replaceAll(' ', '');
  // A form decodes a plus to a blank: then the length fits with the blanks and not without them.
  const isForm = joined.length % 4 !== 0 && lines.trim().length % 4 === 0;
  const digits = (isForm ? lines.trim().replaceAll(' ', '+') : joined).replace(/={1,2}$/, '');
  if (digits === '' || digits.length % 4 === 1 || !/^[\w+/-]+$/.test(digits)) return undefined;
  return Buffer.from(digits, 'base64');
}

function unescapedBytes(text: string): Buffer | undefined {
  return Buffer.from(
    text.replaceAll(/%([0-9a-f]{2})/gi, (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  );
}

const beginnings = [
  '\x89PNG',
  '\xff\xd8\xff',
  'GIF8',
  'RIFF',
  'OggS',
  'ID3',
  'fLaC',
  '\x1a\x45\xdf\xa3',
  '\xff\x0a',
  'BM',
  'II*\0',
  'MM\0*',
];

/** By the first bytes of the formats that providers make. */
function isMedia(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 12);
  return beginnings.some((beginning) => head.startsWith(beginning)) || /^....(?:ftyp|JXL )/s.test(head);
}

const codings = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
} as const;
type Coding = keyof typeof codings;

/** A body that names more is no longer read as packed. */
const maxCodings = 3;
/** Enough to know a file by its first bytes. */
const headBytes = 4_100;

/** The content codings that a header names, in the order in which they were applied; whatever is no coding is left out. */
export function codingsOf(header: string | readonly string[] | undefined): readonly Coding[] {
  const named = typeof header === 'string' ? header : (header ?? []).join(',');
  return named
    .toLowerCase()
    .split(',')
    .map((token) => token.trim())
    .filter((token): token is Coding => Object.hasOwn(codings, token))
    .slice(-maxCodings);
}

/**
 * The bytes of a body as they were before its content codings. The bytes decide: a file that is what it should be is left
 * alone whatever the header says, and gzip and zstd are known by their magic even where no header names them. The caller
 * bounds the size, which may be a thousand times that of the body. Throws zlib's errors.
 */
export async function* unpacked(
  body: AsyncIterable<Uint8Array>,
  header: string | readonly string[] | undefined,
): AsyncGenerator<Uint8Array> {
  yield* unpackedBy(body, codingsOf(header));
}

/** True when `unpacked` may change the body; most bodies are not packed, and need not be read twice. */
export function mayBePacked(body: Uint8Array, header: string | readonly string[] | undefined): boolean {
  return codingsOf(header).length > 0 || byMagic(body) !== undefined;
}

async function* unpackedBy(
  body: AsyncIterable<Uint8Array>,
  named: readonly Coding[],
  depth = 0,
): AsyncGenerator<Uint8Array> {
  const { head, rest } = await begun(body);
  const coding = await codingOf(head, named.at(-1));
  const whole = followedBy(head, rest);
  if (coding === undefined || depth === maxCodings) return yield* whole;
  const decoder = coding === 'deflate' && !hasZlibHeader(head) ? createInflateRaw() : codings[coding]();
  const source = Readable.from(whole, { objectMode: false });
  source.on('error', (error) => decoder.destroy(error));
  source.pipe(decoder);
  try {
    yield* unpackedBy(decoder as AsyncIterable<Uint8Array>, named.slice(0, -1), depth + 1);
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

async function codingOf(head: Buffer, named: Coding | undefined): Promise<Coding | undefined> {
  const magic = byMagic(head);
  if (magic !== undefined) return magic;
  // Those two always begin with their magic.
  if (named === undefined || named === 'gzip' || named === 'x-gzip' || named === 'zstd') return undefined;
  return (await isPlain(head)) ? undefined : named;
}

function byMagic(head: Uint8Array): Coding | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd ? 'zstd' : undefined;
}

/** A file that a provider makes, or the beginning of JSON. */
async function isPlain(head: Buffer): Promise<boolean> {
  if (/^\s*[{["<]/.test(head.toString('latin1', 0, 64)) && isText(head)) return true;
  const type = await (await import('file-type')).fileTypeFromBuffer(head).catch(() => undefined);
  return type !== undefined && /^(?:image|video)\//.test(type.mime);
}

function isText(head: Buffer): boolean {
  return !/[\0-\x08\x0e-\x1f\x7f]/.test(head.toString('latin1', 0, 256));
}

function hasZlibHeader(head: Buffer): boolean {
  return head.byteLength >= 2 && (head.readUInt8(0) & 0x0f) === 8 && head.readUInt16BE(0) % 31 === 0;
}

async function begun(body: AsyncIterable<Uint8Array>): Promise<{ head: Buffer; rest: AsyncIterator<Uint8Array> }> {
  const rest = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  for (let bytes = 0; bytes < headBytes;) {
    const next = await rest.next();
    if (next.done === true) break;
    chunks.push(next.value);
    bytes += next.value.byteLength;
  }
  return { head: Buffer.concat(chunks), rest };
}

async function* followedBy(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.byteLength > 0) yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
