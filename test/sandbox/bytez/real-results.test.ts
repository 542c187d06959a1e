import { fileTypeFromBuffer } from 'file-type';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/kit/clock.ts';
import { startBytezSandbox } from '../../../sandbox/bytez/bytez-sandbox.ts';
import { imageModel, post, videoModel } from './ask.ts';

test.each([
  { model: imageModel, params: { width: 128, height: 128 }, mime: 'image/png' },
  { model: videoModel, params: { width: 64, height: 64, num_frames: 8, fps: 8 }, mime: 'video/mp4' },
])('$model draws a file of the type $mime', async ({ model, params, mime }) => {
  await using sandbox = await startBytezSandbox({ clock: systemClock, accounts: [{ name: 'ann', key: 'key-of-ann' }] });
  const { output } = (await (await post(sandbox, model, { text: 'a red fox', params })).json()) as { output: string };
  const file = new Uint8Array(await (await fetch(output)).arrayBuffer());
  expect((await fileTypeFromBuffer(file))?.mime).toBe(mime);
});
