import { expect, test } from 'vitest';
import { checkPrompt, maxPromptLength } from '../../../src/jobs/request/request-options.ts';

test('checkPrompt() takes a prompt of the longest length and refuses one more unit', () => {
  const longest = 'x'.repeat(maxPromptLength);
  expect(checkPrompt(longest)).toEqual({ ok: true, prompt: longest });
  expect(checkPrompt(`${longest}y`)).toEqual({ ok: false, code: 'prompt-too-long' });
});

test('checkPrompt() counts as Telegram does, an emoji as two units', () => {
  expect(checkPrompt('🦊'.repeat(maxPromptLength / 2)).ok).toBe(true);
  expect(checkPrompt(`${'🦊'.repeat(maxPromptLength / 2)}.`)).toEqual({ ok: false, code: 'prompt-too-long' });
});

test.each([
  '',
  '   \n\t ',
  '\u{200b}\u{200c}\u{200d}',
  '\u{feff}',
  '\u{2060}\u{2063}',
  '\u{202e}\u{2066}',
  '\u{fe0f}',
  '\u{3164}',
  '\u{ad}',
  '\u{0}\u{1b}\u{7f}\u{9f}',
])('checkPrompt() finds nothing to draw in %j', (text) => {
  expect(checkPrompt(text)).toEqual({ ok: false, code: 'empty-prompt' });
});

test.each([
  ['  a fox  ', 'a fox'],
  ['a\u{0} fox\u{7}', 'a fox'],
  ['\u{1b}[31ma red fox\u{1b}[0m', '[31ma red fox[0m'],
  ['line one\nline two\tend', 'line one\nline two\tend'],
  ['half an emoji \u{d83e}', 'half an emoji \u{fffd}'],
  ['👩‍🚀 and ❤️', '👩‍🚀 and ❤️'],
  ['--ar 16:9 “quoted” <b>bold</b>', '--ar 16:9 “quoted” <b>bold</b>'],
])('checkPrompt() keeps %j as %j', (text, prompt) => {
  expect(checkPrompt(text)).toEqual({ ok: true, prompt });
});
