import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPrompt, maxPromptLength, readPromptOptions } from '../../../src/jobs/request/generation-request.ts';
import { aspects, type GenerationOptions, type OptionMistake } from '../../../src/domain/job.ts';
import { workedMs } from '../../support/worked-ms.ts';
import { anyCharacter } from '../../support/any-character.ts';

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

const read = (words: string, options: GenerationOptions) => ({ ok: true, words, options });

test.each<[string, ReturnType<typeof read>]>([
  ['a fox', read('a fox', {})],
  ['a fox --seed 42', read('a fox', { seed: 42 })],
  ['--seed 42 a fox', read('a fox', { seed: 42 })],
  ['a fox --aspect 16:9 in the snow', read('a fox in the snow', { aspect: '16:9' })],
  ['a fox —aspect 9:16 –seed 0', read('a fox', { aspect: '9:16', seed: 0 })],
  ['a fox --SEED=7 --Aspect: 1:1', read('a fox', { seed: 7, aspect: '1:1' })],
  ['a fox --aspect 4x3', read('a fox', { aspect: '4:3' })],
  ['a fox --aspect 3×2', read('a fox', { aspect: '3:2' })],
  ['a fox, --seed 42, in the snow', read('a fox, in the snow', { seed: 42 })],
  ['a fox\n--model org/some-model-1.0', read('a fox', { model: 'org/some-model-1.0' })],
  ['a fox --no "text, people" at dawn', read('a fox at dawn', { negative: 'text, people' })],
  ['a fox —no “text, people”', read('a fox', { negative: 'text, people' })],
  ['a fox —no “text, people"', read('a fox', { negative: 'text, people' })],
  ['лиса —no «текст, люди», зима', read('лиса зима', { negative: 'текст, люди' })],
  ["a fox --no 'don't look' now", read('a fox now', { negative: "don't look" })],
  ['a fox --no „Text“', read('a fox', { negative: 'Text' })],
  ['a fox --no"text" now', read('a fox now', { negative: 'text' })],
  ['a fox --no blurry', read('a fox', { negative: 'blurry' })],
  ['a fox --no "a --seed 5 inside"', read('a fox', { negative: 'a --seed 5 inside' })],
  ['a song —style “slow jazz” --title Rain', read('a song', { style: 'slow jazz', title: 'Rain' })],
  ['a song --instrumental, slow', read('a song slow', { instrumental: true })],
  ['--instrumental a song', read('a song', { instrumental: true })],
  ['--seed 9007199254740991', read('', { seed: 9_007_199_254_740_991 })],
])('readPromptOptions() reads %j', (text, answer) => {
  expect(readPromptOptions(text)).toEqual(answer);
});

test.each([
  'a fox -- red and quick',
  'a fox — red and quick',
  'word--seed 42',
  '—Hola —dijo el zorro',
  'a fox –quick and red– in the snow',
  '--- a fox ---',
  '--1 is no name',
  '-seed 42',
  'a fox —noble, –seeds and —models',
  'cut the --',
])('readPromptOptions() leaves speech as it is: %j', (text) => {
  expect(readPromptOptions(text)).toEqual(read(text, {}));
});

test.each<[string, OptionMistake]>([
  ['a fox --flag', { kind: 'unknown-option', written: '--flag' }],
  ['a song --instrumental --instrumental', { kind: 'twice', option: 'instrumental' }],
  ['a fox --flag, red', { kind: 'unknown-option', written: '--flag' }],
  ['a fox --seed42', { kind: 'unknown-option', written: '--seed42' }],
  ['a fox --no-text', { kind: 'unknown-option', written: '--no-text' }],
  ['a fox --seed, red', { kind: 'missing-value', option: 'seed' }],
  ['a fox --constructor 5', { kind: 'unknown-option', written: '--constructor' }],
  ['a fox --seed', { kind: 'missing-value', option: 'seed' }],
  ['a fox --seed ,', { kind: 'missing-value', option: 'seed' }],
  ['a fox --seed --no text', { kind: 'missing-value', option: 'seed' }],
  ['a fox --seed —no text', { kind: 'missing-value', option: 'seed' }],
  ['a fox --no ""', { kind: 'missing-value', option: 'no' }],
  ['a fox --no “text, people', { kind: 'open-quote', option: 'no' }],
  ['--seed 1 a fox —SEED 2', { kind: 'twice', option: 'seed' }],
  ['a fox --aspect 17:9', { kind: 'bad-aspect', written: '17:9' }],
  ['a fox --aspect wide', { kind: 'bad-aspect', written: 'wide' }],
  ['a fox --aspect 16:9:9', { kind: 'bad-aspect', written: '16:9:9' }],
  ['a fox --seed 9007199254740993', { kind: 'bad-seed', written: '9007199254740993' }],
])('readPromptOptions() names the mistake in %j', (text, mistake) => {
  expect(readPromptOptions(text)).toEqual({ ok: false, mistake });
});

test.each([
  '-1',
  '1e9',
  'NaN',
  'Infinity',
  '0x1F',
  '１０２４',
  '1,5',
  '1.5',
  '+1',
  '9007199254740992',
  '12345678901234567',
])('readPromptOptions() takes %s for no seed', (written) => {
  expect(readPromptOptions(`a fox --seed ${written}`)).toEqual({ ok: false, mistake: { kind: 'bad-seed', written } });
});

test('readPromptOptions() leaves every text without a marker as it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: anyCharacter, maxLength: 200 }).filter((text) => !/--|[\u2013\u2014]/.test(text)),
      (text) => {
        expect(readPromptOptions(text)).toEqual(read(text, {}));
      },
    ),
  );
});

const word = fc.stringMatching(/^[a-zа-я]{1,8}$/u);
const quotes = [
  ['"', '"'],
  ['“', '”'],
  ['„', '“'],
  ['«', '»'],
  ['‘', '’'],
  ["'", "'"],
] as const;
const written = fc.record({
  seed: fc.option(fc.maxSafeNat(), { nil: undefined }),
  aspect: fc.option(fc.constantFrom(...aspects), { nil: undefined }),
  negative: fc.option(
    fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')),
    {
      nil: undefined,
    },
  ),
  dash: fc.constantFrom('--', '—', '–'),
  quote: fc.constantFrom(...quotes),
  words: fc.array(word, { minLength: 1, maxLength: 6 }),
  places: fc.array(fc.nat(6), { minLength: 3, maxLength: 3 }),
  shout: fc.boolean(),
});

test('readPromptOptions() finds what was written wherever it stands, and the words in their order', () => {
  fc.assert(
    fc.property(written, ({ seed, aspect, negative, dash, quote, words, places, shout }) => {
      const name = (option: string) => `${dash}${shout ? option.toUpperCase() : option}`;
      const options = [
        ...(seed === undefined ? [] : [`${name('seed')} ${seed}`]),
        ...(aspect === undefined ? [] : [`${name('aspect')} ${aspect}`]),
        ...(negative === undefined ? [] : [`${name('no')} ${quote[0]}${negative}${quote[1]}`]),
      ];
      const parts: string[] = [...words];
      options.forEach((option, index) => parts.splice(Math.min(places[index] ?? 0, parts.length), 0, option));
      expect(readPromptOptions(parts.join(' '))).toEqual({
        ok: true,
        words: words.join(' '),
        options: {
          ...(seed === undefined ? {} : { seed }),
          ...(aspect === undefined ? {} : { aspect }),
          ...(negative === undefined ? {} : { negative }),
        },
      });
    }),
  );
});

test('readPromptOptions() answers any text, and never makes it longer', () => {
  const piece = fc.constantFrom('--', '—', 'seed', 'no', 'aspect', 'model', ' ', '"', '“', '»', '42', 'a', '=', ':');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const answer = readPromptOptions(pieces.join(''));
      expect(answer.ok ? answer.words.length : 0).toBeLessThanOrEqual(pieces.join('').length);
    }),
  );
});

test('readPromptOptions() reads the longest message in no time', () => {
  const ms = workedMs(() => {
    for (const part of ['--no "a', ' --', '—no “', ' "', '--seed='])
      readPromptOptions(part.repeat(4_096 / part.length));
  });
  expect(ms).toBeLessThan(500);
});
