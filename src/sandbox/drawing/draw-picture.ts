import { layOutCaption } from './caption.ts';
import { compose, drawPrint } from './composition.ts';
import { svgOf, renderSvg } from './svg.ts';
import { loadGlyphs } from './font.ts';

export type PictureRequest = {
  readonly prompt: string;
  /** Another seed, another picture of the same words. */
  readonly seed?: number | undefined;
  /** In pixels. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
};

const minSide = 32;
const maxSide = 2048;

/** Refuses a size that cannot be drawn, before any work is done. */
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

/** Draws a print of the prompt as PNG, its words below it; the same request gives the same bytes. */
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
