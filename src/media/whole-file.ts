import type { ByteSource } from '../domain/media.ts';
import { whyNotWholeIso } from './iso-media.ts';
import { endOfScan, nextMarker } from './strip-metadata.ts';
import { flacEnd, mp3End } from './whole-audio.ts';

type Check = (source: ByteSource) => Promise<string | undefined>;

/** A check that needs the whole file at once; results are bounded. */
function ofBytes(check: (file: Buffer) => string | undefined): Check {
  return async (source) => check(await source.read(0, source.bytes));
}

const isoVideo: Check = async (source) => whyNotWholeIso(source, ['moov', 'mdat']);
const isoImage: Check = async (source) => whyNotWholeIso(source, ['meta', 'mdat']);

/** JPEG XL in boxes; the bare codestream has no end to look for. */
const jxl: Check = async (source) => {
  const isBoxed = (await source.read(4, 4)).toString('latin1') === 'JXL ';
  return isBoxed ? whyNotWholeIso(source, ['ftyp']) : undefined;
};

/** Formats whose end can be seen. A TIFF points to its parts in any order: it has neither a length nor an end mark. */
const checks: ReadonlyMap<string, Check> = new Map([
  ['image/png', ofBytes(pngEnd)],
  ['image/jpeg', ofBytes(jpegEnd)],
  ['image/gif', ofBytes(gifEnd)],
  ['image/webp', riffEnd],
  ['image/bmp', ofBytes(bmpEnd)],
  ['image/avif', isoImage],
  ['image/heic', isoImage],
  ['image/jxl', jxl],
  ['video/mp4', isoVideo],
  ['video/quicktime', isoVideo],
  ['video/3gpp', isoVideo],
  ['video/webm', matroskaEnd],
  ['video/x-matroska', matroskaEnd],
  ['video/x-msvideo', riffEnd],
  ['audio/mp4', isoVideo],
  ['audio/flac', ofBytes(flacEnd)],
  ['audio/mpeg', ofBytes(mp3End)],
  ['audio/ogg', ofBytes(oggEnd)],
  ['audio/wav', riffEnd],
]);

/**
 * Why the file is not whole: its end is missing, as when a server gives it out while it is still written. Undefined when
 * it is whole, or when its format has no end to look for.
 */
export async function whyNotWhole(source: ByteSource, mime: string): Promise<string | undefined> {
  const why = await checks.get(mime)?.(source);
  return why === undefined ? undefined : `not whole: ${why}`;
}

function pngEnd(file: Buffer): string | undefined {
  for (let at = 8; at + 12 <= file.byteLength;) {
    const end = at + 12 + file.readUInt32BE(at);
    if (end > file.byteLength) break;
    if (file.toString('latin1', at + 4, at + 8) === 'IEND') return undefined;
    at = end;
  }
  return 'the PNG has no IEND';
}

function jpegEnd(file: Buffer): string | undefined {
  for (let at = nextMarker(file, 2); at !== undefined; at = nextMarker(file, at)) {
    const marker = file.readUInt8(at + 1);
    if (marker === 0xd9) return undefined;
    if (at + 4 > file.byteLength) break;
    at += 2 + Math.max(2, file.readUInt16BE(at + 2));
    if (marker === 0xda) at = endOfScan(file, at);
  }
  return 'the JPEG has no end of image';
}

function gifEnd(file: Buffer): string | undefined {
  const missing = 'the GIF has no trailer';
  if (file.byteLength < 13) return missing;
  let at = 13 + colourTable(file.readUInt8(10));
  while (at < file.byteLength) {
    const block = file.readUInt8(at);
    if (block === 0x3b) return undefined;
    if (block === 0x2c) {
      if (at + 10 >= file.byteLength) break;
      at = endOfSubBlocks(file, at + 11 + colourTable(file.readUInt8(at + 9)));
    } else if (block === 0x21) at = endOfSubBlocks(file, at + 2);
    // Fill bytes between blocks.
    else if (block === 0) at += 1;
    else break;
  }
  return missing;
}

function colourTable(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

function endOfSubBlocks(file: Buffer, from: number): number {
  let at = from;
  while (at < file.byteLength) {
    const length = file.readUInt8(at);
    at += 1 + length;
    if (length === 0) return at;
  }
  return file.byteLength;
}

/** The length of a RIFF file stands at its beginning; 0 and the largest value are those of a stream. */
async function riffEnd(source: ByteSource): Promise<string | undefined> {
  const head = await source.read(0, 8);
  if (head.byteLength < 8) return 'the RIFF header breaks off';
  const length = head.readUInt32LE(4);
  if (length === 0 || length === 0xff_ff_ff_ff || 8 + length <= source.bytes) return undefined;
  return `the RIFF file has ${8 + length - source.bytes} bytes too few`;
}

function bmpEnd(file: Buffer): string | undefined {
  return file.byteLength >= 6 && file.readUInt32LE(2) <= file.byteLength ? undefined : 'the BMP has too few bytes';
}

function oggEnd(file: Buffer): string | undefined {
  let isLast = false;
  for (let at = 0; at + 27 <= file.byteLength && file.toString('latin1', at, at + 4) === 'OggS';) {
    const segments = file.subarray(at + 27, at + 27 + file.readUInt8(at + 26));
    const end = at + 27 + segments.byteLength + segments.reduce((sum, length) => sum + length, 0);
    if (end > file.byteLength || segments.byteLength < file.readUInt8(at + 26)) return 'an Ogg page breaks off';
    isLast = (file.readUInt8(at + 5) & 4) !== 0;
    at = end;
  }
  return isLast ? undefined : 'the Ogg stream has no last page';
}

const segmentId = 0x18_53_80_67;

/** The length of the segment, which holds everything; all ones are those of a stream. */
async function matroskaEnd(source: ByteSource): Promise<string | undefined> {
  const head = await source.read(0, 4096);
  const header = vint(head, 4);
  if (header === undefined) return 'the Matroska header breaks off';
  const at = header.end + header.value;
  if (at + 5 > head.byteLength || head.readUInt32BE(at) !== segmentId) {
    return at + 5 > source.bytes ? 'the Matroska header breaks off' : undefined;
  }
  const segment = vint(head, at + 4);
  if (segment === undefined) return 'the Matroska header breaks off';
  if (segment.isUnknown || segment.end + segment.value <= source.bytes) return undefined;
  return `the Matroska file has ${segment.end + segment.value - source.bytes} bytes too few`;
}

type Vint = { readonly value: number; readonly end: number; readonly isUnknown: boolean };

function vint(bytes: Buffer, at: number): Vint | undefined {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (length > 8 || at + length > bytes.byteLength) return undefined;
  let value = first & (0xff >> length);
  let isUnknown = value === 0xff >> length;
  for (const byte of bytes.subarray(at + 1, at + length)) {
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { value, end: at + length, isUnknown };
}
