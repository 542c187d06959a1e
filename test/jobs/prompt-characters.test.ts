import { expect, test } from 'vitest';
import { checkPrompt } from '../../src/jobs/request/generation-request.ts';

const promptOf = (text: string) => {
  const checked = checkPrompt(text);
  return checked.ok ? checked.prompt : checked.code;
};

test.each([
  ['nothing', ''],
  ['spaces', ' \t\n\u00a0\u2003\u3000 '],
  ['zero-width signs', '\u200B\u200D\u2060\uFEFF'],
  ['the Hangul filler', '\u3164'],
  ['the other Hangul fillers', '\u115F\u1160\uFFA0'],
  ['the blank of Braille', '\u2800'],
  ['tags', '\u{E0001}\u{E0067}\u{E007F}'],
  ['marks of direction', '\u200E\u200F\u061C\u202E\u2066\u2069'],
  ['variation selectors', '\uFE0F\u{E0100}'],
  ['invisible signs of mathematics', '\u2061\u2062\u2063\u2064'],
  ['joiners that show nothing', '\u034F\u00AD\u180E'],
  ['control characters', '\u0000\u001b\u007f\u009f'],
  ['a colon', ':'],
  ['punctuation', '—…!?¿;.,“”«»()[]'],
  ['signs of calculation and of money', '+ = $ €'],
])('%s alone are an empty prompt (A6)', (_what, text) => {
  expect(promptOf(text)).toBe('empty-prompt');
});

test('what is seen beside the invisible is kept together with it (A6)', () => {
  expect(promptOf('\u200Ba\u200D')).toBe('\u200Ba\u200D');
  expect(promptOf('👩‍👩‍👧')).toBe('👩‍👩‍👧');
});

test.each(['7', 'é', '狐', 'نار', '🦊', '❤️', '🇪🇸', '1️⃣', '♞'])('%s is something to see', (text) => {
  expect(promptOf(`: ${text}`)).toBe(`: ${text}`);
});

test('control characters are gone but for line breaks and tabs (A7)', () => {
  const all = String.fromCharCode(...Array.from({ length: 0xa0 }, (_, code) => code));
  expect(promptOf(`a${all}b`)).toBe(
    `a\t\n${Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join('')}b`,
  );
});

test('escape sequences of terminals lose what makes them work (A8)', () => {
  expect(promptOf('a \x1b[2J\x1b]0;pwn\x07 fox \x9b31m')).toBe('a [2J]0;pwn fox 31m');
});
