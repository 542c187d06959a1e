import { expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { type BucketFault, startTestBucket, type TestBucket } from '../support/test-bucket.ts';
import { aCommandLine, atMs, type CommandLine } from './command-line.ts';

function aCommandLineWith(bucket: TestBucket): CommandLine {
  const cli = aCommandLine();
  // Nothing of a provider is asked here.
  Object.assign(cli.env, { HTTP_PORT: '0', BYTEZ_BASE_URL: 'http://127.0.0.1:1', ...bucket.env });
  return cli;
}

async function findingsOf(cli: CommandLine, options = '--online --json'): Promise<readonly string[]> {
  const { findings } = JSON.parse((await cli.run(`doctor ${options}`)).out) as { findings: Finding[] };
  return findings
    .filter(({ check }) => ['bucket', 'public links', 'copies'].includes(check))
    .map(({ check, level, says, fix = '' }) => `${level} ${check}: ${says}; ${fix}`);
}

test('darkroom doctor --online writes, reads and deletes an object, opens its public address, and leaves nothing', async () => {
  await using bucket = await startTestBucket();
  using cli = aCommandLineWith(bucket);
  expect(await findingsOf(cli)).toEqual([
    expect.stringMatching(/^good bucket: it takes, gives and deletes objects, in \d/),
    'good public links: S3_PUBLIC_URL gives what the bucket holds; ',
  ]);
  expect(bucket.calls.map(({ method, isSigned }) => [method, isSigned])).toEqual([
    ['PUT', true],
    ['GET', true],
    ['GET', undefined],
    ['DELETE', true],
  ]);
  expect(await bucket.keys()).toEqual([]);
  expect(bucket.calls.every(({ key }) => key.startsWith('results/'))).toBe(true);
});

test.each<[BucketFault, string, string]>([
  [
    { status: 403, code: 'SignatureDoesNotMatch' },
    'an object cannot be written: it refuses the access key (HTTP 403 SignatureDoesNotMatch)',
    'S3_SECRET_ACCESS_KEY',
  ],
  [
    { status: 404, code: 'NoSuchBucket' },
    'an object cannot be written: there is no such bucket (HTTP 404 NoSuchBucket)',
    'S3_BUCKET',
  ],
  [
    {
      status: 403,
      code: 'RequestTimeTooSkewed',
      headers: { date: new Date(atMs + 20 * 60_000).toUTCString() },
    },
    "an object cannot be written: its clock and this machine's differ by more than it allows, by 20 min (HTTP 403 RequestTimeTooSkewed)",
    'timedatectl',
  ],
  [{}, 'an object cannot be written: it cannot be reached', 'S3_ENDPOINT'],
])('darkroom doctor --online says what is wrong with a bucket, and what fixes it: %o', async (fault, says, fix) => {
  await using bucket = await startTestBucket();
  using cli = aCommandLineWith(bucket);
  bucket.fail(fault);
  const [found = '', ...others] = await findingsOf(cli);
  expect(others).toEqual([]);
  expect(found).toContain(`bad bucket: ${says}`);
  expect(found).toContain(fix);
  expect((await cli.run('doctor --online')).code).toBe(1);
});

test('darkroom doctor --online names the object that it could not delete', async () => {
  await using bucket = await startTestBucket();
  using cli = aCommandLineWith(bucket);
  bucket.fail({ status: 403, code: 'AccessDenied' }, 'DELETE');
  const found = await findingsOf(cli);
  expect(found[0]).toMatch(
    /^bad bucket: an object cannot be deleted: the access key may not do this .*s3:DeleteObject/,
  );
  expect(found[1]).toContain(`warning bucket: the object ${(await bucket.keys())[0]} of this check is still there`);
});

test.each([
  ['', 'note public links: S3_PUBLIC_URL is not set: results are copied, and people are given no link; '],
  ['elsewhere', 'bad public links: S3_PUBLIC_URL answers HTTP 404, so the links would not work; '],
])('darkroom doctor --online tries the public address %j', async (path, says) => {
  await using bucket = await startTestBucket();
  using cli = aCommandLineWith(bucket);
  cli.env['S3_PUBLIC_URL'] = path === '' ? '' : `${bucket.publicUrl}/${path}`;
  expect((await findingsOf(cli))[1]).toContain(says);
});

test('darkroom doctor --online says that Telegram takes no button to a host without a dot', async () => {
  await using bucket = await startTestBucket();
  using cli = aCommandLineWith(bucket);
  cli.env['S3_PUBLIC_URL'] = bucket.publicUrl.replace('127.0.0.1', 'localhost');
  expect((await findingsOf(cli))[1]).toMatch(/^warning public links: S3_PUBLIC_URL has a host without a dot/);
});

test('darkroom doctor counts copies, and names those that lie in a bucket which the settings no longer name', async () => {
  await using bucket = await startTestBucket();
  using cli = aCommandLineWith(bucket);
  {
    using database = cli.openAsBot();
    const add = (key: string, place: string, state: string) =>
      database.runNow(
        `INSERT INTO result_copies (key, place, part, mime, state) VALUES (?, ?, 0, 'image/png', ?)`,
        key,
        place,
        state,
      );
    add('a', `${bucket.endpoint} pictures`, 'kept');
    add('b', `${bucket.endpoint} pictures`, 'delete');
    add('c', 'https://old.example.com pictures', 'delete');
  }
  const other = expect.stringContaining('in another bucket (https://old.example.com pictures): 1 file of results');
  expect(await findingsOf(cli, '--json')).toEqual([
    'good copies: 1 file in the bucket, 0 to upload, 1 to delete; ',
    other,
  ]);
  for (const name of Object.keys(bucket.env)) Reflect.deleteProperty(cli.env, name);
  expect(await findingsOf(cli, '--json')).toHaveLength(2);
});

test('darkroom doctor says nothing of buckets where there is none', async () => {
  using cli = aCommandLine();
  cli.openAsBot()[Symbol.dispose]();
  expect(await findingsOf(cli, '--json')).toEqual([]);
});
