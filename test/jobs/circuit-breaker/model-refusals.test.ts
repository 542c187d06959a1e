import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import { ModelRefusals } from '../../../src/jobs/circuit-breaker/model-refusals.ts';

let jobs = 0;

/** Whether the model is closed after each of these requests, written as who asked for what. */
function closedAfter(asked: readonly (readonly [userId: number, prompt: string])[], isElsewhere = false) {
  const refusals = new ModelRefusals();
  return asked.map(([userId, prompt]) => {
    const origin = { chatId: userId, chatType: 'private', userId, messageId: 1 } as const;
    return refusals.isClosed('m', { id: jobId(`tg-${(jobs += 1)}`), prompt, origin }, isElsewhere, 0);
  });
}

const row = (userId: number, ...prompts: readonly string[]) => prompts.map((prompt) => [userId, prompt] as const);

test.each([
  ['three prompts of two people', [...row(1, 'a', 'b'), ...row(2, 'c')], [false, false, true]],
  ['one prompt of three people', [...row(1, 'a'), ...row(2, 'a'), ...row(3, 'a')], [false, false, false]],
  ['five prompts of one person', row(1, 'a', 'b', 'c', 'd', 'e'), [false, false, false, false, true]],
  ['one person who repeats a prompt', row(1, 'a', 'a', 'a', 'a', 'a', 'a'), Array.from({ length: 6 }, () => false)],
] as const)('ModelRefusals: requests that nothing served, %s', (_, asked, expected) => {
  expect(closedAfter(asked)).toEqual(expected);
});

test('ModelRefusals: two requests that other models served close a model, whoever made them', () => {
  expect(closedAfter(row(1, 'a', 'a'), true)).toEqual([false, true]);
});

test('ModelRefusals: a model that has served somebody since the request was sent is open, and counts from the start', () => {
  const refusals = new ModelRefusals();
  const origin = { chatId: 1, chatType: 'private', userId: 1, messageId: 1 } as const;
  const ask = (id: string, sentAtMs: number) =>
    refusals.isClosed('m', { id: jobId(id), prompt: id, origin }, true, sentAtMs);
  expect(ask('tg-a', 10)).toBe(false);
  refusals.served('m', 20);
  expect([ask('tg-b', 15), ask('tg-c', 21), ask('tg-d', 22)]).toEqual([false, false, true]);
});
