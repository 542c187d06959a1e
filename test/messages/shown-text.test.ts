import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { excerpt, shownText } from '../../src/messages/view.ts';
import { anyCharacter } from '../support/any-character.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const anyText = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 400, size: 'max' }),
  fc.string({ unit: 'grapheme', maxLength: 200, size: 'max' }),
);

test.each([
  ['short text stays', 'fox', 10, 'fox'],
  ['text of exactly the limit stays', 'abcde', 5, 'abcde'],
  ['one more is cut', 'abcdef', 5, 'abcd…'],
  ['an emoji is not split', '😀😀😀', 4, '😀…'],
  ['a flag is not split', '🇪🇸🇪🇸', 6, '🇪🇸…'],
  ['a family is not split', '👨‍👩‍👧👨‍👩‍👧', 12, '👨‍👩‍👧…'],
  ['spaces around are gone', '  fox \n', 10, 'fox'],
  ['no space before the ellipsis', 'red fox runs', 9, 'red fox…'],
  ['nothing to show', '\u202E\u0000 ', 10, ''],
])('excerpt(): %s', (_, text, maxUnits, shown) => {
  expect(excerpt(text, maxUnits)).toBe(shown);
});

test('excerpt() cuts inside a single character only when it alone is over the limit', () => {
  const endless = Array.from({ length: 100 }, () => '👩').join('\u200D');
  const shown = excerpt(endless, 20);
  expect(shown.length).toBeLessThanOrEqual(20);
  expect(shown.isWellFormed() && shown.startsWith('👩') && shown.endsWith('…')).toBe(true);
});

test('excerpt() looks at a bounded part of a huge text', () => {
  const huge = `a${'\u0301'.repeat(5_000_000)}`;
  expect(excerpt(huge, 300)).toBe(`a${'\u0301'.repeat(8)}…`);
});

test('excerpt() never passes the limit, stays well-formed and keeps whole characters', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 16, max: 120 }), (text, maxUnits) => {
      const shown = excerpt(text, maxUnits);
      expect(shown.length).toBeLessThanOrEqual(maxUnits);
      expect(shown.isWellFormed()).toBe(true);
      const whole = shownText(text).trim();
      if (shown === whole || !shown.endsWith('…')) return;
      const kept = shown.slice(0, -1);
      const borders = new Set([0, ...[...graphemes.segment(whole)].map(({ index }) => index)]);
      const first = [...graphemes.segment(whole)][0]?.segment ?? '';
      expect(first.length >= maxUnits || [...borders].some((border) => whole.slice(0, border).trimEnd() === kept)).toBe(
        true,
      );
    }),
  );
});

test('shownText() leaves no control character, no bidi override and no lone surrogate', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = shownText(text);
      expect(shown.isWellFormed()).toBe(true);
      expect(shown).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/);
      expect(shown).not.toMatch(/\p{M}{9}/u);
    }),
  );
});

test('shownText() shows half an emoji as a sign of its own', () => {
  expect(shownText('a\uD800b')).toBe('a\uFFFDb');
});
