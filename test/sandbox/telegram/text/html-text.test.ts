import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiError } from '../../../../sandbox/telegram/api-error.ts';
import { readText } from '../../../../sandbox/telegram/text/read-text.ts';
import { parseHtml } from '../../../../sandbox/telegram/text/html-text.ts';
import { escapeHtml, htmlFor } from '../../../../sandbox/telegram/text/html-for.ts';

const read = (source: string) => readText(source, 'HTML', undefined);

test.each([
  ['<b>a</b>', 'bold'],
  ['<strong>a</strong>', 'bold'],
  ['<i>a</i>', 'italic'],
  ['<EM>a</em>', 'italic'],
  ['<u>a</u>', 'underline'],
  ['<ins>a</ins>', 'underline'],
  ['<s>a</s>', 'strikethrough'],
  ['<del>a</del>', 'strikethrough'],
  ['<tg-spoiler>a</tg-spoiler>', 'spoiler'],
  ['<span class="tg-spoiler">a</span>', 'spoiler'],
  ['<code>a</code>', 'code'],
  ['<pre>a</pre>', 'pre'],
  ['<blockquote>a</blockquote>', 'blockquote'],
  ['<blockquote expandable>a</blockquote>', 'expandable_blockquote'],
])('parseHtml() reads %s as %s', (source, type) => {
  expect(parseHtml(source)).toEqual({ text: 'a', entities: [{ type, offset: 0, length: 1 }] });
});

test('parseHtml() counts offsets and lengths in UTF-16 units', () => {
  expect(read('🦊 <b>🦊 fox</b> &amp; <i>👨‍👩‍👧</i>')).toEqual({
    text: '🦊 🦊 fox & 👨‍👩‍👧',
    entities: [
      { type: 'bold', offset: 3, length: 6 },
      { type: 'italic', offset: 12, length: 8 },
    ],
  });
});

test('parseHtml() reads links, people, languages and times', () => {
  expect(read(`<a href="https://example.org/?a=1&amp;b='2'">x</a>`).entities).toEqual([
    { type: 'text_link', url: "https://example.org/?a=1&b='2'", offset: 0, length: 1 },
  ]);
  expect(read('<a href="tg://user?id=5">Ada</a>').entities).toEqual([
    { type: 'text_mention', user: { id: 5, is_bot: false, first_name: 'Ada' }, offset: 0, length: 3 },
  ]);
  expect(read('<a href="nowhere">x</a>').entities).toEqual([]);
  expect(read('<pre><code class="language-ts">let a;</code></pre>').entities).toEqual([
    { type: 'pre', language: 'ts', offset: 0, length: 6 },
  ]);
  expect(read('<tg-time unix="1800000000" format="r">soon</tg-time>').entities).toEqual([
    { type: 'date_time', unix_time: 1_800_000_000, date_time_format: 'r', offset: 0, length: 4 },
  ]);
});

test.each([
  ['&lt;b&gt; &amp;amp; &quot;', '<b> &amp; "'],
  ['&#129418;&#x1F98A;', '🦊🦊'],
  ['AT&T &nbsp; &copy; &#0; &', 'AT&T &nbsp; &copy; &#0; &'],
])('parseHtml() decodes %s', (source, text) => {
  expect(read(source).text).toBe(text);
});

test.each([
  ['<b>a', 'Can\'t find end tag corresponding to start tag "b"'],
  ['🦊 <font>a</font>', 'Unsupported start tag "font" at byte offset 5'],
  ['a < b', 'Unsupported start tag "" at byte offset 2'],
  ['a <b', 'Unclosed start tag at byte offset 2'],
  ['a</b>', 'Unexpected end tag at byte offset 1'],
  ['<b><i>a</b></i>', 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'],
  ['<b>a</b', 'Unclosed end tag at byte offset 4'],
  ['<span>a</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
  ['<a href="x>a</a>', 'Unclosed start tag at byte offset 0'],
  ['<a ="x">a</a>', 'Empty attribute name in the tag "a" at byte offset 0'],
  ['<a href=x/y>a</a>', 'Unexpected end of name token at byte offset 8'],
  ['<br>', 'Unsupported start tag "br" at byte offset 0'],
])('parseHtml() refuses %s', (source, words) => {
  expect(() => parseHtml(source)).toThrow(new ApiError(400, `Bad Request: can't parse entities: ${words}`));
});

test('readText() refuses other parse modes in words that say so', () => {
  expect(() => readText('*a*', 'MarkdownV2', undefined)).toThrow('only "HTML" is');
  expect(() => readText('a', 'BBCode', undefined)).toThrow('Bad Request: unsupported parse_mode');
});

test('readText() trims and moves the entities along', () => {
  expect(read('  \n<b> fox </b>  ')).toEqual({ text: 'fox', entities: [{ type: 'bold', offset: 0, length: 3 }] });
});

test('readText() takes given entities and refuses those that leave the text', () => {
  const bold = { type: 'bold', offset: 0, length: 3 };
  expect(readText('fox', '', [bold]).entities).toEqual([bold]);
  expect(() => readText('fox', '', [{ ...bold, length: 4 }])).toThrow("can't parse entities");
  expect(() => readText('fox', '', [{ type: 'bold' }])).toThrow("can't parse entities");
});

test.each([
  ['/start', [['bot_command', '/start']]],
  ['/generate@our_bot a fox', [['bot_command', '/generate@our_bot']]],
  ['🦊 /help me', [['bot_command', '/help']]],
  ['and/or http://a.org/b', [['url', 'http://a.org/b']]],
  [
    'hi @ada, see example.org.',
    [
      ['mention', '@ada'],
      ['url', 'example.org'],
    ],
  ],
  [
    'mail ada@example.org #fox2 #1',
    [
      ['email', 'ada@example.org'],
      ['hashtag', '#fox2'],
    ],
  ],
  ['1/2 is not a command', []],
] as const)('readText() finds by itself what Telegram finds in %s', (source, found) => {
  const { text, entities } = readText(source, '', undefined);
  expect(entities.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)])).toEqual(found);
});

test('readText() finds nothing inside code and links', () => {
  expect(read('<code>/start</code> <a href="http://a.org">@ada</a>').entities.map(({ type }) => type)).toEqual([
    'code',
    'text_link',
  ]);
});

test('what is escaped is shown as it was, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (words) => {
      expect(parseHtml(escapeHtml(words))).toEqual({ text: words, entities: [] });
    }),
  );
});

test('htmlFor() gives back formatting that reads as the same message', () => {
  const tag = fc.constantFrom('b', 'i', 'u', 's', 'code', 'tg-spoiler');
  const piece = fc.tuple(fc.array(tag, { maxLength: 3 }), fc.string({ unit: 'grapheme', maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const source = pieces
        .map(([tags, words]) => tags.reduce((inner, name) => `<${name}>${inner}</${name}>`, escapeHtml(words)))
        .join('');
      const message = parseHtml(source);
      const shown = parseHtml(htmlFor(message));
      const sorted = (given: typeof message) => given.entities.map((entity) => JSON.stringify(entity)).sort();
      expect(shown.text).toBe(message.text);
      expect(sorted(shown)).toEqual(sorted(message));
    }),
  );
});

test('htmlFor() closes crossing entities in order', () => {
  const entities = [
    { type: 'bold' as const, offset: 0, length: 2 },
    { type: 'italic' as const, offset: 1, length: 2 },
  ];
  expect(htmlFor({ text: 'a<b', entities })).toBe('<b>a<i>&lt;</i></b><i>b</i>');
});
