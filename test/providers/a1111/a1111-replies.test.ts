import { expect, test } from 'vitest';
import type { GenerationRequest } from '../../../src/domain/provider.ts';
import { createA1111Provider } from '../../../src/providers/a1111/a1111-provider.ts';
import { runBody } from '../../../src/providers/a1111/run-body.ts';
import { withoutLiveMarks } from '../../../src/providers/live-marks.ts';
import { definitionOf } from '../../../src/providers/registry.ts';
import { type Asking, replyFixtures, understood } from '../reply-fixtures.ts';

const asking: Asking = {
  models: { image: 'loaded-model' },
  create: (http) => createA1111Provider({ baseUrl: 'http://gpu.example:7860', http, now: () => 0 }),
};

test.each(replyFixtures('a1111'))('createA1111Provider() understands $name ($status)', async (recorded) => {
  expect(await understood(recorded, asking)).toEqual(recorded.expect);
});

const model = definitionOf('a1111')?.models[0]?.model ?? '';
const request: GenerationRequest = { kind: 'image', model, prompt: 'a red fox', inputs: [] };
const wide = { width: 1_344, height: 768 };
const noPicture = { mime: 'image/png', bytes: Buffer.from('fox') };
const checkpoint = {
  override_settings: { sd_model_checkpoint: 'sd_xl_base_1.0' },
  override_settings_restore_afterwards: true,
};
const edited = { init_images: [Buffer.from('fox').toString('base64')], denoising_strength: 0.6 };

test.each([
  [{}, [], {}],
  [{ size: wide, seed: 7, negative: 'snow' }, [], { ...wide, seed: 7, negative_prompt: 'snow' }],
  [{ seed: 2 ** 32 + 5 }, [], { seed: 5 }],
  [{ model: 'sd_xl_base_1.0' }, [], checkpoint],
  [{ kind: 'edit' }, [noPicture], edited],
  [{ kind: 'edit', size: wide }, [noPicture], { ...edited, ...wide }],
] as const)('runBody() of %j', (more, pictures, expected) => {
  expect(runBody({ ...request, ...more }, pictures)).toEqual({ prompt: 'a red fox', ...expected });
});

/** The beginning of a PNG of this size: signature and IHDR. */
function pngHead(width: number, height: number) {
  const head = Buffer.from('89504e470d0a1a0a0000000d4948445200000000000000000806000000', 'hex');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return { mime: 'image/png', bytes: head };
}

test.each([
  [640, 480, { width: 640, height: 480 }],
  [4_032, 3_024, { width: 1_184, height: 888 }],
  [500, 333, { width: 504, height: 336 }],
])('a picture of %i×%i keeps its shape, in steps and with as many pixels as models draw', (width, height, size) => {
  expect(runBody({ ...request, kind: 'edit' }, [pngHead(width, height)])).toMatchObject(size);
});

test.each([
  ['<lora:detail:2> a fox', ' lora:detail:2> a fox'],
  ['a __colour__ fox', 'a _colour_ fox'],
  ['a {red|blue} fox', 'a  red|blue  fox'],
  ['<__lora:x:1>', ' _lora:x:1>'],
  ['<{}lora:x:1>', '<  lora:x:1>'],
  ['embedding:easynegative', 'embedding easynegative'],
  ['1 < 2, snake_case, (a fox:1.2)', '1 < 2, snake_case, (a fox:1.2)'],
])('withoutLiveMarks() of %s', (words, harmless) => {
  expect(withoutLiveMarks(words)).toBe(harmless);
});
