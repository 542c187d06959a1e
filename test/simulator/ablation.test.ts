import { expect, test, vi } from 'vitest';
import { defendingRows, figuresOf, harmOf, isCostly, isWorthIt } from '../../simulator/ablation.ts';
import { app, appWithout } from '../../simulator/darkroom.ts';
import type { Contender } from '../../simulator/contender.ts';
import type { Measured } from '../../simulator/measure.ts';
import { scenarios } from '../../simulator/scenarios.ts';
import { simulate, usualSettings } from '../../simulator/simulate.ts';
import { everyMechanism, type Mechanism, mechanismNames, without } from '../../src/domain/mechanisms.ts';
import { KeyPool } from '../../src/keys/pool/key-pool.ts';
import { poolKeys } from '../../src/keys/sources/identify-keys.ts';
import { PooledKey } from '../../src/keys/pool/pooled-key.ts';
import { Secret } from '../../src/kit/secret.ts';
import { fakeClock } from '../support/fake-clock.ts';

type Defended = keyof typeof defendingRows;

const defended = mechanismNames.filter((name): name is Defended => name !== 'twoChoices');

/** Half of what the bench plays is enough to tell. */
const settings = { ...usualSettings, requests: 100 };

function rowOf(mechanism: Defended) {
  const row = scenarios.find(({ name }) => name === defendingRows[mechanism]);
  if (row === undefined) throw new Error(`Cannot find the row of ${mechanism}`);
  return row;
}

/** Where the key that is met first decides much, one seed alone would be luck. */
const severalSeeds: ReadonlySet<Defended> = new Set(['latencyScoring', 'accountGuesses']);

async function played(mechanism: Defended, contender: Contender) {
  const measured: Measured[] = [];
  for (const seed of severalSeeds.has(mechanism) ? [1, 2, 3] : [settings.seed]) {
    measured.push(await simulate(rowOf(mechanism), contender, { ...settings, seed }));
  }
  return figuresOf(measured);
}

test.each(defended)('without %s the row that defends it is worse', async (mechanism) => {
  const having = await played(mechanism, app('health-based'));
  const lacking = await played(mechanism, appWithout(mechanism));
  expect({ having, lacking, isWorse: isWorthIt(having, lacking) }).toEqual({ having, lacking, isWorse: true });
});

/** How many keys of a thousand are looked at for one choice. */
function lookedAt(mechanisms: typeof everyMechanism): number {
  const given = Array.from({ length: 1_000 }, (_, index) => ({
    provider: 'bytez' as const,
    place: index + 1,
    secret: new Secret(`key number ${index + 1}`),
    weight: 1,
  }));
  const keys = poolKeys(given, 'salt', () => 1);
  let drawn = 0;
  using pool = new KeyPool({
    keys,
    remembered: [],
    strategy: 'health-based',
    clock: fakeClock(),
    random: () => ((drawn += 1) * 0.618) % 1,
    emit: () => undefined,
    mechanisms,
  });
  const serves = vi.spyOn(PooledKey.prototype, 'serves');
  try {
    expect(pool.lease('bytez', { model: 'a/model' }).kind).toBe('seat');
    return serves.mock.calls.length;
  } finally {
    serves.mockRestore();
  }
}

test('without two choices every one of a thousand keys is looked at for each call', () => {
  expect(lookedAt(everyMechanism)).toBe(2);
  expect(lookedAt(without('twoChoices'))).toBe(1_000);
});

test('without() switches off one mechanism and leaves the others on', () => {
  const off = without('ramp');
  expect(mechanismNames.filter((name) => !off[name])).toEqual(['ramp']);
  expect(mechanismNames.every((name) => everyMechanism[name])).toBe(true);
});

const having = { answered: 1, calls: 1, p95Ms: 100 };

test.each<[string, Partial<typeof having>, boolean]>([
  ['nothing changes', {}, false],
  ['0.9 % fewer are answered', { answered: 0.991 }, false],
  ['1 % fewer are answered', { answered: 0.99 }, true],
  ['4 % more calls are made', { calls: 1.04 }, false],
  ['5 % more calls are made', { calls: 1.05 }, true],
  ['it takes 19 % longer', { p95Ms: 119 }, false],
  ['it takes 20 % longer', { p95Ms: 120 }, true],
  ['all is better', { calls: 0.5, p95Ms: 50 }, false],
])('a mechanism is judged by what its row loses: %s', (_, changed, isWorse) => {
  expect(isWorthIt(having, { ...having, ...changed })).toBe(isWorse);
});

test('a mechanism costs something where the row is better without it and nobody loses an answer', () => {
  expect(isCostly(having, { ...having, p95Ms: 50 })).toBe(true);
  expect(isCostly(having, { ...having, p95Ms: 90 })).toBe(false);
  expect(isCostly(having, { ...having, answered: 0.5, p95Ms: 50 })).toBe(false);
});

test('the harm of several losses is the greatest of them, in units of what is just worth it', () => {
  expect(harmOf(having, { answered: 0.97, calls: 1.1, p95Ms: 130 })).toBeCloseTo(3);
});

test('figures of several seeds are their mean', () => {
  const seed = (answeredShare: number, callsPerRequest: number, p95Ms: number) =>
    ({ answeredShare, callsPerRequest, p95Ms }) as Measured;
  expect(figuresOf([seed(1, 1, 50), seed(0.5, 2, 150)])).toEqual({ answered: 0.75, calls: 1.5, p95Ms: 100 });
});

test('a mechanism that is worth nothing would be found out: a row in which nothing is wrong defends none', async () => {
  const nothingWrong = scenarios.find(({ name }) => name === 'none');
  if (nothingWrong === undefined) throw new Error('Cannot find the row in which nothing is wrong');
  const figures = figuresOf([await simulate(nothingWrong, app('health-based'), settings)]);
  const isWorse: Partial<Record<Mechanism, boolean>> = {};
  for (const mechanism of defended) {
    const lacking = figuresOf([await simulate(nothingWrong, appWithout(mechanism), settings)]);
    if (isWorthIt(figures, lacking)) isWorse[mechanism] = true;
  }
  expect(isWorse).toEqual({});
});
