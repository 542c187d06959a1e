import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import { bytesOfBuffer, aGif, aJpeg, anMp4, aPng, aWebm, aWebp } from './sample-files.ts';
import { judgeFile } from '../../src/media/judge-file.ts';
import { localHttpServer } from '../contract/local-server.ts';
import { keep, refused } from './result-stage.ts';

/** What is kept of a server that says this type and gives these bytes. */
async function keptAs(type: string, bytes: Uint8Array, disposition = 'inline') {
  await using server = await localHttpServer((_request, response) => {
    response.setHeader('content-type', type).setHeader('content-disposition', disposition).end(bytes);
  });
  return await keep(`${server.url}/a.png`, { allowPrivateHosts: [server.host] });
}

const zeros = '\0'.repeat(500);

test.each<readonly [string, string, AttemptFailure['reason'], boolean]>([
  ['HTML', '<!doctype html><html><body>Log in</body></html>', 'result-unavailable', false],
  ['JSON', '{"error":"expired"}', 'result-unavailable', false],
  ['a program', `MZ${zeros}`, 'result-unusable', false],
  ['an ELF program', `\x7fELF\x02\x01\x01${zeros}`, 'result-unusable', false],
  ['a ZIP', `PK\x03\x04${zeros}`, 'result-unusable', false],
  ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'result-unusable', false],
  ['a script', '#!/bin/sh\nid\n', 'result-unavailable', false],
  ['zeros', zeros, 'result-unavailable', true],
  ['nothing', '', 'result-unavailable', true],
  ['ten bytes of a PNG', aPng().toString('latin1', 0, 10), 'result-unavailable', true],
])('%s under the type image/png is not kept (C24)', async (_what, bytes, reason, retryable) => {
  expect(await keptAs('image/png', Buffer.from(bytes, 'latin1'))).toEqual(refused(reason, retryable));
});

test.each([
  ['png', aPng()],
  ['jpg', aJpeg(2, 3, 0)],
  ['webp', aWebp('VP8L')],
  ['gif', aGif()],
])('a %s is kept under any type that its server says (C24)', async (extension, bytes) => {
  for (const type of ['text/html', 'application/octet-stream', 'video/mp4', 'image/svg+xml', 'x']) {
    expect((await keptAs(type, bytes)).left).toEqual([`job-tg-1-2.${extension}`]);
  }
});

test('of videos MP4 and WebM are known, and an MP4 without its ftyp is not (C24)', async () => {
  const verdicts = await Promise.all(
    [anMp4(), aWebm(), anMp4().subarray(8), anMp4().fill('x', 4, 8), aPng()].map(
      async (file) => await judgeFile(bytesOfBuffer(file), 'video'),
    ),
  );
  expect(verdicts.map(({ kind }) => kind === 'good')).toEqual([true, true, false, false, false]);
});

test.each([
  ['8 KB that claim 60,000 x 60,000 pixels', aPng(60_000, 60_000, 8_000)],
  ['30,000 x 30,000 pixels', aPng(30_000, 30_000)],
  ['a JPEG of 65,535 x 65,535 pixels', aJpeg(65_535, 65_535)],
  ['a WebP of 16,384 x 16,384 pixels', aWebp('VP8L', 16_384, 16_384)],
  ['a GIF of 65,535 x 65,535 pixels', aGif(65_535, 65_535)],
])('a picture with %s is not kept (C25)', async (_what, bytes) => {
  expect(await keptAs('image/png', bytes)).toEqual(refused('result-unusable'));
});

test.each([
  ['no height', aPng(5, 0)],
  ['a header that breaks off', aPng().subarray(0, 20)],
  ['garbage behind the magic', Buffer.concat([aPng().subarray(0, 8), Buffer.alloc(500, 7)])],
  ['nothing behind its header but half of its data', aPng(2, 3, 5_000).subarray(0, 3_000)],
])('a picture with %s is not kept, and may be fetched again (C25)', async (_what, bytes) => {
  expect(await keptAs('image/png', bytes)).toEqual(refused('result-unavailable', true));
});

test.each([
  ['one pixel', aPng(1, 1)],
  ['200 megapixels', aPng(20_000, 10_000)],
])('%s is kept as it is (C25)', async (_what, bytes) => {
  expect((await keptAs('image/png', bytes)).kept).toMatchObject({ ok: true, file: { bytes: bytes.byteLength } });
});

test('the limit of a video is 50 MB (C26)', async () => {
  for (const [bytes, reason, retryable] of [
    [50_000_001, 'result-too-large', false],
    [50_000_000, 'result-unavailable', true],
  ] as const) {
    await using server = await localHttpServer((_request, response) => {
      response.setHeader('content-length', bytes);
      const megabyte = Buffer.alloc(1_000_000);
      for (let sent = 0; sent < 50; sent += 1) response.write(megabyte);
      response.end(megabyte.subarray(0, bytes - 50_000_000));
    });
    const kept = await keep(`${server.url}/a.mp4`, { allowPrivateHosts: [server.host] }, 'video');
    expect(kept).toEqual(refused(reason, retryable));
  }
});

test.each([
  'attachment; filename="../../x.exe"',
  "attachment; filename*=UTF-8''a%E2%80%AEgnp.exe",
  'attachment; filename="con"',
  `attachment; filename="${'x'.repeat(5_000)}"`,
  'attachment; filename="a%00b%0d%0aX: y"',
])('the name that %s asks for is not given (C27)', async (disposition) => {
  expect((await keptAs('image/png', aPng(), disposition)).left).toEqual(['job-tg-1-2.png']);
});
