import { expect, test } from 'vitest';
import { builtInChains } from '../../../src/config/provider-settings.ts';
import { type Candidate, aspects } from '../../../src/domain/job.ts';
import { candidatesFor, checkOptions, sizeFor } from '../../../src/jobs/request/request-options.ts';
import { modelTraits } from '../../../src/providers/registry.ts';

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
