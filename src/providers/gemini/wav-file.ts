const headerBytes = 44;
const bytesPerSample = 2;

/** Wraps bare samples (16 bits, little-endian, one channel) into a WAV file: RIFF with `fmt ` and `data`. */
export function wavFile(samples: Buffer, samplesPerSecond: number): Buffer {
  const whole = samples.subarray(0, samples.length - (samples.length % bytesPerSample));
  const header = Buffer.alloc(headerBytes);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(headerBytes - 8 + whole.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  // PCM, one channel.
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(samplesPerSecond, 24);
  header.writeUInt32LE(samplesPerSecond * bytesPerSample, 28);
  header.writeUInt16LE(bytesPerSample, 32);
  header.writeUInt16LE(8 * bytesPerSample, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(whole.length, 40);
  return Buffer.concat([header, whole]);
}
