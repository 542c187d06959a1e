import { devPackage } from './dev-package.ts';
import { fontFile } from './font.ts';

export type Raster = {
  readonly width: number;
  readonly height: number;
  /** RGBA, with the colours already multiplied by alpha. */
  readonly pixels: Uint8Array;
  png(): Uint8Array;
};

/** Renders an SVG with the font of the sandbox only, so that every machine gives the same pixels. */
export async function renderSvg(svg: string): Promise<Raster> {
  const { renderAsync } = await devPackage('@resvg/resvg-js', 'draw pictures', () => import('@resvg/resvg-js'));
  const image = await renderAsync(svg, {
    font: { loadSystemFonts: false, fontFiles: [fontFile], defaultFontFamily: 'DejaVu Sans' },
  });
  return { width: image.width, height: image.height, pixels: image.pixels, png: () => image.asPng() };
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes a text for use inside an SVG. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

/** Formats a coordinate with at most two decimals. */
export function round2(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Returns an SVG document of this size with the layers on top of each other. */
export function svgOf({ width, height }: Size, ...layers: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${layers.join('')}</svg>`;
}

export type Size = { readonly width: number; readonly height: number };
