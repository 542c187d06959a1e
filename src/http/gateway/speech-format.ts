/** The formats in which speech can be asked for, with the type of each file. */
export const speechFormats = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/wav',
} as const;

export type SpeechFormat = keyof typeof speechFormats;

export function isSpeechFormat(text: string): text is SpeechFormat {
  return Object.hasOwn(speechFormats, text);
}

/** What a provider is asked for: bare samples have no mark by which they could be told from anything else. */
export function askedFormat(format: SpeechFormat): Exclude<SpeechFormat, 'pcm'> {
  return format === 'pcm' ? 'wav' : format;
}

/** The samples as OpenAI defines `pcm`: 24 kHz, 16 bits, little-endian, one channel. */
const layout = { code: 1, channels: 1, samplesPerSecond: 24_000, bits: 16 } as const;

/**
 * The samples of a WAV file without its header; undefined for a file of any other layout. A stream's file does not know its
 * length, so the samples end with the file at the latest.
 */
export function samplesOf(wav: Uint8Array): Uint8Array | undefined {
  const file = Buffer.from(wav.buffer, wav.byteOffset, wav.byteLength);
  if (file.byteLength < 12 || file.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  let fits = false;
  for (let at = 12; at + 8 <= file.byteLength;) {
    const name = file.toString('latin1', at, at + 4);
    const bytes = file.readUInt32LE(at + 4);
    const from = at + 8;
    if (name === 'fmt ' && from + 16 <= file.byteLength) {
      fits =
        file.readUInt16LE(from) === layout.code &&
        file.readUInt16LE(from + 2) === layout.channels &&
        file.readUInt32LE(from + 4) === layout.samplesPerSecond &&
        file.readUInt16LE(from + 14) === layout.bits;
    }
    if (name === 'data') {
      const isUnknown = bytes === 0 || from + bytes > file.byteLength;
      return fits ? file.subarray(from, isUnknown ? file.byteLength : from + bytes) : undefined;
    }
    // Chunks begin at even places.
    at = from + bytes + (bytes % 2);
  }
  return undefined;
}
