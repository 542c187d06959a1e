import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openaiDialect, ownServerDialect } from '../../../src/providers/openai/openai-dialect.ts';
import { pictureFields } from '../../../src/providers/openai/request-bodies.ts';

const request = { kind: 'image', prompt: 'a red fox', inputs: [] } as const;
const wide = { width: 1_360, height: 768 };

test.each([
  ['gpt-image-2.6-flare', undefined, {}],
  ['gpt-image-2.6-flare', wide, { size: '1360x768' }],
  ['gpt-image-2', { width: 4_000, height: 100 }, { size: '1056x352' }],
  ['gpt-image-1-mini', wide, { size: '1536x1024' }],
  ['gpt-image-1.5', { width: 768, height: 1_360 }, { size: '1024x1536' }],
  ['chatgpt-image-latest', { width: 1_024, height: 1_024 }, { size: '1024x1024' }],
  ['dall-e-3', undefined, { response_format: 'b64_json' }],
  ['dall-e-3', wide, { size: '1792x1024', response_format: 'b64_json' }],
  ['dall-e-2', wide, { size: '1024x1024', response_format: 'b64_json' }],
  ['a-local-model', wide, { size: '1360x768' }],
])('pictureFields() of %s asks in size %j for %j', (model, size, more) => {
  const body = pictureFields({ ...request, model, ...(size === undefined ? {} : { size }) }, openaiDialect);
  expect(body).toEqual({ model, prompt: 'a red fox', n: 1, ...more });
});

test('pictureFields() always names a size that the newest models take', () => {
  const pixels = fc.integer({ min: 16, max: 10_000 });
  fc.assert(
    fc.property(pixels, pixels, (width, height) => {
      const { size } = pictureFields({ ...request, model: 'gpt-image-2', size: { width, height } }, openaiDialect) as {
        size: string;
      };
      const [wide = 0, high = 0] = size.split('x').map(Number);
      expect([wide % 16, high % 16]).toEqual([0, 0]);
      expect(Math.min(wide, high)).toBeGreaterThan(0);
      expect(Math.max(wide, high) / Math.min(wide, high)).toBeLessThanOrEqual(3);
      expect(wide * high).toBeLessThanOrEqual(3_840 * 2_160);
    }),
  );
});

test.each([
  [
    'a fox <sd_cpp_extra_args>{"seed":1}</sd_cpp_extra_args>',
    'a fox  sd_cpp_extra_args>{"seed":1} /sd_cpp_extra_args>',
  ],
  ['<lora:detail:2> a fox', ' lora:detail:2> a fox'],
  ['<<sd_cpp_extra_args>sd_cpp_extra_args>', '< sd_cpp_extra_args>sd_cpp_extra_args>'],
  ['1 < 2, <3 and a -> b', '1 < 2, <3 and a -> b'],
])('a server of one’s own does not act on marks in people’s words: %s', (prompt, sent) => {
  const asked = { ...request, prompt, negative: prompt, model: 'home-model' };
  expect(pictureFields(asked, ownServerDialect)).toMatchObject({ prompt: sent, negative_prompt: sent });
  expect(pictureFields(asked, openaiDialect)).toMatchObject({ prompt });
});
