import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** DejaVu Sans 2.37, the one font that the sandbox uses. */
export const fontFile = join(import.meta.dirname, 'fonts', 'dejavu-sans.ttf');

/** The facts of a font that are needed to break lines. */
export type Glyphs = {
  has(codePoint: number): boolean;
  /** The width of the text in units of the font size, without kerning. */
  width(text: string): number;
};

let loaded: Promise<Glyphs> | undefined;

/** Loads the font once and returns its facts. */
export function loadGlyphs(): Promise<Glyphs> {
  loaded ??= readFile(fontFile).then(readGlyphs);
  return loaded;
}

/** Reads the tables `head`, `hhea`, `hmtx` and `cmap` (format 12) of a TrueType font. */
function readGlyphs(font: Buffer): Glyphs {
  const unitsPerEm = font.readUInt16BE(tableAt(font, 'head') + 18);
  const longAdvances = font.readUInt16BE(tableAt(font, 'hhea') + 34);
  const advancesAt = tableAt(font, 'hmtx');
  const glyphs = characterMap(font);
  const advanceOf = (glyph: number) => font.readUInt16BE(advancesAt + 4 * Math.min(glyph, longAdvances - 1));
  return {
    has: (codePoint) => glyphs.has(codePoint),
    width: (text) => {
      let units = 0;
      for (const character of text) units += advanceOf(glyphs.get(character.codePointAt(0) ?? 0) ?? 0);
      return units / unitsPerEm;
    },
  };
}

function tableAt(font: Buffer, tag: string): number {
  const count = font.readUInt16BE(4);
  for (let entry = 12; entry < 12 + 16 * count; entry += 16) {
    if (font.toString('latin1', entry, entry + 4) === tag) return font.readUInt32BE(entry + 8);
  }
  throw new Error(`Cannot read the font: it has no table "${tag}"`);
}

function characterMap(font: Buffer): ReadonlyMap<number, number> {
  const base = tableAt(font, 'cmap');
  const subtables = Array.from({ length: font.readUInt16BE(base + 2) }, (_, index) => {
    return base + font.readUInt32BE(base + 4 + 8 * index + 4);
  });
  const at = subtables.find((offset) => font.readUInt16BE(offset) === 12);
  if (at === undefined) throw new Error('Cannot read the font: its table "cmap" has no part of format 12');
  const map = new Map<number, number>();
  const groups = font.readUInt32BE(at + 12);
  for (let group = at + 16; group < at + 16 + 12 * groups; group += 12) {
    const first = font.readUInt32BE(group);
    const last = font.readUInt32BE(group + 4);
    const glyph = font.readUInt32BE(group + 8);
    for (let codePoint = first; codePoint <= last; codePoint += 1) map.set(codePoint, glyph + codePoint - first);
  }
  return map;
}
