import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { redactLine, createRedactor, type Redactor } from '../../../src/observability/redaction/redactor.ts';
import { runs } from '../../support/property-runs.ts';
import { anyCharacter } from '../../support/any-character.ts';

const plain = 'a-secret-of-letters-alone';
const awkward = 'sk"with\\awkward/signs+Zü';
const token = '123456789:AAF-abc_defghijklmnopqrstuvwxyz01';
const secrets = [plain, 'short', awkward, token];
const redactor = createRedactor(secrets.map((secret) => new Secret(secret)));
const hidden = secrets.flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('hex'),
  Buffer.from(`user:${secret}`).toString('base64'),
  secret.slice(-8),
  `${secret.slice(0, 3)}\x07${secret.slice(3)}`,
  `${secret.slice(0, 3)}\x9b${secret.slice(3)}`,
]);

const words = fc.oneof(
  { weight: 2, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('12:30:45', 'bot1', '1767225600000', ...hidden, ...hidden.map((one) => `x${one}y`)),
  },
);
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    words,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(words, tie('value')),
  ),
})).value;
const line = fc.dictionary(words, value).map((entry) => `${JSON.stringify(entry)}\n`);

/** Redacts every text of the line on its own, without the shortcut. */
function carefully(text: string, hider: Redactor): unknown {
  const clean = (word: string) => hider.redact(word.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ''));
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return clean(item);
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([name, inside]) => [clean(name), walk(inside)]));
  };
  return walk(JSON.parse(text));
}

test('redactLine() hides the same with and without the shortcut', () => {
  fc.assert(
    fc.property(line, (text) => {
      const result = redactLine(text, redactor);
      expect(JSON.parse(result)).toEqual(carefully(text, redactor));
      expect(result.indexOf('\n')).toBe(result.length - 1);
    }),
    { numRuns: runs(1_000) },
  );
});

test('redactLine() leaves a line as it is when there is nothing to hide', () => {
  const innocent = '{"level":30,"time":1767225600000,"msg":"attempt 1/3 bytez #2: succeeded in 45.2 s","ms":1e21}\n';
  expect(redactLine(innocent, redactor)).toBe(innocent);
});

test.each([
  ['a line in the middle of a line', '{"msg":"a"}\n{"msg":"forged"}\n'],
  ['what is no JSON', `nothing but ${plain}\n`],
  ['a control character', '{"msg":"\x9b2J"}\n'],
])('redactLine() makes one clean line of JSON of %s', (_what, text) => {
  const result = redactLine(text, redactor);
  expect(() => JSON.parse(result) as unknown).not.toThrow();
  expect(result.indexOf('\n')).toBe(result.length - 1);
  expect(result).not.toMatch(/[\x7f-\x9f]/);
  expect(result).not.toContain(plain);
});
