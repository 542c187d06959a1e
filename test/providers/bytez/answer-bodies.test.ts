import { expect, test } from 'vitest';
import { parseJson } from '../../../src/providers/http/http-exchange.ts';
import { aPng } from '../../media/sample-files.ts';
import { askFor, askTalking, failing, goodBody, goodReply, goodUrl, malformed } from './ask-bytez.ts';

test.each(['{"url": "htt', '{', '{"error":null,"output":"https://cdn', '"', '{"output":["https://a.example/b.png"'])(
  'the cut answer %j fails the attempt and blames no key (C1)',
  async (body) => {
    expect(await askFor(200, body)).toEqual(malformed);
  },
);

test.each([
  ['HTML', '<!doctype html><html><body>Welcome</body></html>'],
  ['null', 'null'],
  ['an empty list', '[]'],
  ['a text', '"ok"'],
  ['a number', '0'],
  ['true', 'true'],
  ['nothing', ''],
  ['an empty object', '{}'],
  ['words', 'OK, here is your picture'],
  ['a list of addresses', JSON.stringify([goodUrl])],
])('%s with 200 fails the attempt (C2)', async (_what, body) => {
  for (const type of ['application/json', 'text/html', 'text/plain']) {
    expect(await askFor(200, body, `content-type: ${type}\r\n`)).toEqual(malformed);
  }
});

test.each(['text/plain', 'text/html; charset=utf-8', 'image/png', 'application/octet-stream', ''])(
  'a result in JSON is found under the content type "%s" (C2)',
  async (type) => {
    expect(await askFor(200, goodBody, `content-type: ${type}\r\n`)).toEqual(goodReply);
  },
);

test.each([
  ['a number', 5],
  ['no list entry', []],
  ['an empty object', {}],
  ['an object in an object in an object', { a: { b: { c: goodUrl } } }],
  ['a host with a space', 'https://cdn example.com/a.png'],
  ['an address with a line break', 'https://cdn.example.com/a\nb.png'],
  ['an address of 1 MB', `https://cdn.example.com/${'a'.repeat(1_000_000)}`],
  ['an address of 8,193 characters', `https://cdn.example.com/${'a'.repeat(8_193 - 24)}`],
  ['eleven pictures', Array.from({ length: 11 }, () => goodUrl)],
  ['10,000 pictures', Array.from({ length: 10_000 }, () => goodUrl)],
  ['an address without a host', 'https://'],
  ['a path', '/model/output/a.png'],
  ['a scheme that is no http', 'ftp://cdn.example.com/a.png'],
])('%s where the result should be fails the attempt (C3)', async (_what, output) => {
  for (const body of [{ error: null, output }, { url: output }, { output: { image: output } }]) {
    expect(await askFor(200, JSON.stringify(body))).toEqual(malformed);
  }
});

test('ten pictures and an address of 8,192 characters are still read, and the first is the result (C3)', async () => {
  const longest = `https://cdn.example.com/${'a'.repeat(8_192 - 24)}`;
  const output = [longest, ...Array.from({ length: 9 }, () => goodUrl)];

  expect(await askFor(200, JSON.stringify({ output }))).toEqual({ ok: true, source: { kind: 'url', url: longest } });
});

test('a byte order mark is passed over (C4)', async () => {
  expect(await askFor(200, `\uFEFF${goodBody}`)).toEqual(goodReply);
});

test.each([
  ['UTF-16, little end first', Buffer.from(`\uFEFF${goodBody}`, 'utf16le')],
  ['UTF-16, big end first', Buffer.from(`\uFEFF${goodBody}`, 'utf16le').swap16()],
  ['a broken byte inside the address', Buffer.from(goodBody.replace('a/b', 'a/\u00ff'), 'latin1')],
  ['an overlong slash', Buffer.from(goodBody.replace('a/b', 'a\u00c0\u00afb'), 'latin1')],
  ['half an emoji', Buffer.from(`${goodBody} \u00f0\u009f\u00a6`, 'latin1')],
])('%s is not guessed at (C4)', async (_what, body) => {
  expect(await askFor(200, body)).toEqual(malformed);
});

test('an answer that speaks of prototypes changes none and adds no field (C5)', async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const body = `{"__proto__":{"admin":true,"output":"${goodUrl}"},"constructor":{"prototype":{"admin":true}},"toString":1}`;

  expect(await askFor(200, body)).toEqual(malformed);
  expect(await askFor(200, `{"__proto__":{"error":"Unauthorized"},"output":"${goodUrl}","extra":1}`)).toEqual(
    goodReply,
  );
  expect(await askFor(200, '{"error":{"__proto__":{"code":"invalid_api_key"}}}')).toEqual(
    failing('provider', 'unrecognized', { sureness: 'guess' }),
  );
  expect([Object.getOwnPropertyNames(Object.prototype), Reflect.get({}, 'admin')]).toEqual([before, undefined]);
});

test.each([
  ['a status beyond all numbers', '{"error":"no","status":1e400}'],
  ['a negative status', '{"error":"no","status":-401}'],
  ['a status that is no whole number', '{"error":"no","status":401.5}'],
  ['a status above 2^53', '{"error":"no","status":9007199254740993}'],
  ['a status of a success', '{"error":"no","status":204}'],
  ['a status in words', '{"error":"no","status":"4e2"}'],
])('%s inside an answer is not believed (C6)', async (_what, body) => {
  expect(await askFor(200, body)).toEqual(failing('provider', 'unrecognized', { sureness: 'guess' }));
});

test.each(['{"output":1e400}', '{"output":9007199254740993}', '{"output":NaN}', '{"output":-1,"progress":9999}'])(
  '%s is no result (C6)',
  async (body) => {
    expect(await askFor(200, body)).toEqual(malformed);
  },
);

test.each([
  ['lists', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['lists that never end', '['.repeat(100_000)],
  ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['lists inside the result', `{"output":${'['.repeat(100_000)}"${goodUrl}"${']'.repeat(100_000)}}`],
  ['lists inside an error', `{"error":${'['.repeat(100_000)}"x"${']'.repeat(100_000)}}`],
])('100,000 nested %s fail the attempt and overflow nothing (C7)', async (_what, body) => {
  expect(parseJson(Buffer.from(body))).toEqual({ ok: false, why: 'JSON too deep or with too many values' });
  expect(await askFor(200, body)).toEqual(malformed);
  expect(await askFor(503, body)).toEqual(failing('provider', 'overloaded'));
});

const base64 = aPng().toString('base64');

test.each([
  ['a data address', `data:image/png;base64,${base64}`],
  ['one in capitals with a parameter', `DATA:image/png;charset=utf-8;base64,${base64}`],
  ['one of a stream of bytes', `data:application/octet-stream;base64,${base64}`],
  ['one without a type', `data:;base64,${base64}`],
  ['one of nothing at all', `data:,${base64}`],
  ['one that says text', `data:text/html;base64,${base64}`],
  ['one with a blank before its data', `data:image/png;base64, ${base64}`],
  ['bare base64', base64],
  ['base64 broken by blanks', base64.replaceAll(/(.{10})/g, '$1 ')],
  ['base64 in lines', base64.replaceAll(/(.{60})/g, '$1\r\n')],
  ['base64 for addresses', base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')],
])('%s is decoded (C28)', async (_what, output) => {
  expect(await askFor(200, JSON.stringify({ output }))).toEqual({
    ok: true,
    source: { kind: 'bytes', bytes: aPng() },
  });
});

test.each([
  ['wrong base64', 'data:image/png;base64,%%%'],
  ['base64 of an impossible length', 'data:image/png;base64,AAAAA'],
  ['no base64 at all', 'data:image/png,raw'],
  ['words', 'data:text/plain,I cannot draw that'],
  ['an empty one', 'data:image/png;base64,'],
  ['one without a comma', 'data:image/png;base64'],
  ['one with a thousand parameters', `data:image/png${';a=b'.repeat(1_000)};base64,${base64}`],
])('a data address with %s fails the attempt (C28)', async (_what, output) => {
  expect(await askFor(200, JSON.stringify({ output }))).toEqual(malformed);
});

test('a data address of 100 MB is left at the limit of an answer (C28)', async () => {
  let sentBytes = 0;
  const reply = await askTalking((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n{"output":"data:image/png;base64,');
    const megabyte = Buffer.alloc(1_000_000, 'A');
    const pour = () => {
      if (socket.destroyed || sentBytes >= 100_000_000) return void socket.end('"}');
      sentBytes += megabyte.byteLength;
      socket.write(megabyte, () => setImmediate(pour));
    };
    pour();
  });

  expect(reply).toEqual(malformed);
  expect(sentBytes).toBeLessThan(80_000_000);
});
