import { createRequire } from 'node:module';
import { setImmediate as breathe } from 'node:timers/promises';
import type * as H264 from 'h264-mp4-encoder';
import { devPackage } from './dev-package.ts';
import { withoutTimes } from './mp4-times.ts';

export type Film = {
  /** In pixels, even. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** The pixels of one frame as red, green, blue, alpha; the encoder has read them when the next is asked for. */
  frame(index: number): Uint8Array;
};

let encoded = 0;

/** Encodes the film as H.264 in MP4, letting other work in between two frames. */
export async function encodeMp4(film: Film): Promise<Uint8Array> {
  const { createH264MP4Encoder } = await devPackage('h264-mp4-encoder', 'encode videos', loadEncoder);
  const encoder = await createH264MP4Encoder();
  // All encoders share one file system in memory.
  encoded += 1;
  encoder.outputFilename = `film-${encoded}.mp4`;
  try {
    encoder.width = film.width;
    encoder.height = film.height;
    encoder.frameRate = film.fps;
    encoder.speed = 5;
    encoder.quantizationParameter = 26;
    encoder.groupOfPictures = film.fps * 2;
    encoder.initialize();
    for (let index = 0; index < film.frames; index += 1) {
      encoder.addFrameRgba(film.frame(index));
      await breathe();
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
 * While it loads, the encoder (emscripten) hooks into crashes of the whole process. It is loaded in one go by `require`,
 * so that exactly its hooks are taken off again.
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
