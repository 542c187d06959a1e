import { expect, test } from 'vitest';
import { readPromptOptions, checkPrompt } from '../../src/jobs/request/generation-request.ts';
import { excerpt } from '../../src/messages/view.ts';
import { workedMs } from '../support/worked-ms.ts';

test('ten megabytes of words are refused without being looked through (A5)', () => {
  const text = 'a --seed 1 '.repeat(950_000);
  const heapBefore = process.memoryUsage().heapUsed;
  const check = () => {
    const read = readPromptOptions(text);
    return { read, checked: checkPrompt(read.ok ? read.words : '') };
  };
  expect(workedMs(check)).toBeLessThan(50);
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(5_000_000);
  const { read, checked } = check();
  expect(read).toEqual({ ok: true, words: text, options: {} });
  expect(checked).toEqual({ ok: false, code: 'prompt-too-long' });
});

test('half a million marks on one letter are refused by their number, before anybody looks at them (A12)', () => {
  const text = `a${'\u0301'.repeat(500_000)}`;
  const ms = workedMs(() => {
    expect(checkPrompt(text)).toEqual({ ok: false, code: 'prompt-too-long' });
    expect(excerpt(text, 300).length).toBeLessThanOrEqual(300);
  });
  expect(ms).toBeLessThan(200);
});
