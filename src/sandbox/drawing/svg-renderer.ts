import { devPackage } from './dev-package.ts';
import { fontFile } from './font-file.ts';

export type Raster = {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha; the colours are already multiplied by alpha. */
  readonly pixels: Uint8Array;
  png(): Uint8Array;
};

/** Renders an SVG with the sandbox's own font only, so every machine gives the same pixels. */
export async function renderSvg(svg: string): Promise<Raster> {
  const [{ renderAsync }, font] = await Promise.all([
    devPackage('@resvg/resvg-js', 'draw pictures', () => import('@resvg/resvg-js')),
    fontFile(),
  ]);
  const image = await renderAsync(svg, {
    font: { loadSystemFonts: false, fontFiles: [font], defaultFontFamily: 'DejaVu Sans' },
  });
  return { width: image.width, height: image.height, pixels: image.pixels, png: () => image.asPng() };
}
