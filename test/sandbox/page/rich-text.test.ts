import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRichText, type RichNode, richTags } from '../../../sandbox/page/rich-text.ts';
import { escapeHtml } from '../../../sandbox/telegram/text/html-for.ts';
import { anyCharacter } from '../../support/any-character.ts';

test('parseRichText() reads nested formatting as a tree', () => {
  expect(parseRichText('<b>bold <i>both</i></b> and <code>a &lt; b</code>')).toEqual([
    { tag: 'b', children: ['bold ', { tag: 'i', children: ['both'] }] },
    ' and ',
    { tag: 'code', children: ['a < b'] },
  ]);
});

test('parseRichText() distinguishes expandable and plain quotes, and drops the line break after them', () => {
  expect(parseRichText('<blockquote expandable>long</blockquote>\nafter<blockquote>short</blockquote>\n\nend')).toEqual(
    [
      { tag: 'blockquote', children: ['long'], expandable: true },
      'after',
      { tag: 'blockquote', children: ['short'] },
      '\nend',
    ],
  );
});

test.each([
  ['https://example.com/?a=1&amp;b=2', 'https://example.com/?a=1&b=2'],
  ['tg://user?id=7', 'tg://user?id=7'],
])('parseRichText() keeps the link %s', (written, href) => {
  expect(parseRichText(`<a href="${written}">here</a>`)).toEqual([{ tag: 'a', children: ['here'], href }]);
});

test.each(['javascript:alert(1)', 'data:text/html,x', '', ' https://example.com'])(
  'parseRichText() makes no link to "%s"',
  (address) => {
    expect(parseRichText(`<a href="${address}">here</a>`)).toEqual(['here']);
  },
);

test('parseRichText() drops unknown tags and keeps their text', () => {
  const html = '<script>alert(1)</script><img src=x onerror=alert(1)><span class="x">plain</span>';
  expect(words(parseRichText(html))).toBe('alert(1)plain');
  expect(tags(parseRichText(html))).toEqual([]);
});

test('parseRichText() gives back any text that was escaped, and only ever makes tags of the list', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      expect(words(parseRichText(escapeHtml(text)))).toBe(text);
    }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('<b>', '</b>', '<pre>', '<', '>', '<a href="x">', '<iframe>', 'a')),
      (parts) => {
        const known: readonly string[] = richTags;
        expect(tags(parseRichText(parts.join(''))).every((tag) => known.includes(tag))).toBe(true);
      },
    ),
  );
});

function words(nodes: readonly RichNode[]): string {
  return nodes.map((node) => (typeof node === 'string' ? node : words(node.children))).join('');
}

function tags(nodes: readonly RichNode[]): readonly string[] {
  return nodes.flatMap((node) => (typeof node === 'string' ? [] : [node.tag, ...tags(node.children)]));
}
