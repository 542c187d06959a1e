export type SampleVideo = {
  /** In the coordinates of the track, before its rotation. */
  readonly width?: number;
  readonly height?: number;
  readonly degrees?: 0 | 90 | 180 | 270;
  readonly durationMs?: number;
  readonly payloadBytes?: number;
  /** The long form of every header. */
  readonly version?: 0 | 1;
  readonly headerLast?: boolean;
  /** A sound track before the video track. */
  readonly withSound?: boolean;
  /** The duration stands where videos made of fragments have it. */
  readonly fragmented?: boolean;
};

const matrices = {
  0: [1, 0, 0, 0, 1, 0],
  90: [0, 1, 0, -1, 0, 0],
  180: [-1, 0, 0, 0, -1, 0],
  270: [0, -1, 0, 1, 0, 0],
} as const;

export function isoBox(type: string, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.byteLength);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** An MP4 with the boxes that players need, and no picture inside. */
export function aVideo(video: SampleVideo = {}): Buffer {
  const { durationMs = 3_000, payloadBytes = 40, version = 0, headerLast = false, fragmented = false } = video;
  const brand = isoBox('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41', 'latin1'));
  const units = Math.round((durationMs * 90_000) / 1000);
  const movie = isoBox('mvhd', times(version, fragmented ? 0 : units), Buffer.alloc(80));
  const tracks = [...(video.withSound === true ? [track(version, 'soun', 0, 0, 0)] : []), pictureTrack(video, version)];
  const fragments = fragmented ? [isoBox('mvex', isoBox('mehd', numbers(0, units)))] : [];
  const header = isoBox('moov', movie, ...tracks, ...fragments);
  const data = isoBox('mdat', Buffer.alloc(payloadBytes, 7));
  return Buffer.concat(headerLast ? [brand, data, header] : [brand, header, data]);
}

function pictureTrack({ width = 640, height = 360, degrees = 0 }: SampleVideo, version: 0 | 1): Buffer {
  return track(version, 'vide', width, height, degrees);
}

function track(version: 0 | 1, handler: string, width: number, height: number, degrees: keyof typeof matrices): Buffer {
  const [a, b, u, c, d, v] = matrices[degrees];
  const fixed = [a, b, u, c, d, v, 0, 0].map((value) => value * 0x1_00_00);
  const times = Buffer.alloc(version === 1 ? 36 : 24);
  times.writeUInt8(version);
  const sizes = [width * 0x1_00_00, height * 0x1_00_00];
  const head = isoBox('tkhd', times, Buffer.alloc(16), numbers(...fixed, 0x4000_0000), numbers(...sizes));
  return isoBox('trak', head, isoBox('mdia', isoBox('hdlr', numbers(0, 0), Buffer.from(handler), Buffer.alloc(12))));
}

/** Version, times of making, units a second and duration, as a movie header begins. */
function times(version: 0 | 1, units: number): Buffer {
  if (version === 0) return numbers(0, 0, 0, 90_000, units);
  const long = Buffer.alloc(32);
  long.writeUInt8(1);
  long.writeUInt32BE(90_000, 20);
  long.writeBigUInt64BE(BigInt(units), 24);
  return long;
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value | 0, 4 * index);
  return bytes;
}
