import { layOutCaption } from './caption.ts';
import { compose, drawPrint } from './composition.ts';
import { svgOf, renderSvg } from './svg.ts';
import { loadGlyphs } from './font.ts';

export type PictureRequest = {
  readonly prompt: string;
  /** A different seed gives a different picture of the same prompt. */
  readonly seed?: number | undefined;
  /** In pixels, 32 to 2048. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
};

const minSide = 32;
const maxSide = 2048;

/** Throws a RangeError for a size that cannot be drawn. */
export function checkSize(purpose: string, width: number, height: number): void {
  for (const [name, value] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (Number.isInteger(value) && value >= minSide && value <= maxSide) continue;
    throw new RangeError(
      `Cannot ${purpose} with ${name} ${value}: it must be a whole number from ${minSide} to ${maxSide}`,
    );
  }
}

/** Draws the prompt as a PNG with its text below; the same request gives the same bytes. */
export async function drawPicture({
  prompt,
  seed = 0,
  width = 512,
  height = 512,
}: PictureRequest): Promise<Uint8Array> {
  checkSize('draw a picture', width, height);
  const size = { width, height };
  const caption = layOutCaption(prompt, await loadGlyphs(), size);
  const area = { width, height: height - caption.stripHeight };
  const { backdrop, figures, weather } = compose(prompt, seed, area);
  const raster = await renderSvg(svgOf(size, backdrop, figures, weather, drawPrint(size, caption)));
  return raster.png();
}
