import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { fileTypeFromBuffer } from 'file-type';

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
  const type = await fileTypeFromBuffer(head).catch(() => undefined);
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
