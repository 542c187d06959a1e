import type { Glyphs } from './font.ts';

/** The text of a prompt broken into lines; all lengths in pixels. */
export type Caption = {
  readonly lines: readonly string[];
  readonly fontSize: number;
  readonly lineHeight: number;
  /** The height of the strip of paper below the picture; 0 without a caption. */
  readonly stripHeight: number;
};

export type CaptionRoom = { readonly width: number; readonly height: number };

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Shaped scripts and kerning make a line slightly wider than the sum of its advances. */
const shapingMargin = 1.06;
const maxHeightShare = 0.42;
const minFontSize = 7;

/**
 * Returns the printable text of a prompt: no control characters, single spaces, no sign that the font does not have. A
 * prompt in a script that the font does not have is not printed, since the rest would be no sentence.
 */
export function printable(prompt: string, glyphs: Glyphs): string {
  const text = prompt.toWellFormed().replaceAll(/\s+/gu, ' ').trim();
  let shown = '';
  for (const { segment } of graphemes.segment(text)) {
    const clean = segment.replaceAll(/[\p{C}\p{Variation_Selector}]/gu, '');
    const isKnown = Array.from(clean).every((sign) => glyphs.has(sign.codePointAt(0) ?? 0));
    if (isKnown) shown += clean;
    else if (/[\p{L}\p{M}\p{N}]/u.test(clean)) return '';
  }
  return shown.replaceAll(/ +/gu, ' ').trim();
}

/**
 * Wraps the prompt into the area, with a smaller font for a longer text; the last line counts the words that do not
 * fit.
 */
export function layOutCaption(prompt: string, glyphs: Glyphs, room: CaptionRoom): Caption {
  const words = printable(prompt, glyphs)
    .split(' ')
    .filter((word) => word !== '');
  const largest = Math.max(minFontSize, Math.min(room.width * 0.05, room.height * 0.06, 36));
  for (let fontSize = largest; fontSize > minFontSize; fontSize *= 0.92) {
    const lines = wrap(words, widthIn(room, fontSize, glyphs));
    if (lines.length <= linesThatFit(room, fontSize)) return captionOf(lines, fontSize);
  }
  return captionOf(shortened(words, room, glyphs), minFontSize);
}

function captionOf(lines: readonly string[], fontSize: number): Caption {
  const lineHeight = fontSize * 1.3;
  const stripHeight = lines.length === 0 ? 0 : Math.ceil(lines.length * lineHeight + fontSize);
  return { lines, fontSize, lineHeight, stripHeight };
}

function linesThatFit(room: CaptionRoom, fontSize: number): number {
  return Math.max(1, Math.floor((room.height * maxHeightShare - fontSize) / (fontSize * 1.3)));
}

type Fits = (line: string) => boolean;

function widthIn(room: CaptionRoom, fontSize: number, glyphs: Glyphs): Fits {
  const available = room.width * 0.92;
  return (line) => glyphs.width(line) * fontSize * shapingMargin <= available;
}

function wrap(words: readonly string[], fits: Fits): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of words.flatMap((word) => broken(word, fits))) {
    const longer = line === '' ? piece : `${line} ${piece}`;
    if (fits(longer)) line = longer;
    else {
      lines.push(line);
      line = piece;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Splits a word that is wider than a line. */
function broken(word: string, fits: Fits): readonly string[] {
  if (fits(word)) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const { segment } of graphemes.segment(word)) {
    if (piece !== '' && !fits(piece + segment)) {
      pieces.push(piece);
      piece = '';
    }
    piece += segment;
  }
  return piece === '' ? pieces : [...pieces, piece];
}

function shortened(words: readonly string[], room: CaptionRoom, glyphs: Glyphs): readonly string[] {
  const fits = widthIn(room, minFontSize, glyphs);
  const most = linesThatFit(room, minFontSize);
  const pieces = words.flatMap((word) => broken(word, fits));
  const linesWith = (count: number) => {
    const shown = pieces.slice(0, count);
    return wrap(count === pieces.length ? shown : [...shown, '…', `(+${pieces.length - count})`], fits);
  };
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (linesWith(middle).length <= most) low = middle;
    else high = middle - 1;
  }
  return linesWith(low);
}
