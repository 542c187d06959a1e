import { fileTypeFromBuffer } from 'file-type';
import { expect, test } from 'vitest';
import { layOutCaption } from '../../../sandbox/drawing/caption.ts';
import { compose, drawPrint } from '../../../sandbox/drawing/composition.ts';
import { svgOf, renderSvg, type Raster } from '../../../sandbox/drawing/svg.ts';
import { drawPicture } from '../../../sandbox/drawing/draw-picture.ts';
import { figureNames } from '../../../sandbox/drawing/figures/figures.ts';
import { loadGlyphs } from '../../../sandbox/drawing/font.ts';

/** Counts the dark pixels in the given rows, and reports whether one touches the left or right edge. */
function inkIn(raster: Raster, fromRow: number): { readonly dark: number; readonly atEdge: boolean } {
  let dark = 0;
  let atEdge = false;
  for (let y = Math.ceil(fromRow); y < raster.height; y += 1) {
    for (let x = 0; x < raster.width; x += 1) {
      const at = (y * raster.width + x) * 4;
      if ((raster.pixels[at] ?? 255) > 140) continue;
      dark += 1;
      atEdge ||= x < raster.width * 0.03 || x >= raster.width * 0.97;
    }
  }
  return { dark, atEdge };
}

async function strip(prompt: string, width = 512, height = 512) {
  const size = { width, height };
  const caption = layOutCaption(prompt, await loadGlyphs(), size);
  const raster = await renderSvg(svgOf(size, drawPrint(size, caption)));
  return { caption, ...inkIn(raster, height - caption.stripHeight) };
}

function sizeOf(png: Uint8Array): readonly [number, number] {
  const view = Buffer.from(png);
  return [view.readUInt32BE(16), view.readUInt32BE(20)];
}

test('drawPicture() gives a PNG of 512 by 512, or of the size asked for', async () => {
  const usual = await drawPicture({ prompt: 'a red fox' });
  const wide = await drawPicture({ prompt: 'a red fox', width: 640, height: 200 });
  expect((await fileTypeFromBuffer(usual))?.mime).toBe('image/png');
  expect([sizeOf(usual), sizeOf(wide)]).toEqual([
    [512, 512],
    [640, 200],
  ]);
});

test('drawPicture() gives the same bytes for the same request and others for another', async () => {
  const request = { prompt: 'a red fox in the snow', seed: 3 };
  const [first, second, reseeded, reworded] = await Promise.all([
    drawPicture(request),
    drawPicture(request),
    drawPicture({ ...request, seed: 4 }),
    drawPicture({ ...request, prompt: 'a red fox in the rain' }),
  ]);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  expect(hex(first)).toBe(hex(second));
  expect(new Set([first, reseeded, reworded].map(hex)).size).toBe(3);
});

test('the words of the prompt stand on the strip, and more words leave more ink', async () => {
  const [none, one, more] = await Promise.all([strip(''), strip('fox'), strip('fox fox fox fox')]);
  expect(none.dark).toBe(0);
  expect(one.dark).toBeGreaterThan(100);
  expect(more.dark).toBeGreaterThan(one.dark * 3);
});

test('the strip of a whole picture carries the same ink as its words alone', async () => {
  const size = { width: 512, height: 512 };
  const caption = layOutCaption('a red fox', await loadGlyphs(), size);
  const { backdrop, figures, weather } = compose('a red fox', 0, size);
  const whole = await renderSvg(svgOf(size, backdrop, figures, weather, drawPrint(size, caption)));
  expect(inkIn(whole, size.height - caption.stripHeight).dark).toBe((await strip('a red fox')).dark);
});

test.each([
  { name: 'a long sentence', prompt: 'a quiet harbour where the boats come home '.repeat(8) },
  { name: 'one endless word', prompt: 'W'.repeat(300) },
  { name: 'right to left', prompt: 'שלום עולם مرحبا بالعالم '.repeat(4) },
  { name: 'markup', prompt: '<fox> & "cat" </svg><text>\'\u0000\u001b[31m\ud800' },
])('the words stay inside the strip: $name', async ({ prompt }) => {
  const { caption, dark, atEdge } = await strip(prompt);
  expect(caption.lines.length).toBeGreaterThan(0);
  expect({ hasInk: dark > 100, atEdge }).toEqual({ hasInk: true, atEdge: false });
  expect(sizeOf(await drawPicture({ prompt }))).toEqual([512, 512]);
});

test.each(['雪の中の赤い狐 '.repeat(10), 'बर्फ में लाल लोमड़ी', '🦊👨‍👩‍👧', '   '])(
  'nothing is written below a picture of what the font cannot write: %s',
  async (prompt) => {
    const { caption, dark } = await strip(prompt);
    expect([caption.lines, caption.stripHeight, dark]).toEqual([[], 0, 0]);
    expect(sizeOf(await drawPicture({ prompt }))).toEqual([512, 512]);
  },
);

test.each(figureNames)('a prompt with "%s" puts a figure into the picture', async (name) => {
  const { scene, figures } = compose(`a ${name}`, 1, { width: 256, height: 256 });
  expect(scene.figures.map((figure) => figure.name)).toEqual([name]);
  const { pixels } = await renderSvg(svgOf({ width: 256, height: 256 }, figures));
  const covered = pixels.filter((value, index) => index % 4 === 3 && value > 0).length;
  expect(covered).toBeGreaterThan(256 * 256 * 0.05);
});

test.each(['', '   ', '\u0000', '🦊', 'x'.repeat(5000), '\ud800\udc00\ud800'])(
  'drawPicture() draws %j',
  async (prompt) => {
    expect(sizeOf(await drawPicture({ prompt, width: 64, height: 64 }))).toEqual([64, 64]);
  },
);

test.each([
  { width: 0, height: 512 },
  { width: 512, height: 4096 },
  { width: 10.5, height: 64 },
])('drawPicture() refuses $width by $height', async (size) => {
  await expect(drawPicture({ prompt: 'fox', ...size })).rejects.toThrow(/Cannot draw a picture with (width|height) /);
});
