import { layOutCaption } from './caption.ts';
import { randomFromText } from '../seeded-random.ts';
import { compose, drawPrint } from './composition.ts';
import { svgOf, renderSvg } from './svg.ts';
import { loadGlyphs } from './font.ts';
import { FramePainter } from './moving-frames.ts';
import { encodeMp4 } from './mp4-encoder.ts';
import { checkSize, type PictureRequest } from './draw-picture.ts';

export type VideoRequest = PictureRequest & {
  readonly seconds?: number | undefined;
  readonly fps?: number | undefined;
};

/** The size of the backdrop relative to the frame, which leaves room for the pan. */
const backdropScale = 1.16;
const maxFrames = 600;

/**
 * Draws the prompt as an H.264 MP4 with its text below: the picture pans and zooms, figures and weather move. Throws a
 * RangeError for an odd side or a length that cannot be encoded.
 */
export async function drawVideo({
  prompt,
  seed = 0,
  width = 320,
  height = 240,
  seconds = 3,
  fps = 8,
}: VideoRequest): Promise<Uint8Array> {
  checkSize('draw a video', width, height);
  const frames = Math.round(seconds * fps);
  if (width % 2 !== 0 || height % 2 !== 0) {
    throw new RangeError(`Cannot draw a video of ${width} x ${height}: both must be even`);
  }
  if (!(Number.isInteger(fps) && fps >= 1 && fps <= 60 && frames >= 1 && frames <= maxFrames)) {
    throw new RangeError(
      `Cannot draw a video of ${seconds} s at ${fps} frames a second: it must have 1 to ${maxFrames} frames, and 1 to 60 a second`,
    );
  }
  const size = { width, height };
  const caption = layOutCaption(prompt, await loadGlyphs(), size);
  const area = { width, height: height - caption.stripHeight };
  const { backdrop, figures, weather, scene } = compose(prompt, seed, area);
  // Rain and snow move as particles of their own.
  const drifting = scene.weather === 'fog' || scene.weather === 'wind' ? weather : '';
  const wide = { width: Math.ceil(area.width * backdropScale), height: Math.ceil(area.height * backdropScale) };
  const enlarged = `<g transform="scale(${backdropScale})">${backdrop}</g>`;
  const [backdropRaster, figuresRaster, printRaster] = await Promise.all([
    renderSvg(svgOf(wide, enlarged)),
    renderSvg(svgOf(size, figures, drifting)),
    renderSvg(svgOf(size, drawPrint(size, caption))),
  ]);
  const painter = new FramePainter(
    { backdrop: backdropRaster, figures: figuresRaster, print: printRaster, pictureHeight: area.height },
    scene.weather,
    randomFromText(`motes ${seed}:${prompt}`),
  );
  return encodeMp4({ width, height, fps, frames, frame: (index) => painter.paint(index / frames) });
}
