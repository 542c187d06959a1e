import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOutCaption, printable } from '../../../sandbox/drawing/caption.ts';
import { loadGlyphs } from '../../../sandbox/drawing/font.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { runs } from '../../support/property-runs.ts';

const glyphs = await loadGlyphs();
const room = { width: 512, height: 512 };

test.each([
  { prompt: '  a \n\t fox  ', shown: 'a fox' },
  { prompt: 'a\u0000b\u001b\u202ec', shown: 'abc' },
  { prompt: '狐 fox', shown: '' },
  { prompt: 'धुंध में लोमड़ी', shown: '' },
  { prompt: '雪の中の赤い狐, 2 枚', shown: '' },
  { prompt: 'a fox 🦊 in the snow', shown: 'a fox in the snow' },
  { prompt: '👨‍👩‍👧', shown: '' },
  { prompt: 'Лиса café', shown: 'Лиса café' },
  { prompt: 'a\ud800b', shown: 'a\ufffdb' },
])('printable() shows $prompt as $shown', ({ prompt, shown }) => {
  expect(printable(prompt, glyphs)).toBe(shown);
});

test('Glyphs.width() grows with the letters and knows wide from narrow', () => {
  expect(glyphs.width('')).toBe(0);
  expect(glyphs.width('mm')).toBeCloseTo(2 * glyphs.width('m'));
  expect(glyphs.width('i')).toBeLessThan(glyphs.width('W') / 2);
});

test('layOutCaption() takes no room for a prompt that it cannot print', () => {
  expect(layOutCaption('雪の中の赤い狐', glyphs, room)).toMatchObject({ lines: [], stripHeight: 0 });
});

test('layOutCaption() keeps every word when they fit, in order', () => {
  const prompt = 'the quick brown fox jumps over the lazy dog '.repeat(12).trim();
  expect(layOutCaption(prompt, glyphs, room).lines.join(' ')).toBe(prompt);
});

test('layOutCaption() counts on the last line what it cannot show', () => {
  const { lines } = layOutCaption('word '.repeat(5000), glyphs, room);
  const shown = lines
    .join(' ')
    .split(' ')
    .filter((word) => word === 'word').length;
  expect(shown).toBeGreaterThan(100);
  expect(lines.join(' ').endsWith(`… (+${5000 - shown})`)).toBe(true);
});

test('layOutCaption() never sets a line wider than the picture nor a strip higher than half of it', () => {
  const sizes = fc.record({ width: fc.integer({ min: 64, max: 1024 }), height: fc.integer({ min: 64, max: 1024 }) });
  const words = fc.oneof(fc.string({ maxLength: 400 }), fc.string({ unit: anyCharacter, maxLength: 400 }));
  fc.assert(
    fc.property(words, sizes, (prompt, size) => {
      const { lines, fontSize, stripHeight } = layOutCaption(prompt, glyphs, size);
      for (const line of lines) expect(glyphs.width(line) * fontSize).toBeLessThanOrEqual(size.width);
      expect(stripHeight).toBeLessThanOrEqual(size.height * 0.5);
    }),
    { numRuns: runs(60) },
  );
});
