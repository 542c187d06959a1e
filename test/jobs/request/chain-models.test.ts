import { expect, test } from 'vitest';
import { perKind } from '../../../src/domain/kinds.ts';
import { type Candidate, aspects } from '../../../src/domain/job.ts';
import { type ModelFacts, textOnly } from '../../../src/domain/provider.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import {
  ChainModels,
  chainFor,
  linesOf,
  servedCandidate,
  candidatesFor,
  checkOptions,
} from '../../../src/jobs/request/chain-models.ts';
import { hasEnded } from '../../../src/jobs/circuit-breaker/model-cooldowns.ts';
import { builtInChains } from '../../../src/config/provider-settings.ts';
import { sizeFor } from '../../../src/jobs/request/generation-request.ts';
import { modelTraits } from '../../../src/providers/registry.ts';

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
    modelCooldowns: { isUnknown: ({ model }: Candidate) => gone.includes(model) },
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

test('servedCandidate() leaves a replacement that comes next anyway to its own place, so that it is not asked twice', () => {
  const tools = toolsFor({ one: { replacedBy: two, endsOn: '2026-12-01' } });
  expect(servedCandidate(one, noon, tools, two)).toEqual(one);
  expect(servedCandidate(one, noon, tools, far)).toEqual(two);
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

test('a provider whose only model of the chains is gone is not empty while another one may replace it', () => {
  const models = new ChainModels({
    chains: { ...perKind(() => []), image: [one, far] },
    models: lookup({ one: { replacedBy: two } }),
    clock: fakeClock(),
    emit: () => undefined,
  });
  models.cooldowns.noteUnknown(one);
  expect([models.isEmpty('bytez'), models.modelsOf('bytez')]).toEqual([false, ['one', 'two']]);
  models.cooldowns.noteUnknown(two);
  expect(models.isEmpty('bytez')).toBe(true);
});

test('chainFor() leaves out what a person may not use', () => {
  const models = lookup({ one: { audience: 'premium' }, two: { audience: new Set([7]) } });
  const chainOf = (lane: 'free' | 'premium', userId: number) =>
    chainFor([one, two, far], { lane, userId }, models).map(({ model }) => model);
  expect(chainOf('free', 8)).toEqual(['far']);
  expect(chainOf('free', 7)).toEqual(['two', 'far']);
  expect(chainOf('premium', 8)).toEqual(['one', 'far']);
});

const bytez = (model: string): Candidate => ({ provider: 'bytez', model });
const photoreal = bytez('dreamlike-art/dreamlike-photoreal-2.0');
const schnell = bytez('black-forest-labs/FLUX.1-schnell');
const stranger = bytez('somebody/unheard-of');
const all = [...builtInChains.image, ...builtInChains.video];

test.each([
  ['1:1', { width: 768, height: 768 }],
  ['16:9', { width: 1_024, height: 576 }],
  ['9:16', { width: 576, height: 1_024 }],
  ['4:3', { width: 888, height: 664 }],
] as const)('sizeFor() shapes the model’s own number of pixels as %s', (aspect, size) => {
  expect(sizeFor(photoreal, aspect, modelTraits)).toEqual(size);
});

test('sizeFor() gives every model sides that it can work with, and about its own number of pixels', () => {
  for (const candidate of all) {
    const own = sizeFor(candidate, '1:1', modelTraits);
    for (const aspect of aspects) {
      const size = sizeFor(candidate, aspect, modelTraits);
      if (own === undefined || size === undefined) throw new Error(`Cannot shape ${candidate.model}`);
      expect([size.width % 8, size.height % 8]).toEqual([0, 0]);
      expect((size.width * size.height) / (own.width * own.height)).toBeCloseTo(1, 0.9);
      const [across = 0, down = 0] = aspect.split(':').map(Number);
      expect(Math.abs(size.width / size.height / (across / down) - 1)).toBeLessThan(0.06);
    }
  }
});

test('sizeFor() leaves alone what it does not know', () => {
  expect(sizeFor(stranger, '16:9', modelTraits)).toBeUndefined();
});

test('candidatesFor() keeps the order and leaves out who cannot follow', () => {
  const chain = [stranger, photoreal, schnell];
  expect(candidatesFor(chain, undefined, modelTraits)).toEqual(chain);
  expect(candidatesFor(chain, { seed: 1 }, modelTraits)).toEqual([photoreal, schnell]);
  expect(candidatesFor(chain, { seed: 1, negative: 'text' }, modelTraits)).toEqual([photoreal]);
  expect(candidatesFor(chain, { model: stranger.model }, modelTraits)).toEqual([stranger]);
  expect(candidatesFor(chain, { model: 'gone' }, modelTraits)).toEqual([]);
});

test.each([
  'dreamlike-art/dreamlike-photoreal-2.0',
  ' dreamlike-photoreal-2.0 ',
  'bytez:dreamlike-art/dreamlike-photoreal-2.0',
])('checkOptions() finds the model by %j', (model) => {
  expect(checkOptions([schnell, photoreal], { model, seed: 1 }, modelTraits)).toEqual({
    ok: true,
    options: { model: photoreal.model, seed: 1 },
  });
});

test.each([
  'dreamlike\u2011photoreal-2.0',
  'DREAMLIKE-PHOTOREAL-2.0',
  '',
  'x'.repeat(10_000),
  '__proto__',
  'art/dreamlike',
])('checkOptions() takes no name that only resembles one: %.40s', (model) => {
  expect(checkOptions([schnell, photoreal], { model }, modelTraits)).toEqual({
    ok: false,
    mistake: { kind: 'unknown-model', written: model, models: [schnell.model, photoreal.model] },
  });
});

test('checkOptions() takes the label of a model, as captions and /models show it', () => {
  const core = { provider: 'stability', model: 'core' } as const;
  for (const model of ['Stable Image Core', 'stable image core ', 'core', 'stability:core']) {
    expect(checkOptions([schnell, core], { model }, modelTraits)).toEqual({ ok: true, options: { model: 'core' } });
  }
});

test('checkOptions() takes no short name that two models have', () => {
  const chain = [bytez('one/same'), bytez('two/same')];
  expect(checkOptions(chain, { model: 'same' }, modelTraits)).toMatchObject({
    ok: false,
    mistake: { kind: 'unknown-model' },
  });
});

test('checkOptions() says what the named model can do instead', () => {
  expect(checkOptions([photoreal, schnell], { model: 'FLUX.1-schnell', negative: 'text' }, modelTraits)).toEqual({
    ok: false,
    mistake: { kind: 'not-taken', option: 'no', model: schnell.model, takes: ['aspect', 'seed'] },
  });
  expect(checkOptions([stranger], { model: 'unheard-of', aspect: '1:1' }, modelTraits)).toEqual({
    ok: false,
    mistake: { kind: 'not-taken', option: 'aspect', model: stranger.model, takes: [] },
  });
});

test('checkOptions() without a model asks for one that can do all of it, and else speaks of the ablest', () => {
  expect(checkOptions([stranger, photoreal], { seed: 1 }, modelTraits)).toEqual({ ok: true, options: { seed: 1 } });
  expect(checkOptions([stranger, schnell], { seed: 1, negative: 'text' }, modelTraits)).toEqual({
    ok: false,
    mistake: { kind: 'not-taken', option: 'no', takes: ['aspect', 'seed'] },
  });
  expect(checkOptions([stranger], {}, modelTraits)).toEqual({ ok: true, options: {} });
});
