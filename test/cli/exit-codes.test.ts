import { expect, test } from 'vitest';
import { StartError, TemporaryError } from '../../src/app/start-error.ts';
import { exitCodeOf } from '../../src/cli/process-context.ts';

test.each([
  ['a start that no restart makes possible', new StartError('Cannot start: no token'), 2],
  ['trouble that another start may not have', new TemporaryError('Cannot talk to Telegram'), 75],
])('exitCodeOf() of %s', (_what, error, code) => {
  const words: string[] = [];
  expect(exitCodeOf(error, { err: { write: (text: string) => words.push(text) } as never })).toBe(code);
  expect(words).toEqual([`${error.message}\n`]);
});

test('exitCodeOf() passes on an error that nobody foresaw', () => {
  const error = new TypeError('a bug');
  expect(() => exitCodeOf(error, { err: { write: () => undefined } as never })).toThrow(error);
});
