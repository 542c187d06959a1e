import * as fc from 'fast-check';

const half = fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code));
const control = fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code));
const odd = fc.constantFrom(
  '<b>',
  '</blockquote>',
  '<tg-spoiler>',
  '&amp;',
  '&#0;',
  '"',
  '{name}',
  "'{",
  '{n, plural, other {#}}',
  '\u202e',
  '\u2066',
  '\u200d',
  '\u0301'.repeat(40),
  '\ufdfa',
  '\ue0e1',
  '👩‍👩‍👧',
  '🇪🇸',
  '../../etc/passwd',
  "'; DROP TABLE jobs; --",
  '@darkroom_sandbox_bot',
  '/start',
  'a red fox in the snow',
);

/** Texts, difficult ones more often than by chance, some with one of these secrets or a similar one. */
export function fuzzedText(secrets: readonly string[]): fc.Arbitrary<string> {
  const secret = fc.oneof(
    fc.constantFrom(...secrets),
    fc.constantFrom(...secrets).map((key) => `BYTEZ_API_KEY=${key}`),
    fc.constantFrom('sk-proj-0123456789abcdefghijklmnop', '123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'),
  );
  const part = fc.oneof(
    { weight: 8, arbitrary: fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), half, control, odd) },
    { weight: 1, arbitrary: secret },
  );
  return fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 10 }), fc.constantFrom('', ' ', '\n'))
    .chain(([parts, between]) =>
      fc
        .oneof({ weight: 20, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(40, 400) })
        .map((times) => parts.join(between).repeat(times).slice(0, 20_000)),
    );
}

const commands = [
  'generate',
  'video',
  'start',
  'help',
  'status',
  'cancel',
  'language',
  'premium',
  'keys',
  'foo',
] as const;
const targets = ['', '', '', '@darkroom_sandbox_bot', '@DARKROOM_sandbox_BOT', '@other_bot'] as const;
const optionNames = ['--aspect', '—aspect', '--ar', '--seed', '–no', '--no', '--model', '--x', '--', '—'] as const;
const optionValues = ['16:9', '1:1', '0:0', '7', '-1', '1e400', '"a b"', '“a b”', '«', '', 'stable-diffusion'] as const;

/** A command with any text and options after it. */
export function fuzzedCommand(words: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const option = fc
    .tuple(fc.constantFrom(...optionNames), fc.oneof(fc.constantFrom(...optionValues), words))
    .map((parts) => parts.join(' '));
  const rest = fc.array(fc.oneof({ weight: 2, arbitrary: words }, { weight: 1, arbitrary: option }), { maxLength: 3 });
  return fc
    .tuple(fc.constantFrom(...commands), fc.constantFrom(...targets), rest)
    .map(([command, target, parts]) => [`/${command}${target}`, ...parts].join(' '));
}
