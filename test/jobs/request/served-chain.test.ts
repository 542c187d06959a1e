import { expect, test } from 'vitest';
import { perKind } from '../../../src/domain/kinds.ts';
import type { Candidate } from '../../../src/domain/job.ts';
import { type ModelFacts, textOnly } from '../../../src/domain/provider.ts';
import { chainFor, hasEnded, linesOf, servedCandidate } from '../../../src/jobs/request/served-chain.ts';

const [one, two, far] = [
  { provider: 'bytez', model: 'one' },
  { provider: 'bytez', model: 'two' },
  { provider: 'horde', model: 'far' },
] as const;
const noon = Date.UTC(2026, 11, 1, 12);

function lookup(facts: Readonly<Record<string, Partial<ModelFacts>>>) {
  return ({ model }: Candidate): ModelFacts => ({ ...textOnly, ...facts[model] });
}

function toolsFor(facts: Readonly<Record<string, Partial<ModelFacts>>>, gone: readonly string[] = []) {
  return {
    models: lookup(facts),
    modelCooldowns: { isGone: ({ model }: Candidate) => gone.includes(model) },
    breakers: new Set(['bytez', 'horde']),
  };
}

test.each<[string, Readonly<Record<string, Partial<ModelFacts>>>, readonly string[], Candidate]>([
  ['a model that goes on stays', { one: { replacedBy: two } }, [], one],
  ['one that is gone is replaced', { one: { replacedBy: two } }, ['one'], two],
  ['one that has ended is replaced', { one: { replacedBy: two, endsOn: '2026-12-01' } }, [], two],
  ['one that ends tomorrow stays', { one: { replacedBy: two, endsOn: '2026-12-02' } }, [], one],
  ['one without a replacement stays', { one: { endsOn: '2026-11-01' } }, ['one'], one],
  [
    'its replacement may be gone, too',
    { one: { replacedBy: two, endsOn: '2026-11-01' }, two: { replacedBy: far } },
    ['two'],
    far,
  ],
  ['a circle ends where it began', { one: { replacedBy: two }, two: { replacedBy: one } }, ['one', 'two'], one],
  [
    'a provider without a line is never asked',
    { one: { replacedBy: { provider: 'openai', model: 'x' } } },
    ['one'],
    one,
  ],
])('servedCandidate(): %s', (_what, facts, gone, served) => {
  expect(servedCandidate(one, noon, toolsFor(facts, gone))).toEqual(served);
});

test('hasEnded() begins with the day in UTC', () => {
  const facts = { ...textOnly, endsOn: '2026-12-01' };
  const day = Date.UTC(2026, 11, 1);
  expect([day - 1, day].map((nowMs) => hasEnded(facts, nowMs))).toEqual([false, true]);
});

test('linesOf() names the providers of the chains and of everything that may replace their models', () => {
  const models = lookup({ one: { replacedBy: two }, two: { replacedBy: far } });
  const chains = { ...perKind(() => []), image: [one] };
  expect([...linesOf(chains, models)]).toEqual(['bytez', 'horde']);
  expect([...linesOf(chains, undefined)]).toEqual(['bytez']);
});

test('chainFor() leaves out what a person may not use', () => {
  const models = lookup({ one: { audience: 'premium' }, two: { audience: new Set([7]) } });
  const chainOf = (lane: 'free' | 'premium', userId: number) =>
    chainFor([one, two, far], { lane, userId }, models).map(({ model }) => model);
  expect(chainOf('free', 8)).toEqual(['far']);
  expect(chainOf('free', 7)).toEqual(['two', 'far']);
  expect(chainOf('premium', 8)).toEqual(['one', 'far']);
});
