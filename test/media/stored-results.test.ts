import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import { findResult, jobsWithResults, removeResult, resultStem } from '../../src/media/result-files.ts';
import { anMp4, aPng } from './sample-files.ts';

function aFolder(files: Readonly<Record<string, Uint8Array | string>>) {
  const dir = mkdtempSync(join(tmpdir(), 'darkroom-kept-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes);
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

test('findResult() answers the whole result of the job, what it is read from its bytes', async () => {
  using folder = aFolder({ 'job-tg-1.png': aPng(4, 5), 'job-tg-12.png': aPng(), 'job-tg-2.mp4': anMp4() });
  const path = join(folder.dir, 'job-tg-1.png');
  const bytes = aPng(4, 5).byteLength;
  expect(await findResult(folder.dir, 'image', jobId('tg-1'))).toEqual({
    path,
    kind: 'image',
    mime: 'image/png',
    bytes,
    width: 4,
    height: 5,
  });
  expect(await findResult(folder.dir, 'video', jobId('tg-2'))).toMatchObject({ kind: 'video', mime: 'video/mp4' });
});

test.each([
  ['is not there', 'image', 'tg-3', {}],
  ['is of the other kind', 'video', 'tg-1', { 'job-tg-1.png': aPng() }],
  ['is empty', 'image', 'tg-1', { 'job-tg-1.png': '' }],
  ['is on its way in', 'image', 'tg-1', { 'incoming-00000000-0000-0000-0000-000000000000.part': aPng() }],
] as const)('findResult() answers nothing when the result %s', async (_why, kind, id, files) => {
  using folder = aFolder(files);
  expect(await findResult(folder.dir, kind, jobId(id))).toBeUndefined();
  expect(await findResult(join(folder.dir, 'nowhere'), kind, jobId(id))).toBeUndefined();
});

test('removeResult() removes what is kept for the job, and nothing else', async () => {
  using folder = aFolder({ 'job-tg-1.png': aPng(), 'job-tg-1.jpg': 'x', 'job-tg-12.png': aPng(), 'job-tg-1.txt': 'x' });
  expect(await removeResult(folder.dir, jobId('tg-1'))).toBe(true);
  expect(await removeResult(folder.dir, jobId('tg-1'))).toBe(false);
  expect(await removeResult(join(folder.dir, 'nowhere'), jobId('tg-1'))).toBe(false);
  expect(readdirSync(folder.dir).toSorted()).toEqual(['job-tg-1.txt', 'job-tg-12.png']);
});

test('removeResult() never leaves its folder, whatever the id says', async () => {
  using folder = aFolder({});
  const outside = `${folder.dir}-outside.png`;
  writeFileSync(outside, aPng());
  const id = jobId(`/../../${basename(folder.dir)}-outside`);
  expect(await removeResult(folder.dir, id)).toBe(false);
  expect(existsSync(outside)).toBe(true);
  rmSync(outside);
});

test('jobsWithResults() answers the jobs by the names of their files, and passes over what is not a result', async () => {
  const odd = jobId('tg-1/../x');
  using folder = aFolder({
    'job-tg-1.png': '',
    'job-tg-1.jpg': '',
    'job-tg-2.mp4': '',
    [`job-${resultStem(odd)}.png`]: '',
    'job-tg-3.txt': '',
    'incoming-1.part': '',
    'holiday.png': '',
  });
  const found = await jobsWithResults(folder.dir);
  expect(found.toSorted()).toEqual(['tg-1', 'tg-2']);
  expect(await jobsWithResults(join(folder.dir, 'nowhere'))).toEqual([]);
});

test('findResult() and removeResult() know every part of a result', async () => {
  const files = {
    'job-tg-1.png': aPng(),
    'job-tg-1.2.png': aPng(4, 5),
    'job-tg-1.3.png': aPng(),
    'job-tg-12.png': aPng(),
  };
  using folder = aFolder(files);
  const id = jobId('tg-1');
  expect(await findResult(folder.dir, 'image', id, 1)).toMatchObject({
    path: join(folder.dir, 'job-tg-1.2.png'),
    width: 4,
  });
  expect(await findResult(folder.dir, 'image', id, 3)).toBeUndefined();
  expect((await jobsWithResults(folder.dir)).toSorted()).toEqual(['tg-1', 'tg-12']);
  expect(await removeResult(folder.dir, id)).toBe(true);
  expect(readdirSync(folder.dir)).toEqual(['job-tg-12.png']);
  expect(await removeResult(folder.dir, id)).toBe(false);
});
