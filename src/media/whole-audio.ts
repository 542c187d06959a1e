/** MP3 and FLAC have no end mark: the last frame has to be complete, and the counts at the beginning have to be reached. */

/** Kilobits a second by the index in the header of a frame, layer III; 0 is free format. */
const bitrates = {
  one: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  two: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const sampleRates = [44_100, 48_000, 32_000] as const;
/** Padding and broken tags before the first frame are no longer than this. */
const maxLeadBytes = 64 * 1024;

type Mp3Frame = { readonly bytes: number; readonly sideInfoBytes: number };

/**
 * Why the MP3 is not whole. Its first frame may state the bytes or frames of the whole (Xing, Info, VBRI); they may be
 * missed by one frame, because encoders disagree about whether the first one counts. A file without that statement that is
 * cut exactly between two frames cannot be told from a whole one. Undefined for what is not layer III or cannot be followed.
 */
export function mp3End(file: Buffer): string | undefined {
  const tag = file.toString('latin1', 0, 3) === 'ID3' ? id3Bytes(file) : 0;
  if (tag > file.byteLength) return 'the MP3 breaks off in its tag';
  const from = firstFrame(file, tag);
  if (from === undefined) return undefined;
  let frames = 0;
  let at = from;
  for (let frame = mp3Frame(file, at); frame !== undefined; frame = mp3Frame(file, at)) {
    if (at + frame.bytes > file.byteLength) return 'an MP3 frame breaks off';
    frames += 1;
    at += frame.bytes;
  }
  const isRest = file.byteLength > at && file.byteLength < at + 4 && file.readUInt8(at) === 0xff;
  if (isRest) return 'an MP3 frame breaks off';
  const stated = statedLength(file, from);
  const frameBytes = mp3Frame(file, from)?.bytes ?? 0;
  if (stated?.bytes !== undefined && file.byteLength - from < stated.bytes - Math.max(frameBytes, 1_500)) {
    return `the MP3 has ${stated.bytes - (file.byteLength - from)} bytes too few`;
  }
  // Frames after a gap are not counted, so the count says something only where they go on to the end.
  if (stated?.frames !== undefined && at === file.byteLength && frames < stated.frames - 1) {
    return `the MP3 has ${stated.frames - frames} frames too few`;
  }
  return undefined;
}

function id3Bytes(file: Buffer): number {
  if (file.byteLength < 10) return Infinity;
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (file.readUInt8(at) & 0x7f), 0);
  const hasFooter = (file.readUInt8(5) & 0x10) !== 0;
  return 10 + size + (hasFooter ? 10 : 0);
}

/** The first header that another one follows, or that is the only one. */
function firstFrame(file: Buffer, from: number): number | undefined {
  const last = Math.min(file.byteLength - 4, from + maxLeadBytes);
  for (let at = from; at <= last; at += 1) {
    const frame = mp3Frame(file, at);
    if (frame === undefined) continue;
    const next = at + frame.bytes;
    if (next + 4 > file.byteLength || mp3Frame(file, next) !== undefined) return at;
  }
  return undefined;
}

function mp3Frame(file: Buffer, at: number): Mp3Frame | undefined {
  if (at + 4 > file.byteLength) return undefined;
  const header = file.readUInt32BE(at);
  const [version, layer] = [(header >>> 19) & 3, (header >>> 17) & 3];
  // Bits: eleven of sync, the version (1 is reserved), the layer (1 is III).
  if (header >>> 21 !== 0x7_ff || version === 1 || layer !== 1) return undefined;
  const isOne = version === 3;
  const kilobits = bitrates[isOne ? 'one' : 'two'][(header >>> 12) & 15];
  const rate = sampleRates[(header >>> 10) & 3];
  if (kilobits === undefined || kilobits === 0 || rate === undefined) return undefined;
  const hertz = rate / (isOne ? 1 : version === 2 ? 2 : 4);
  const padding = (header >>> 9) & 1;
  const isMono = ((header >>> 6) & 3) === 3;
  const sideInfoBytes = isOne ? (isMono ? 17 : 32) : isMono ? 9 : 17;
  return { bytes: Math.floor(((isOne ? 144 : 72) * kilobits * 1_000) / hertz) + padding, sideInfoBytes };
}

/** What the first frame states of the whole, from that frame on; 0 is no statement. */
function statedLength(file: Buffer, at: number): { readonly bytes?: number; readonly frames?: number } | undefined {
  const { sideInfoBytes = 0, bytes = 0 } = mp3Frame(file, at) ?? {};
  const frame = file.subarray(at, at + bytes);
  const xing = 4 + sideInfoBytes;
  if (frame.byteLength >= xing + 16 && ['Xing', 'Info'].includes(frame.toString('latin1', xing, xing + 4))) {
    const flags = frame.readUInt32BE(xing + 4);
    const hasFrames = (flags & 1) !== 0;
    const length = { frames: hasFrames ? frame.readUInt32BE(xing + 8) : 0, bytes: 0 };
    if ((flags & 2) !== 0) length.bytes = frame.readUInt32BE(xing + (hasFrames ? 12 : 8));
    return stated(length);
  }
  if (frame.byteLength >= 54 && frame.toString('latin1', 36, 40) === 'VBRI') {
    return stated({ bytes: frame.readUInt32BE(46), frames: frame.readUInt32BE(50) });
  }
  return undefined;
}

function stated({ bytes, frames }: { readonly bytes: number; readonly frames: number }) {
  return { ...(bytes > 0 && { bytes }), ...(frames > 0 && { frames }) };
}

/** The frame headers that are looked at from the end: noise looks like one seldom. */
const maxHeadersTried = 8;

/**
 * Why the FLAC is not whole (RFC 9639): its last frame has to be complete by its checksum, and to hold the last of the
 * samples that the beginning states; 0 is a stream of unknown length.
 */
export function flacEnd(file: Buffer): string | undefined {
  const missing = 'the FLAC header breaks off';
  const tag = file.toString('latin1', 0, 3) === 'ID3' ? id3Bytes(file) : 0;
  if (tag + 42 > file.byteLength) return missing;
  const blockSamples = file.readUInt16BE(tag + 8);
  const samples = (file.readUInt8(tag + 21) & 15) * 2 ** 32 + file.readUInt32BE(tag + 22);
  let audio = tag + 4;
  for (let isLast = false; !isLast;) {
    if (audio + 4 > file.byteLength) return missing;
    isLast = (file.readUInt8(audio) & 0x80) !== 0;
    audio += 4 + file.readUIntBE(audio + 1, 3);
  }
  if (audio > file.byteLength) return missing;
  if (audio === file.byteLength) return samples === 0 ? undefined : 'the FLAC has no audio';
  const end = beforeTag(file);
  let tried = 0;
  for (let at = end - 6; at >= audio && tried < maxHeadersTried; at -= 1) {
    const header = file[at] === 0xff ? flacHeader(file, at, blockSamples) : undefined;
    if (header === undefined) continue;
    tried += 1;
    // Over a frame with its own checksum behind it, the checksum is 0, and zeros behind that leave it so.
    if (crc16(file.subarray(at, end)) !== 0) continue;
    const there = header.firstSample + header.samples;
    return there >= samples ? undefined : `the FLAC has ${samples - there} samples too few`;
  }
  return 'a FLAC frame breaks off';
}

/** The end of the audio: some programs put an ID3v1 tag of 128 bytes behind it. */
function beforeTag(file: Buffer): number {
  const at = file.byteLength - 128;
  return at > 0 && file.toString('latin1', at, at + 3) === 'TAG' ? at : file.byteLength;
}

type FlacHeader = { readonly firstSample: number; readonly samples: number };

function flacHeader(file: Buffer, at: number, blockSamples: number): FlacHeader | undefined {
  const [kind, sizes, shape] = [file[at + 1] ?? 0, file[at + 2] ?? 0, file[at + 3] ?? 0];
  const [sizeCode, rateCode] = [sizes >> 4, sizes & 15];
  if ((kind & 0xfe) !== 0xf8 || sizeCode === 0 || rateCode === 15 || (shape & 1) !== 0) return undefined;
  const first = file[at + 4] ?? 0xff;
  const leading = Math.clz32(~first << 24);
  // The number is written as in UTF-8, in up to seven bytes.
  if (leading === 1 || leading > 7) return undefined;
  let number = leading === 0 ? first : first & (0x7f >> leading);
  let next = at + 5;
  for (; next < at + Math.max(1, leading) + 4; next += 1) number = number * 64 + ((file[next] ?? 0) & 0x3f);
  let samples = sizeCode === 1 ? 192 : sizeCode < 6 ? 576 * 2 ** (sizeCode - 2) : 256 * 2 ** (sizeCode - 8);
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const end = next + sizeBytes + (rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0);
  if (end >= file.byteLength || crc8(file.subarray(at, end)) !== file[end]) return undefined;
  if (sizeBytes > 0) samples = file.readUIntBE(next, sizeBytes) + 1;
  const isVariable = (kind & 1) !== 0;
  return { firstSample: isVariable ? number : number * blockSamples, samples };
}

function crc8(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}

function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x8005) & 0xffff : crc << 1;
  }
  return crc;
}
