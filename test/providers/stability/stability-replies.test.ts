import { expect, test } from 'vitest';
import type { GenerationRequest } from '../../../src/domain/provider.ts';
import { imageForm } from '../../../src/providers/stability/image-form.ts';
import { createStabilityProvider } from '../../../src/providers/stability/stability-provider.ts';
import { type Asking, replyFixtures, understood } from '../reply-fixtures.ts';

const asking: Asking = {
  models: { image: 'core', edit: 'ultra' },
  create: (http) => createStabilityProvider({ baseUrl: 'https://stability.example', http, now: () => 0 }),
};

test.each(replyFixtures('stability'))('createStabilityProvider() understands $name ($status)', async (recorded) => {
  expect(await understood(recorded, asking)).toEqual(recorded.expect);
});

const request: GenerationRequest = { kind: 'image', model: 'core', prompt: 'a red fox', inputs: [] };
const wide = { width: 1_344, height: 768 };
const file = { mime: 'image/png', bytes: Buffer.from('png') };

test.each([
  ['core', {}, [], { prompt: 'a red fox' }],
  [
    'core',
    { size: wide, negative: 'snow' },
    [],
    { prompt: 'a red fox', negative_prompt: 'snow', aspect_ratio: '16:9' },
  ],
  ['ultra', { seed: 2 ** 53 - 1 }, [], { prompt: 'a red fox', seed: '2097151' }],
  ['ultra', { size: wide }, [file], { prompt: 'a red fox', strength: '0.7' }],
  ['sd3.5-large', {}, [], { prompt: 'a red fox', model: 'sd3.5-large', mode: 'text-to-image' }],
  [
    'sd3.5-large',
    { size: wide },
    [file],
    { prompt: 'a red fox', model: 'sd3.5-large', mode: 'image-to-image', strength: '0.7' },
  ],
  ['structure', {}, [file], { prompt: 'a red fox' }],
  ['upscale-conservative', {}, [file], { prompt: 'a red fox' }],
  ['upscale-fast', {}, [file], {}],
] as const)('imageForm() of %s with %j', (model, more, files, expected) => {
  const parts = imageForm({ ...request, model, ...more }, files);
  const texts = parts.flatMap((part) => ('text' in part ? [[part.name, part.text]] : []));
  expect(Object.fromEntries(texts)).toEqual({ ...expected, output_format: 'png' });
  expect(parts.filter((part) => 'bytes' in part)).toHaveLength(files.length);
});
