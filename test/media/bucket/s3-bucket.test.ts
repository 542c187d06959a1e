import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sign } from 'aws4';
import { Secret } from '../../../src/kit/secret.ts';
import {
  type BucketSettings,
  newKey,
  objectUrl,
  placeOf,
  publicUrlOf,
} from '../../../src/media/bucket/object-address.ts';
import { createS3Bucket, type HttpAnswer, type SendHttp } from '../../../src/media/bucket/s3-bucket.ts';
import { createHttpClient } from '../../../src/providers/http/http-exchange.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { bucketSecret, startTestBucket } from '../../support/test-bucket.ts';

const settings: BucketSettings = {
  endpoint: 'https://minio.example.com:9000',
  bucket: 'pictures',
  region: 'us-east-1',
  accessKeyId: 'canary-access-key-id',
  secretAccessKey: new Secret(bucketSecret),
  publicUrl: undefined,
  prefix: '',
};
const { signal } = new AbortController();

const fileOf = (bytes: Buffer) => ({
  bytes: bytes.byteLength,
  stream: async function* stream() {
    for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536);
  },
});

test.each([
  ['a server of one’s own', {}, 'https://minio.example.com:9000/pictures/a.png'],
  [
    'Supabase',
    { endpoint: 'https://x.supabase.co/storage/v1/s3' },
    'https://x.supabase.co/storage/v1/s3/pictures/a.png',
  ],
  ['AWS', { endpoint: undefined, region: 'eu-west-1' }, 'https://pictures.s3.eu-west-1.amazonaws.com/a.png'],
  [
    'AWS with dots in the name',
    { endpoint: undefined, region: 'eu-west-1', bucket: 'my.pictures' },
    'https://s3.eu-west-1.amazonaws.com/my.pictures/a.png',
  ],
  [
    'AWS in China',
    { endpoint: undefined, region: 'cn-north-1' },
    'https://pictures.s3.cn-north-1.amazonaws.com.cn/a.png',
  ],
])('objectUrl() is the address at %s', (_, more, url) => {
  expect(objectUrl({ ...settings, ...more }, 'a.png')).toBe(url);
});

test('newKey() is 128 random bits behind the prefix, and the link is the public address, a slash and the key', () => {
  const key = newKey({ prefix: 'a/b/' }, '.png');
  expect(key).toMatch(/^a\/b\/[0-9a-f]{32}\.png$/);
  expect(newKey({ prefix: 'a/b/' }, '.png')).not.toBe(key);
  expect(publicUrlOf({ publicUrl: 'https://cdn.example.com/x' }, key)).toBe(`https://cdn.example.com/x/${key}`);
  expect(publicUrlOf(settings, key)).toBeUndefined();
});

test('placeOf() tells buckets apart and holds no secret', () => {
  const places = [settings, { ...settings, bucket: 'b' }, { ...settings, endpoint: undefined }].map(placeOf);
  expect(new Set(places).size).toBe(3);
  expect(places.join()).not.toContain('canary');
});

test.each([
  ['by path', {}],
  ['by host', { endpoint: undefined, region: 'eu-west-1' }],
  ['with the region of R2', { endpoint: 'https://x.r2.cloudflarestorage.com', region: 'auto' }],
  ['below a path', { endpoint: 'https://x.supabase.co/storage/v1/s3' }],
])('every call %s is signed as another library signs it, with the hash of what it sends', async (_, more) => {
  const own = { ...settings, ...more };
  const asked: Parameters<SendHttp>[0][] = [];
  const send: SendHttp = async (call) => {
    asked.push(call);
    return { kind: 'answer', status: 200, headers: {}, body: new Uint8Array() };
  };
  const bucket = createS3Bucket({ settings: own, send, clock: fakeClock(Date.UTC(2026, 10, 29, 11, 5, 9)) });
  const file = fileOf(Buffer.from('fox'));
  await bucket.put('a/b c.png', file, 'image/png', signal);
  await bucket.get('a.png', signal);
  await bucket.delete('a.png', signal);
  const again = asked.map(({ method, url, headers }) => {
    const { host, pathname } = new URL(url);
    const { 'x-amz-content-sha256': hash = '', 'x-amz-date': date = '' } = headers;
    const signed = { Host: host, 'X-Amz-Content-Sha256': hash, 'X-Amz-Date': date };
    return sign(
      { host, method, path: pathname, service: 's3', region: own.region, headers: signed },
      { accessKeyId: own.accessKeyId, secretAccessKey: bucketSecret },
    ).headers?.['Authorization'];
  });
  expect(again).toEqual(asked.map(({ headers }) => headers['authorization']));
  expect(asked.map(({ headers }) => headers['x-amz-date'])).toEqual(Array(3).fill('20261129T110509Z'));
  expect(asked[0]?.headers).toMatchObject({
    'content-type': 'image/png',
    'content-length': '3',
    'x-amz-content-sha256': createHash('sha256').update('fox').digest('hex'),
  });
});

const xml = (status: number, code: string, headers = {}): HttpAnswer => ({
  kind: 'answer',
  status,
  headers,
  body: Buffer.from(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>x</Message></Error>`),
});
const bare = (status: number, body = ''): HttpAnswer => ({
  kind: 'answer',
  status,
  headers: {},
  body: Buffer.from(body),
});

test.each<[HttpAnswer, string, string]>([
  [xml(403, 'SignatureDoesNotMatch'), 'credentials', 'HTTP 403 SignatureDoesNotMatch'],
  [xml(403, 'InvalidAccessKeyId'), 'credentials', 'HTTP 403 InvalidAccessKeyId'],
  [xml(403, 'AccessDenied'), 'forbidden', 'HTTP 403 AccessDenied'],
  [xml(404, 'NoSuchBucket'), 'missing', 'HTTP 404 NoSuchBucket'],
  [xml(301, 'PermanentRedirect'), 'region', 'HTTP 301 PermanentRedirect'],
  [xml(400, 'AuthorizationHeaderMalformed'), 'region', 'HTTP 400 AuthorizationHeaderMalformed'],
  [xml(400, 'EntityTooLarge'), 'too-large', 'HTTP 400 EntityTooLarge'],
  [xml(503, 'SlowDown'), 'overloaded', 'HTTP 503 SlowDown'],
  [xml(400, 'SomethingNew'), 'refused', 'HTTP 400 SomethingNew'],
  [xml(404, 'NoSuchKey'), 'no-object', 'HTTP 404 NoSuchKey'],
  [bare(500), 'overloaded', 'HTTP 500'],
  [bare(404, '<html>'), 'protocol', 'HTTP 404'],
  [bare(413), 'too-large', 'HTTP 413'],
  [bare(403), 'forbidden', 'HTTP 403'],
  [bare(307), 'region', 'HTTP 307'],
  [{ kind: 'timed-out' }, 'unreachable', 'no answer in time'],
  [{ kind: 'unreachable', detail: 'cannot connect: ECONNREFUSED' }, 'unreachable', 'cannot connect: ECONNREFUSED'],
  [{ kind: 'cut', detail: 'the connection broke: ECONNRESET' }, 'unreachable', 'the connection broke: ECONNRESET'],
  [{ kind: 'malformed', detail: 'the answer is not HTTP: X' }, 'protocol', 'the answer is not HTTP: X'],
])('an answer is read once: %o', async (answer, why, detail) => {
  const bucket = createS3Bucket({ settings, send: async () => answer, clock: fakeClock() });
  expect(await bucket.put('a', fileOf(Buffer.from('fox')), 'image/png', signal)).toEqual({ ok: false, why, detail });
});

test('a clock that differs too much is told of with the difference', async () => {
  const clock = fakeClock(Date.UTC(2026, 10, 29, 11, 0, 0));
  const answer = xml(403, 'RequestTimeTooSkewed', { date: 'Sun, 29 Nov 2026 11:20:00 GMT' });
  const bucket = createS3Bucket({ settings, send: async () => answer, clock });
  expect(await bucket.get('a', signal)).toMatchObject({ ok: false, why: 'clock', aheadMs: 1_200_000 });
});

test('deleting what is not there counts as deleted, and a bucket that is not there does not', async () => {
  const replies = [xml(404, 'NoSuchKey'), bare(204), xml(404, 'NoSuchBucket')];
  const send: SendHttp = async () => replies.shift() ?? bare(500);
  const bucket = createS3Bucket({ settings, send, clock: fakeClock() });
  const ended = [await bucket.delete('a', signal), await bucket.delete('a', signal), await bucket.delete('a', signal)];
  expect(ended.map(({ ok }) => ok)).toEqual([true, true, false]);
});

test('a large file goes through a real server in pieces, with its length known, and comes back byte for byte', async () => {
  await using stand = await startTestBucket();
  await using http = createHttpClient();
  const own = { ...settings, endpoint: stand.endpoint, region: 'eu-test-1' };
  const bucket = createS3Bucket({ settings: own, send: (call) => http.call(call), clock: systemClock });
  const bytes = Buffer.alloc(10_000_000, 'a film of foxes ');
  expect(await bucket.put('results/film.mp4', fileOf(bytes), 'video/mp4', signal)).toMatchObject({ ok: true });
  const [call] = stand.calls;
  expect(call).toMatchObject({ isSigned: true, status: 200 });
  expect(call?.headers['content-length']).toBe('10000000');
  expect(call?.headers['transfer-encoding']).toBeUndefined();
  expect(Math.max(...(call?.chunks ?? []))).toBeLessThanOrEqual(1_000_000);
  const read = await stand.read(`${stand.publicUrl}/results/film.mp4`);
  expect(read.type).toBe('video/mp4');
  expect(read.bytes.equals(bytes)).toBe(true);
});
