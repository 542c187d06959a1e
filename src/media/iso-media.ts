import type { ByteSource } from '../domain/media.ts';

/** A box of an ISO base media file (MP4, MOV, M4A, AVIF, HEIC); `end` may lie beyond the end of a file that was cut. */
type Box = { readonly type: string; readonly start: number; readonly end: number };

/** What the header of a video says; what it does not say, or not plausibly, is absent. */
export type VideoFacts = { readonly width?: number; readonly height?: number; readonly durationMs?: number };

const maxBoxes = 100_000;
/** The header of an hour's video has about two megabytes. */
const maxHeaderBytes = 16_000_000;
const maxSide = 16_384;
const maxDurationMs = 7 * 86_400_000;

/** Why the file is not whole: a box leads beyond its end, or a box that it needs is missing. */
export async function whyNotWholeIso(source: ByteSource, needed: readonly string[]): Promise<string | undefined> {
  const found = new Set<string>();
  for await (const { type, end } of topBoxes(source)) {
    if (end > source.bytes) return `its ${type} has ${end - source.bytes} bytes more than the file`;
    found.add(type);
  }
  const missing = needed.find((type) => !found.has(type));
  return missing === undefined ? undefined : `it has no ${missing}`;
}

/** Width and height as the video is shown, and its duration. */
export async function videoFacts(source: ByteSource): Promise<VideoFacts> {
  for await (const { type, start, end } of topBoxes(source)) {
    if (type !== 'moov' || end > source.bytes || end - start > maxHeaderBytes) continue;
    try {
      return factsOf(await source.read(start, end - start));
    } catch (error) {
      // A box that ends too early.
      if (error instanceof RangeError) return {};
      throw error;
    }
  }
  return {};
}

async function* topBoxes(source: ByteSource): AsyncGenerator<Box> {
  let at = 0;
  for (let count = 0; at < source.bytes && count < maxBoxes; count += 1) {
    const box = boxAt(await source.read(at, 16), at, source.bytes);
    // What is no box behind the last one is padding.
    if (box === undefined) return;
    yield box;
    at = box.end;
  }
}

/** The box whose header these bytes begin with; undefined when they are no header. */
function boxAt(header: Buffer, at: number, fileEnd: number): Box | undefined {
  if (header.byteLength < 8) return undefined;
  const type = header.toString('latin1', 4, 8);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return undefined;
  const short = header.readUInt32BE(0);
  if (short === 0) return { type, start: at + 8, end: fileEnd };
  if (short === 1) {
    if (header.byteLength < 16) return undefined;
    const long = Number(header.readBigUInt64BE(8));
    return long < 16 ? undefined : { type, start: at + 16, end: at + long };
  }
  return short < 8 ? undefined : { type, start: at + 8, end: at + short };
}

function* boxesIn(parent: Buffer): Generator<{ readonly type: string; readonly content: Buffer }> {
  for (let at = 0; at < parent.byteLength;) {
    const box = boxAt(parent.subarray(at, at + 16), at, parent.byteLength);
    if (box === undefined || box.end > parent.byteLength) return;
    yield { type: box.type, content: parent.subarray(box.start, box.end) };
    at = box.end;
  }
}

function contentOf(parent: Buffer, ...path: readonly string[]): Buffer | undefined {
  let content: Buffer | undefined = parent;
  for (const type of path) content = content && [...boxesIn(content)].find((box) => box.type === type)?.content;
  return content;
}

function factsOf(moov: Buffer): VideoFacts {
  const tracks = [...boxesIn(moov)].filter(({ type }) => type === 'trak').map(({ content }) => content);
  const sizes = tracks
    .filter((track) => contentOf(track, 'mdia', 'hdlr')?.toString('latin1', 8, 12) === 'vide')
    .map((track) => shownSize(contentOf(track, 'tkhd')));
  const size = sizes.find((found) => found !== undefined);
  const durationMs = durationOf(contentOf(moov, 'mvhd'), contentOf(moov, 'mvex', 'mehd'));
  return { ...size, ...(durationMs === undefined ? {} : { durationMs }) };
}

/** The size in the track's header after its matrix, which turns what a phone recorded upright. */
function shownSize(header: Buffer | undefined): { readonly width: number; readonly height: number } | undefined {
  if (header === undefined) return undefined;
  const matrixAt = header.readUInt8(0) === 1 ? 52 : 40;
  const fixed = (index: number) => Math.abs(header.readInt32BE(matrixAt + 4 * index)) / 0x1_00_00;
  const [a, b, c, d] = [fixed(0), fixed(1), fixed(3), fixed(4)];
  const [wide, high] = [header.readUInt32BE(matrixAt + 36) / 0x1_00_00, header.readUInt32BE(matrixAt + 40) / 0x1_00_00];
  const hasMatrix = a + b > 0 && c + d > 0;
  const width = Math.round(hasMatrix ? a * wide + c * high : wide);
  const height = Math.round(hasMatrix ? b * wide + d * high : high);
  const isPlausible = width >= 1 && height >= 1 && width <= maxSide && height <= maxSide;
  return isPlausible ? { width, height } : undefined;
}

/** From the movie's header; a video made of fragments says it beside. */
function durationOf(movie: Buffer | undefined, fragments: Buffer | undefined): number | undefined {
  if (movie === undefined) return undefined;
  const isLong = movie.readUInt8(0) === 1;
  const unitsPerSecond = movie.readUInt32BE(isLong ? 20 : 12);
  const own = isLong ? Number(movie.readBigUInt64BE(24)) : movie.readUInt32BE(16);
  const isUnknown = own === 0 || own >= (isLong ? 2 ** 63 : 0xff_ff_ff_ff);
  const units = isUnknown ? fragmentUnits(fragments) : own;
  if (units === undefined || unitsPerSecond === 0) return undefined;
  const durationMs = Math.round((units * 1000) / unitsPerSecond);
  return durationMs >= 1 && durationMs <= maxDurationMs ? durationMs : undefined;
}

function fragmentUnits(fragments: Buffer | undefined): number | undefined {
  if (fragments === undefined) return undefined;
  return fragments.readUInt8(0) === 1 ? Number(fragments.readBigUInt64BE(4)) : fragments.readUInt32BE(4);
}
