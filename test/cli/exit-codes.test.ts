import { expect, test } from 'vitest';
import { StartError, TemporaryError } from '../../src/app/start-error.ts';
import { exitCodeOf } from '../../src/cli/process-context.ts';
import { aCommandLine } from './command-line.ts';

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

test('darkroom demo refuses to send an empty message, in one sentence', async () => {
  using line = aCommandLine();
  const { code, err } = await line.run('demo --say=');
  expect(code).toBe(2);
  expect(err).toContain('An empty message cannot be sent.\n(run "darkroom demo --help" to see what there is)');
});
