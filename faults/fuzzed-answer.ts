import * as fc from 'fast-check';
import { type JobKind, jobKinds } from '../src/domain/kinds.ts';
import type { HttpReply } from '../src/providers/http/http-exchange.ts';
import { jsonChanges, changedJson } from './changed-json.ts';
import { fixedPicture } from './fixed-picture.ts';
import { sampleAnswers, goodAnswers } from './sample-answers.ts';
import { sometimes, spliced, splices } from './spliced-bytes.ts';

/** Parts of a request that must not appear in a failure's detail. */
export type Asked = { readonly key: string; readonly prompt: string };

/** One answer of a provider, and the kind of its request. */
export type FuzzedAnswer = { readonly kind: JobKind; readonly reply: HttpReply };

/** All kinds of answers: recorded and sandbox answers with changes, noise, and excessive sizes. */
export function fuzzedAnswer({ key, prompt }: Asked): fc.Arbitrary<FuzzedAnswer> {
  const spelling = fc.constantFrom(
    key,
    key.toUpperCase(),
    encodeURIComponent(key),
    JSON.stringify(key),
    Buffer.from(key).toString('base64'),
    Buffer.from(` Key ${key}`).toString('base64'),
    Buffer.from(key).toString('hex'),
    prompt,
    prompt.toUpperCase(),
    prompt.slice(0, 40),
    prompt.slice(12),
    JSON.stringify(prompt),
    encodeURIComponent(prompt),
  );
  const words = fc
    .array(fc.oneof(spelling, fc.constantFrom(...phrases), fc.string({ unit: 'binary', maxLength: 12 })), {
      maxLength: 5,
    })
    .map((parts) => parts.join(' '));
  const nasty = fc.oneof(
    words,
    words.map((message) => ({ error: { message, code: message, type: 'x' } })),
    words.map((text) => JSON.stringify({ error: { message: text } })),
    fc.constantFrom<unknown>(...strangeValues),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const bentBody = fc
    .tuple(fc.oneof(fc.constantFrom(...goodAnswers), fc.constantFrom(...sampleAnswers)), jsonChanges(nasty), splices)
    .map(([given, changes, cuts]) => ({
      ...given,
      body: cuts.reduce(spliced, bytesOf(changes.reduce(changedJson, given.body))),
    }));
  const noise = fc.record({
    kind: fc.constantFrom(...jobKinds),
    status: fc.constantFrom(200, 400, 401, 429, 500),
    headers: fc.constant({}),
    isResult: fc.constant(false),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      words.map((text) => Buffer.from(text)),
      fc
        .tuple(fc.constantFrom(...pieces), fc.integer({ min: 1, max: 400_000 }))
        .map(([piece, length]) => Buffer.from(piece.repeat(Math.ceil(length / piece.length)))),
    ),
  });
  const answer = fc
    .tuple(
      fc.oneof({ weight: 12, arbitrary: bentBody }, { weight: 1, arbitrary: noise }),
      sometimes(
        fc.oneof(fc.constantFrom(200, 400, 401, 402, 403, 404, 429, 500, 503), fc.integer({ min: 200, max: 999 })),
      ),
      fc.dictionary(fc.constantFrom(...headerNames), fc.oneof(fc.constantFrom(...headerValues), words), { maxKeys: 3 }),
    )
    .map(([given, status, headers]): FuzzedAnswer => ({
      kind: given.kind,
      reply: {
        kind: 'answer',
        status: status ?? given.status,
        headers: { ...given.headers, ...headers },
        body: given.body,
      },
    }));
  const wire = fc.record({ kind: fc.constantFrom(...jobKinds), reply: fc.constantFrom<HttpReply>(...wireReplies) });
  return fc.oneof({ weight: 40, arbitrary: answer }, { weight: 1, arbitrary: wire });
}

const phrases = [
  'rate limit exceeded',
  'insufficient credits',
  'your plan allows for 1 concurrency',
  'content policy',
  'model not found',
  'invalid_api_key',
  'Unauthorized',
  'timed out',
  '<html><body>',
  '\u0000\u202e\ud800',
  'x'.repeat(3_000),
] as const;

const strangeValues = [
  null,
  true,
  -1,
  429,
  1e308,
  '',
  'null',
  { status: 401 },
  JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}') as unknown,
  'http://169.254.169.254/latest/meta-data/',
  'http://[::1]:1/a.png',
  'http://2130706433/a.png',
  'http://0x7f.1/a.png',
  'file:///etc/passwd',
  'https://user:word@cdn.example.com/a.png',
  'https://cdn.example.com/a b.png',
  'https://cdn.example.com/a.png',
  'http://cdn.example.com/a.mp4',
  `https://cdn.example.com/${'a'.repeat(5_000)}`,
  'data:image/png;base64,AAAA',
  'data:text/html,<script>',
  `data:image/png;base64,${Buffer.from(fixedPicture).toString('base64')}`,
  Array.from({ length: 60 }, () => 'https://cdn.example.com/a.png'),
] as const;

/** Inputs on which a regular expression of quadratic time is slow. */
const pieces = [' ', 'a', '[', '{"a":', '"', '\\"', 'rate ', '=', '<', '\r\n', 'A/+', '\u00e9', 'https://'] as const;

const headerNames = ['retry-after', 'retry-after-ms', 'ratelimit-reset', 'x-ratelimit-reset', 'content-type'] as const;
const headerValues = [
  '-1',
  '0',
  '5',
  '1e9',
  '999999999999999',
  'Wed, 21 Oct 2026 07:28:00 GMT',
  'Xyz',
  'text/html',
] as const;

const wireReplies: readonly HttpReply[] = [
  { kind: 'timed-out' },
  { kind: 'too-large' },
  { kind: 'unreachable', detail: 'cannot connect: ECONNREFUSED' },
  { kind: 'cut', detail: 'the connection broke: ECONNRESET' },
  { kind: 'malformed', detail: 'the answer is not HTTP: HPE_INVALID_CONSTANT' },
];

function bytesOf(tree: unknown): Buffer {
  return Buffer.isBuffer(tree) ? tree : Buffer.from(JSON.stringify(tree) ?? '');
}
