import { createRequire } from 'node:module';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type * as H264 from 'h264-mp4-encoder';
import { devPackage } from './dev-package.ts';

const containers = new Set(['moov', 'trak', 'mdia']);
const timed = new Set(['mvhd', 'tkhd', 'mdhd']);

/** Returns the same video without its creation times, so that the same frames give the same bytes. */
function withoutTimes(mp4: Uint8Array): Uint8Array {
  const copy = Buffer.from(mp4);
  clearTimes(copy, 0, copy.length);
  return new Uint8Array(copy.buffer, copy.byteOffset, copy.length);
}

function clearTimes(mp4: Buffer, from: number, to: number): void {
  for (let at = from; at + 8 <= to;) {
    const size = mp4.readUInt32BE(at);
    const type = mp4.toString('latin1', at + 4, at + 8);
    if (size < 8 || at + size > to) return;
    if (containers.has(type)) clearTimes(mp4, at + 8, at + size);
    // Version 1 has two times of 8 bytes, version 0 two of 4.
    if (timed.has(type)) mp4.fill(0, at + 12, at + 12 + (mp4[at + 8] === 1 ? 16 : 8));
    at += size;
  }
}

export type VideoFrames = {
  /** In pixels, even. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** Returns the pixels of one frame as RGBA; the encoder has read them when it asks for the next frame. */
  frame(index: number): Uint8Array;
};

let encoded = 0;

/** Encodes the frames as H.264 in MP4; between two frames it yields to the event loop. */
export async function encodeMp4(video: VideoFrames): Promise<Uint8Array> {
  const { createH264MP4Encoder } = await devPackage('h264-mp4-encoder', 'encode videos', loadEncoder);
  const encoder = await createH264MP4Encoder();
  // All encoders share one in-memory file system.
  encoded += 1;
  encoder.outputFilename = `film-${encoded}.mp4`;
  try {
    encoder.width = video.width;
    encoder.height = video.height;
    encoder.frameRate = video.fps;
    encoder.speed = 5;
    encoder.quantizationParameter = 26;
    encoder.groupOfPictures = video.fps * 2;
    encoder.initialize();
    for (let index = 0; index < video.frames; index += 1) {
      encoder.addFrameRgba(video.frame(index));
      await yieldToEventLoop();
    }
    encoder.finalize();
    const file = encoder.FS.readFile(encoder.outputFilename);
    encoder.FS.unlink(encoder.outputFilename);
    return withoutTimes(file);
  } finally {
    encoder.delete();
  }
}

const crashEvents = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * The encoder (emscripten) installs crash handlers on the process while it loads. `require` loads it synchronously, so
 * that exactly its handlers can be removed again.
 */
function loadEncoder(): typeof H264 {
  const emitter: NodeJS.EventEmitter = process;
  const before = crashEvents.map((event) => new Set(emitter.listeners(event)));
  const encoder = createRequire(import.meta.url)('h264-mp4-encoder') as typeof H264;
  for (const [index, event] of crashEvents.entries()) {
    for (const listener of emitter.listeners(event)) {
      if (before[index]?.has(listener) === false) emitter.off(event, listener as () => void);
    }
  }
  return encoder;
}
