import { expect, test } from 'vitest';
import { mediaFor } from '../../../src/bot/delivery/media-message.ts';
import type { Carrier } from '../../../src/domain/kinds.ts';
import type { MediaFile, OpenedResult } from '../../../src/domain/media.ts';

const view = { text: 'words', rows: [] };
const png = aFile('image', 'image/png', { width: 64, height: 64 });
const gif = aFile('image', 'image/gif');
const mp4 = aFile('video', 'video/mp4');
const mp3 = aFile('audio', 'audio/mpeg');
const opened: OpenedResult = { bytes: 1_000, stream: async function* () {} };

function aFile(kind: MediaFile['kind'], mime: string, more: Partial<MediaFile> = {}): MediaFile {
  return { path: '/results/job-1', kind, mime, bytes: 1_000, ...more };
}

test.each<readonly [Carrier, MediaFile, string]>([
  ['photo', png, 'photo'],
  ['photo', gif, 'animation'],
  ['photo', { ...png, width: 20_000 }, 'document'],
  ['photo', { ...png, width: 5_000, height: 5_000 }, 'photo'],
  ['photo', { ...png, width: 5_000, height: 5_001 }, 'document'],
  ['photo', { ...png, bytes: 11_000_000 }, 'document'],
  ['photo', mp3, 'document'],
  ['video', mp4, 'video'],
  ['video', aFile('video', 'video/webm'), 'document'],
  ['video', mp3, 'document'],
  ['audio', mp3, 'audio'],
  ['audio', aFile('audio', 'audio/mp4'), 'audio'],
  ['audio', aFile('audio', 'audio/wav'), 'document'],
  ['audio', aFile('audio', 'audio/ogg'), 'document'],
  ['voice', aFile('audio', 'audio/ogg'), 'document'],
  ['document', png, 'document'],
  ['text', png, 'document'],
])('mediaFor() a kind carried as %s shows %o as %s', (carrier, file, type) => {
  expect(mediaFor({ file, opened }, carrier, view, 'fitting').type).toBe(type);
});

test('mediaFor() gives the file untouched where that is wanted', () => {
  expect(mediaFor({ file: png, opened }, 'photo', view, 'document')).toMatchObject({
    type: 'document',
    disable_content_type_detection: true,
  });
});

test('mediaFor() names a sound as it is called, else as the file calls itself, and says how long it lasts', () => {
  const file = { ...mp3, durationMs: 198_440, title: 'Track 1', performer: 'Nobody' };
  const shown = mediaFor({ file, opened }, 'audio', view, 'fitting');
  expect(shown).toMatchObject({ type: 'audio', title: 'Track 1', performer: 'Nobody', duration: 198 });
  expect(mediaFor({ file, opened, title: 'Rain' }, 'audio', view, 'fitting')).toMatchObject({ title: 'Rain' });
});
