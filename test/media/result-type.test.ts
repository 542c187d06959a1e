import { expect, test } from 'vitest';
import { jobKinds, traitsOf } from '../../src/domain/job.ts';
import { judgeType, resultExtensions } from '../../src/media/stored-results.ts';
import { anMp4, aPng } from './sample-files.ts';

function aSound(name: 'mp3' | 'ogg' | 'wav' | 'm4a'): Buffer {
  const file = Buffer.alloc(1000);
  if (name === 'mp3') file.set([0xff, 0xfb, 0x90]);
  if (name === 'ogg') file.write('OggS', 0, 'latin1');
  if (name === 'ogg') file.write('OpusHead', 28, 'latin1');
  if (name === 'wav') file.write('RIFF\0\0\0\0WAVE', 0, 'latin1');
  if (name === 'm4a') file.write('\0\0\0\x18ftypM4A ', 0, 'latin1');
  return file;
}

test.each(['mp3', 'ogg', 'wav', 'm4a'] as const)(
  'judgeType() takes a sound (%s) neither for a picture nor for a video',
  async (name) => {
    for (const kind of jobKinds.filter((one) => !traitsOf(one).accepts.includes('audio'))) {
      const judged = await judgeType(aSound(name), kind);
      expect(judged).toMatchObject({
        ok: false,
        why: expect.stringMatching(new RegExp(`^expected a ${kind}, got audio/`)),
      });
    }
  },
);

test('judgeType() takes only the media that the kind accepts', async () => {
  expect(await judgeType(aPng(), 'image')).toMatchObject({ ok: true, type: { kind: 'image', mime: 'image/png' } });
  expect(await judgeType(anMp4(), 'video')).toMatchObject({ ok: true, type: { kind: 'video', mime: 'video/mp4' } });
  expect(await judgeType(aPng(), 'video')).toEqual({ ok: false, why: 'expected a video, got image/png' });
  expect(await judgeType(anMp4(), 'image')).toEqual({ ok: false, why: 'expected a image, got video/mp4' });
});

test('resultExtensions are those of media that some kind accepts', () => {
  expect(resultExtensions).toEqual(['png', 'jpg', 'webp', 'gif', 'mp4', 'webm']);
});
