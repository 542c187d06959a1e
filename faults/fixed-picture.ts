import { pngOf } from '../src/kit/png.ts';

const side = 32;

/** A grey square, the result of every job of the campaign: nothing has to be drawn. */
export const fixedPicture: Uint8Array = pngOf({
  width: side,
  height: side,
  pixels: new Uint8Array(side * side).fill(0x80),
});
