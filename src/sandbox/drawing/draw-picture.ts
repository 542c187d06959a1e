import { layOutCaption } from './caption.ts';
import { compose, drawPrint, svgOf } from './composition.ts';
import { loadGlyphs } from './glyphs.ts';
import { checkSize } from './picture-request.ts';
import type { PictureRequest } from './picture-request.ts';
import { renderSvg } from './svg-renderer.ts';

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
