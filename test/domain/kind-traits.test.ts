import { expect, test } from 'vitest';
import { environmentVariables } from '../../src/config/schema.ts';
import { jobKinds, carriers, kindTraits, perKind, traitsOf } from '../../src/domain/kinds.ts';
import { mediaKinds } from '../../src/domain/kinds.ts';

test('kindTraits has a row for each kind, and no other', () => {
  expect(Object.keys(kindTraits)).toEqual([...jobKinds]);
});

test.each([
  ['command', ({ command }) => command],
  ['chain variable', ({ chainVariable }) => chainVariable],
  ['timeout variable', ({ timeout }) => timeout.variable],
  ['deadline variable', ({ deadline }) => deadline.variable],
  ['quota', ({ quota }) => quota.noun],
] as const satisfies readonly (readonly [string, (traits: ReturnType<typeof traitsOf>) => string])[])(
  'no two kinds share their %s',
  (_, read) => {
    expect(new Set(jobKinds.map((kind) => read(traitsOf(kind)))).size).toBe(jobKinds.length);
  },
);

test.each(jobKinds)('kind %s can be carried, and is words or some bytes', (kind) => {
  const { accepts, carrier, maxBytes, cost, timeout, deadline } = traitsOf(kind);
  expect(carriers).toContain(carrier);
  expect(accepts.length === 0).toBe(carrier === 'text');
  expect(mediaKinds).toEqual(expect.arrayContaining([...accepts]));
  // Telegram takes nothing larger from a bot.
  expect(maxBytes).toBeLessThanOrEqual(50 * 1024 * 1024);
  expect(cost).toBeGreaterThan(0);
  expect(timeout.defaultMs).toBeLessThan(deadline.defaultMs);
});

test.each(jobKinds)('every setting of kind %s is read from the environment', (kind) => {
  const { chainVariable, timeout, deadline, quota } = traitsOf(kind);
  const names = [chainVariable, timeout.variable, deadline.variable];
  const perDay = [`FREE_${quota.noun}_PER_DAY`, `PREMIUM_${quota.noun}_PER_DAY`];
  expect(Object.keys(environmentVariables)).toEqual(expect.arrayContaining([...names, ...perDay]));
});

test('perKind() asks once for each kind', () => {
  const asked: string[] = [];
  const values = perKind((kind) => asked.push(kind));
  expect([asked, Object.keys(values)]).toEqual([[...jobKinds], [...jobKinds]]);
});
