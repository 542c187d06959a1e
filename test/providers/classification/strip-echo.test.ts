import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutPrompt } from '../../../src/providers/classification/strip-echo.ts';
import { workedMs } from '../../support/worked-ms.ts';
import { runs } from '../../support/property-runs.ts';

const prompt = 'a fox with a sign saying "you are out of credits"';

test.each([
  ['as it is', prompt],
  ['inside JSON', JSON.stringify(prompt).slice(1, -1)],
  ['in capitals', prompt.toUpperCase()],
  ['with other quotes', prompt.replaceAll('"', '&quot;').replaceAll('&quot;', "'")],
  ['over several lines', prompt.replaceAll(' ', '\n  ')],
  ['without its end', prompt.slice(0, -6)],
  ['without its beginning', prompt.slice(6)],
])('withoutPrompt() takes a prompt out that is echoed %s', (_name, echo) => {
  expect(withoutPrompt(`Cannot draw: ${echo}`, prompt)).toMatch(/^Cannot draw: \[prompt\]['"]?$/);
});

test('withoutPrompt() takes a short piece of another script out', () => {
  expect(withoutPrompt('Cannot draw 画一只红色的狐狸坐… now', '画一只红色的狐狸坐在白色的雪地里看月亮')).toBe(
    'Cannot draw [prompt]… now',
  );
});

test('withoutPrompt() takes every echo out and leaves what stands between them', () => {
  const json = JSON.stringify({ prompt: 'a fox\nsaying "out of credits"' });
  expect(withoutPrompt(`bad: a fox\nsaying "out of credits"; raw: ${json}`, 'a fox\nsaying "out of credits"')).toBe(
    'bad: [prompt]; raw: {"prompt":"[prompt]"}',
  );
});

test.each([
  ['Cannot write "out of credits" on a sign', 'Cannot write "[prompt]" on a sign'],
  ["Bad words: 'Out Of Credits'", "Bad words: '[prompt]'"],
  ['The word “fox” is unknown', 'The word “[prompt]” is unknown'],
  ["You can't: it isn't 'allowed'", "You can't: it isn't 'allowed'"],
])('withoutPrompt() takes a short piece out where it is quoted: %s', (words, expected) => {
  expect(withoutPrompt(words, prompt)).toBe(expected);
});

test('withoutPrompt() takes a prompt of one word out where it is quoted', () => {
  expect(withoutPrompt('No "nsfw" here, says nsfw', 'nsfw')).toBe('No "[prompt]" here, says nsfw');
});

test.each([
  ['the prompt is too short to be told from them', 'out of credits', 'credits'],
  ['they share a few words with the prompt', 'You are out of luck: rate limit exceeded', prompt],
  ['the prompt has hardly a letter', 'Rate limit exceeded!', '!!!!!!!!!!'],
])('withoutPrompt() leaves the words alone when %s', (_name, words, prompt) => {
  expect(withoutPrompt(words, prompt)).toBe(words);
});

test('withoutPrompt() leaves no twenty letters in a row of what was asked for', () => {
  const sentence = fc
    .array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 6, maxLength: 30 })
    .map((words) => words.join(' '))
    .filter((text) => text.replaceAll(' ', '').length >= 20);
  fc.assert(
    fc.property(
      sentence,
      fc.nat(),
      fc.nat(),
      fc.constantFrom('Bad: ', 'Cannot draw ', ''),
      (prompt, from, length, before) => {
        const echo = prompt.slice(from % prompt.length, (from % prompt.length) + length);
        const rest = withoutPrompt(`${before} ${echo}.`, prompt).replaceAll(/[^a-z]/g, '');
        const asked = prompt.replaceAll(' ', '');
        for (let at = 0; at + 20 <= asked.length; at += 1) expect(rest).not.toContain(asked.slice(at, at + 20));
      },
    ),
    { numRuns: runs(2_000) },
  );
});

test('withoutPrompt() compares 4,000 letters with 4,000 in a moment (H23)', () => {
  const prompt = 'ab'.repeat(2000);
  expect(workedMs(() => withoutPrompt(`${'ab'.repeat(9)}c`.repeat(210), prompt))).toBeLessThan(250);
});
