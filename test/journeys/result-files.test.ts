import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { aGif, aPng } from '../media/sample-files.ts';
import { aVideo, isoBox } from '../media/sample-video.ts';
import { hasAnswer } from '../support/answers.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';

const env = { IMAGE_CHAIN: 'bytez:dreamlike-art/dreamlike-photoreal-2.0', MAX_ATTEMPTS: '1' };

/** The result itself in the answer, instead of its address. */
function inline(bytes: Uint8Array): readonly (readonly BytezFault[])[] {
  const output = Buffer.from(bytes).toString('base64');
  return [[{ do: { kind: 'status', status: 200, body: JSON.stringify({ error: null, output }) } }]];
}

test.each([
  ['a picture of 30,000 x 1 pixels', 'C25', aPng(30_000, 1)],
  ['a picture of 2,100 x 100 pixels', 'C25', aPng(2_100, 100)],
  ['a picture of 6,000 x 6,000 pixels', 'C25', aPng(6_000, 6_000)],
  ['a picture of 11 MB', 'C26', aPng(200, 300, 11_000_000)],
  ['a picture of 29 MB', 'C26', aPng(200, 300, 29_000_000)],
])('%s arrives as a document (%s)', async (_what, _threat, bytes) => {
  await using app = await openTestApp({ accounts: inline(bytes), env });
  const person = app.person(7);
  person.say('/generate a wall');
  const seen = await person.waitFor((messages) => messages.some(({ document }) => document !== undefined));

  expect(fromBot(seen)).toMatchObject([{ edited: true, document: { mime: 'image/png' } }]);
});

test('a picture above 50 MB is not kept, and the person reads that it is too large (C26)', async () => {
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'big-media', bytes: 50_000_001 } }]], env });
  const person = app.person(7, 'en');
  person.say('/generate a wall');
  const seen = await person.waitFor(hasAnswer);

  expect(wordsOf(fromBot(seen)[0])).toContain('too large for Telegram');
  expect(readdirSync(join(app.dataDir, 'results'))).toEqual([]);
  expect(machineryShown(app.telegram)).toEqual([]);
});

const anAvif = Buffer.concat([
  isoBox('ftyp', Buffer.from('avif\0\0\0\0avifmif1', 'latin1')),
  isoBox('meta', Buffer.alloc(100)),
  isoBox('mdat', Buffer.alloc(100)),
]);

test.each([
  ['an AVIF', 'avif', anAvif],
  ['a HEIC', 'heic', Buffer.from(anAvif.toString('latin1').replaceAll('avif', 'heic'), 'latin1')],
  ['a JPEG XL', 'jxl', Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.alloc(100, 7)])],
])('%s arrives as a file, untouched, after one run', async (_what, extension, bytes) => {
  await using app = await openTestApp({ accounts: inline(bytes), env });
  const person = app.person(7);
  person.say('/generate a wall');
  const seen = await person.waitFor((messages) => messages.some(({ document }) => document !== undefined));

  const { document } = fromBot(seen)[0] ?? {};
  expect(document?.name).toMatch(new RegExp(`\\.${extension}$`));
  expect(Buffer.from(document?.bytes ?? [])).toEqual(bytes);
  expect(app.bytez.calls.filter(({ route }) => route === 'run')).toHaveLength(1);
});

test('a GIF for a video arrives as an animation', async () => {
  await using app = await openTestApp({ accounts: inline(Buffer.concat([aGif(64, 32), Buffer.alloc(100)])), env });
  const person = app.person(7);
  person.say('/video a wall');
  const seen = await person.waitFor((messages) => messages.some(({ animation }) => animation !== undefined));

  expect(fromBot(seen)).toMatchObject([{ edited: true, animation: { width: 64, height: 32 } }]);
});

test('a video arrives with its size as it is shown and its duration', async () => {
  await using app = await openTestApp({
    accounts: inline(aVideo({ width: 1920, height: 1080, degrees: 90, durationMs: 5_400 })),
    env,
  });
  const person = app.person(7);
  person.say('/video a wall');
  const seen = await person.waitFor((messages) => messages.some(({ video }) => video !== undefined));

  expect(fromBot(seen)).toMatchObject([{ edited: true, video: { width: 1080, height: 1920, durationS: 5 } }]);
});
