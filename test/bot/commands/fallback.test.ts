import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestCommand, slipIn } from '../../../src/bot/commands/fallback.ts';
import { runs } from '../../support/property-runs.ts';

const commands = ['generate', 'video', 'status', 'cancel', 'language', 'premium', 'forget', 'help', 'start', 'keys'];

test.each([
  ['genrate', 'generate'],
  ['generat', 'generate'],
  ['gnereate', 'generate'],
  ['gen', 'generate'],
  ['vidoe', 'video'],
  ['videos', 'video'],
  ['halp', 'help'],
  ['strat', 'start'],
  ['imagine', 'generate'],
  ['film', 'video'],
  ['stop', 'cancel'],
  ['x', undefined],
  ['ge', undefined],
  ['weather', undefined],
  ['constructor', undefined],
  ['__proto__', undefined],
])('nearestCommand() takes /%s for %s', (written, meant) => {
  expect(nearestCommand(written, commands)).toBe(meant);
});

test('nearestCommand() names no command that the person does not have', () => {
  expect(nearestCommand('key', ['help'])).toBeUndefined();
  expect(nearestCommand('draw', ['help'])).toBeUndefined();
});

test.each([
  ['/ generate a fox', { meant: 'generate', words: 'a fox' }],
  ['!video', { meant: 'video', words: '' }],
  ['\\help', { meant: 'help', words: '' }],
  ['a / generate', undefined],
  ['/usr/bin', undefined],
  ['!!! wow', undefined],
  ['generate a fox', undefined],
])('slipIn() reads %j', (text, read) => {
  expect(slipIn(text, commands)).toEqual(read);
});

test('editDistance() is the same both ways, none for the same, and at most the longer length', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (one, other) => {
      const distance = editDistance(one, other);
      expect(editDistance(other, one)).toBe(distance);
      expect(distance === 0).toBe(one === other);
      expect(distance).toBeLessThanOrEqual(Math.max(one.length, other.length));
    }),
    { numRuns: runs(300) },
  );
});
