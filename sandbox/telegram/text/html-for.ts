import type { MessageEntity } from 'grammy/types';
import type { FormattedText } from './formatted-text.ts';

/** Returns the text as HTML, with every character escaped and every tag closed in order. */
export function htmlFor({ text, entities }: FormattedText): string {
  const tagged = entities.flatMap((entity) => {
    const tag = tagFor(entity);
    return tag === undefined ? [] : [{ ...tag, start: entity.offset, end: entity.offset + entity.length }];
  });
  const stops = [...new Set([0, text.length, ...tagged.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  let html = '';
  let open: typeof tagged = [];
  for (const [index, at] of stops.entries()) {
    const firstEnded = open.findIndex(({ end }) => end <= at);
    if (firstEnded >= 0) {
      const closing = open.slice(firstEnded);
      html += closing
        .toReversed()
        .map(({ close }) => close)
        .join('');
      open = open.slice(0, firstEnded);
      const reopened = closing.filter(({ end }) => end > at);
      html += reopened.map((tag) => tag.open).join('');
      open.push(...reopened);
    }
    const starting = tagged.filter(({ start }) => start === at);
    html += starting.map((tag) => tag.open).join('');
    open.push(...starting);
    html += escapeHtml(text.slice(at, stops[index + 1] ?? at));
  }
  return html;
}

/** Escapes a text for use in HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

type Tag = { readonly open: string; readonly close: string };

const simpleTags: Readonly<Partial<Record<MessageEntity['type'], string>>> = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strikethrough: 's',
  spoiler: 'tg-spoiler',
  code: 'code',
  blockquote: 'blockquote',
};

function tagFor(entity: MessageEntity): Tag | undefined {
  const simple = simpleTags[entity.type];
  if (simple !== undefined) return { open: `<${simple}>`, close: `</${simple}>` };
  if (entity.type === 'expandable_blockquote') return { open: '<blockquote expandable>', close: '</blockquote>' };
  if (entity.type === 'text_link') return { open: `<a href="${escapeHtml(entity.url)}">`, close: '</a>' };
  if (entity.type === 'date_time') {
    const { unix_time: unix, date_time_format: format } = entity;
    return { open: `<tg-time unix="${unix}" format="${escapeHtml(format)}">`, close: '</tg-time>' };
  }
  if (entity.type === 'pre') return preTag(entity.language);
  return undefined;
}

function preTag(language: string | undefined): Tag {
  if (language === undefined) return { open: '<pre>', close: '</pre>' };
  return { open: `<pre><code class="language-${escapeHtml(language)}">`, close: '</code></pre>' };
}
