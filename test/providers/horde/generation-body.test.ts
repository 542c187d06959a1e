import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fittedSize, generationBody } from '../../../src/providers/horde/generation-body.ts';

const request = { kind: 'image', model: 'stable_diffusion', prompt: 'a red fox', inputs: [] } as const;

test('generationBody() asks for one filtered picture that the anonymous key may have', () => {
  expect(generationBody(request)).toEqual({
    prompt: 'a red fox',
    params: { width: 512, height: 512, steps: 25, n: 1, sampler_name: 'k_euler' },
    models: ['stable_diffusion'],
    nsfw: false,
    censor_nsfw: true,
    r2: true,
  });
});

test('generationBody() writes the seed as text and what is unwanted behind the mark', () => {
  expect(
    generationBody({ ...request, seed: 0, negative: 'ugly hands', size: { width: 704, height: 384 } }),
  ).toMatchObject({
    prompt: 'a red fox ### ugly hands',
    params: { width: 704, height: 384, seed: '0' },
  });
});

test.each([
  ['a fox ### a bear', undefined, 'a fox # # # a bear'],
  ['####', undefined, '# # # #'],
  ['a fox##', '##ugly', 'a fox## ### ##ugly'],
  ['a fox', 'hands ### a bear', 'a fox ### hands # # # a bear'],
  ['#one ##two', undefined, '#one ##two'],
  ['a\0 fox \ud800', undefined, 'a fox \ufffd'],
])('generationBody() keeps the mark to itself in %j', (prompt, negative, expected) => {
  const body = generationBody({ ...request, prompt, ...(negative === undefined ? {} : { negative }) });
  expect(body).toMatchObject({ prompt: expected });
});

test.each([
  [
    { width: 512, height: 512 },
    { width: 512, height: 512 },
  ],
  [
    { width: 1_024, height: 1_024 },
    { width: 1_024, height: 1_024 },
  ],
  [
    { width: 2_048, height: 2_048 },
    { width: 1_024, height: 1_024 },
  ],
  [
    { width: 700, height: 390 },
    { width: 704, height: 384 },
  ],
  [
    { width: 10, height: 5_000 },
    { width: 64, height: 3_072 },
  ],
])('fittedSize() of %j is %j', (size, fitted) => {
  expect(fittedSize(size)).toEqual(fitted);
});

test('fittedSize() always has sides in multiples of 64 and at most a megapixel', () => {
  const pixels = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(pixels, pixels, (width, height) => {
      const fitted = fittedSize({ width, height });
      for (const side of [fitted.width, fitted.height]) {
        expect(side % 64).toBe(0);
        expect(side).toBeGreaterThanOrEqual(64);
        expect(side).toBeLessThanOrEqual(3_072);
      }
      expect(fitted.width * fitted.height).toBeLessThanOrEqual(1_048_576);
    }),
  );
});
