import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type Config, parseConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';

type Env = Readonly<Record<string, string>>;

const secret = 'canary-secret-access-key-0123456789';
const whole = {
  S3_ENDPOINT: 'https://minio.example.com:9000/',
  S3_BUCKET: 'pictures',
  S3_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  S3_SECRET_ACCESS_KEY: secret,
};

function mistakesOf(env: Env): readonly string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

const bucketOf = (env: Env): Config['bucket'] => parseConfig({ ...whole, ...env }).bucket;

test('without any S3 variable there is no bucket, and empty ones count as unset', () => {
  expect(parseConfig({}).bucket).toBeUndefined();
  expect(parseConfig({ S3_BUCKET: '', S3_ENDPOINT: '' }).bucket).toBeUndefined();
});

test('a bucket is read whole, and never printed with its secret', () => {
  const config = parseConfig({ ...whole, S3_PUBLIC_URL: 'https://cdn.example.com/x/', S3_PREFIX: 'a/b' });
  expect(config.bucket).toMatchObject({
    endpoint: 'https://minio.example.com:9000',
    bucket: 'pictures',
    region: 'us-east-1',
    accessKeyId: 'AKIAEXAMPLE',
    publicUrl: 'https://cdn.example.com/x',
    prefix: 'a/b/',
  });
  expect(config.bucket?.secretAccessKey.reveal()).toBe(secret);
  expect(`${inspect(config, { depth: 10 })}${JSON.stringify(config)}`).not.toContain('canary');
});

test.each([
  ['', ''],
  ['/', ''],
  ['darkroom', 'darkroom/'],
  ['darkroom/', 'darkroom/'],
  ['/dark-room/a.b/', 'dark-room/a.b/'],
])('S3_PREFIX %j is the folder %j', (text, prefix) => {
  expect(bucketOf({ S3_PREFIX: text })?.prefix).toBe(prefix);
});

test.each([
  ['https://x.r2.cloudflarestorage.com', '', 'auto'],
  ['https://x.supabase.co/storage/v1/s3', 'eu-central-1', 'eu-central-1'],
  ['http://127.0.0.1:9000', '', 'us-east-1'],
])('at %s S3_REGION %j is %s', (endpoint, region, expected) => {
  expect(bucketOf({ S3_ENDPOINT: endpoint, S3_REGION: region })?.region).toBe(expected);
});

test('names that do not go together are all told of at once, without a value', () => {
  expect(mistakesOf({ S3_ENDPOINT: 'https://minio.example.com' })).toEqual([
    expect.stringMatching(/^S3_BUCKET is required because S3_ENDPOINT is set/),
    expect.stringMatching(/^S3_ACCESS_KEY_ID is required/),
    expect.stringMatching(/^S3_SECRET_ACCESS_KEY or S3_SECRET_ACCESS_KEY_FILE is required/),
  ]);
  expect(mistakesOf({ ...whole, S3_ENDPOINT: '' })).toEqual([
    expect.stringMatching(/^S3_REGION is required where S3_ENDPOINT is not set/),
  ]);
  expect(mistakesOf({ ...whole, S3_SECRET_ACCESS_KEY_FILE: '/nowhere/at/all' })).toEqual([
    expect.stringMatching(/^S3_SECRET_ACCESS_KEY_FILE names a file that cannot be read \(ENOENT\)/),
    'S3_SECRET_ACCESS_KEY and S3_SECRET_ACCESS_KEY_FILE are both set; remove one of them',
  ]);
});

test.each([
  ['S3_ENDPOINT', 'ftp://minio.example.com'],
  ['S3_ENDPOINT', 'https://minio.example.com/?x=canary'],
  ['S3_BUCKET', 'a/canary'],
  ['S3_BUCKET', 'a..canary'],
  ['S3_REGION', 'eu canary'],
  ['S3_ACCESS_KEY_ID', 'a,canary'],
  ['S3_SECRET_ACCESS_KEY', 'canary with spaces'],
  ['S3_PUBLIC_URL', 'ftp://cdn.example.com/canary'],
  ['S3_PREFIX', '../canary'],
  ['S3_PREFIX', 'a b/canary'],
])('%s %j stops the start by its name', (name, value) => {
  const mistakes = mistakesOf({ ...whole, [name]: value });
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(new RegExp(`^${name} `));
  expect(mistakes[0]).not.toContain('canary');
});

test('the secret is read from a mounted file, whose content no mistake shows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-secret-'));
  try {
    const path = join(folder, 'secret');
    const env = { ...whole, S3_SECRET_ACCESS_KEY: '', S3_SECRET_ACCESS_KEY_FILE: path };
    writeFileSync(path, `\ufeff${secret}\n`);
    expect(parseConfig(env).bucket?.secretAccessKey.reveal()).toBe(secret);
    writeFileSync(path, 'canary one\ncanary two\n');
    expect(mistakesOf(env)).toEqual([expect.stringMatching(/^S3_SECRET_ACCESS_KEY_FILE .*one secret/)]);
    expect(mistakesOf(env).join()).not.toContain('canary');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
