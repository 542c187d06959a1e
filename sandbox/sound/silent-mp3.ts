/** MPEG-1 Layer III, 128 kbit/s, 44.1 kHz, stereo, without padding. */
const header = [0xff, 0xfb, 0x90, 0x00];
const frameBytes = 417;
const samplesPerFrame = 1_152;
const samplesPerSecond = 44_100;

export type SoundTags = { readonly title?: string; readonly performer?: string };

/** An MP3 in which nothing sounds: its frames have no data, which players decode as silence. */
export function silentMp3(seconds: number, tags: SoundTags = {}): Uint8Array {
  const frames = Math.max(1, Math.round((seconds * samplesPerSecond) / samplesPerFrame));
  const sound = Buffer.alloc(frames * frameBytes);
  for (let frame = 0; frame < frames; frame += 1) sound.set(header, frame * frameBytes);
  return Buffer.concat([id3(tags), sound]);
}

/** An ID3v2.4 tag; nothing where there is nothing to say. */
function id3({ title, performer }: SoundTags): Uint8Array {
  const frames = Buffer.concat([textFrame('TIT2', title), textFrame('TPE1', performer)]);
  if (frames.byteLength === 0) return frames;
  return Buffer.concat([Buffer.from('ID3\u0004\u0000\u0000', 'latin1'), syncSafe(frames.byteLength), frames]);
}

function textFrame(id: string, text: string | undefined): Buffer {
  if (text === undefined) return Buffer.alloc(0);
  const content = Buffer.from(`\u0003${text}`);
  return Buffer.concat([Buffer.from(id), syncSafe(content.byteLength), Buffer.alloc(2), content]);
}

/** Seven bits a byte. */
function syncSafe(value: number): Buffer {
  return Buffer.from([21, 14, 7, 0].map((shift) => (value >> shift) & 0x7f));
}
