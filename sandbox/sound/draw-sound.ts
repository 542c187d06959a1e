import { oneOf, randomFromText } from '../seeded-random.ts';

const samplesPerSecond = 16_000;
/** A pentatonic scale, in hertz: whatever follows whatever, it sounds well. */
const scale = [220, 261.63, 293.66, 329.63, 392, 440] as const;
const noteSeconds = 0.25;
const loudness = 0.3;

/** A WAV file (16 bits, mono) with a little melody: the same words give the same one. */
export function drawSound(words: string, seconds: number): Uint8Array {
  const random = randomFromText(words);
  const samples = Math.round(seconds * samplesPerSecond);
  const sound = Buffer.alloc(samples * 2);
  const noteSamples = noteSeconds * samplesPerSecond;
  let hertz: number = scale[0];
  for (let at = 0; at < samples; at += 1) {
    const inNote = at % noteSamples;
    if (inNote === 0) hertz = oneOf(random, scale);
    const fading = 1 - inNote / noteSamples;
    const wave = Math.sin((2 * Math.PI * hertz * at) / samplesPerSecond);
    sound.writeInt16LE(Math.round(wave * fading * loudness * 0x7f_ff), at * 2);
  }
  return Buffer.concat([header(sound.byteLength), sound]);
}

function header(bytes: number): Buffer {
  const riff = Buffer.alloc(44);
  riff.write('RIFF', 0, 'latin1');
  riff.writeUInt32LE(36 + bytes, 4);
  riff.write('WAVEfmt ', 8, 'latin1');
  riff.writeUInt32LE(16, 16);
  riff.writeUInt16LE(1, 20);
  riff.writeUInt16LE(1, 22);
  riff.writeUInt32LE(samplesPerSecond, 24);
  riff.writeUInt32LE(samplesPerSecond * 2, 28);
  riff.writeUInt16LE(2, 32);
  riff.writeUInt16LE(16, 34);
  riff.write('data', 36, 'latin1');
  riff.writeUInt32LE(bytes, 40);
  return riff;
}
