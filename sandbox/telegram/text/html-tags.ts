import type { MessageEntity } from 'grammy/types';

export type OpenTag = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly offset: number;
};

type PlainEntity = MessageEntity.CommonMessageEntity['type'];

const plainTags: Readonly<Record<string, PlainEntity>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
};

/** The tags that a message may contain. */
export const htmlTags: ReadonlySet<string> = new Set([
  ...Object.keys(plainTags),
  'a',
  'code',
  'pre',
  'blockquote',
  'tg-emoji',
  'tg-time',
]);

/**
 * Returns the entity for a closed tag around `text`; undefined when there is none. May remove an entity from the end of
 * `inner` that it absorbs.
 */
export function entityFor(tag: OpenTag, text: string, inner: MessageEntity[]): MessageEntity | undefined {
  const span = { offset: tag.offset, length: text.length };
  if (span.length === 0) return undefined;
  const plain = plainTags[tag.name];
  if (plain !== undefined) return { type: plain, ...span };
  switch (tag.name) {
    case 'a':
      return linkEntity(tag.attributes.get('href') ?? '', text, span);
    case 'blockquote':
      return { type: tag.attributes.has('expandable') ? 'expandable_blockquote' : 'blockquote', ...span };
    case 'pre':
      return preEntity(span, inner);
    case 'code':
      return codeEntity(tag.attributes.get('class') ?? '', span);
    case 'tg-emoji':
      return { type: 'custom_emoji', custom_emoji_id: tag.attributes.get('emoji-id') ?? '', ...span };
    default:
      return timeEntity(tag.attributes, span);
  }
}

type Span = { readonly offset: number; readonly length: number };

function linkEntity(href: string, text: string, span: Span): MessageEntity | undefined {
  const url = href === '' ? text : href;
  const user = /^tg:\/\/user\/?\?id=(\d+)$/.exec(url);
  if (user !== null) {
    return { type: 'text_mention', user: { id: Number(user[1]), is_bot: false, first_name: text }, ...span };
  }
  const link = linkAddress(url);
  return link === undefined ? undefined : { type: 'text_link', url: link, ...span };
}

/** Returns the URL as Telegram stores it; undefined when Telegram would not make it a link. */
export function linkAddress(url: string): string | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^[^/:.]+\.[^/:]+:\d+/.test(url) ? url : `http://${url}`;
  if (!URL.canParse(whole)) return undefined;
  const { protocol, hostname, href, origin } = new URL(whole);
  if (protocol === 'tg:' || protocol === 'ton:' || protocol === 'tonsite:') return whole;
  const isWeb = protocol === 'http:' || protocol === 'https:';
  const isPublic = isWeb && (hostname.includes('.') || hostname.startsWith('['));
  if (!isPublic) return undefined;
  return href === `${origin}/` ? href : whole;
}

/** A `code` that fills the whole `pre` is absorbed: its language becomes that of the `pre`. */
function preEntity(span: Span, inner: MessageEntity[]): MessageEntity {
  const last = inner.at(-1);
  if (last?.type !== 'code' || last.offset !== span.offset || last.length !== span.length) {
    return { type: 'pre', ...span };
  }
  inner.pop();
  const language = codeLanguages.get(last);
  return language === undefined ? { type: 'pre', ...span } : { type: 'pre', language, ...span };
}

const codeLanguages = new WeakMap<MessageEntity, string>();

function codeEntity(className: string, span: Span): MessageEntity {
  const entity: MessageEntity = { type: 'code', ...span };
  if (className.startsWith('language-')) codeLanguages.set(entity, className.slice('language-'.length));
  return entity;
}

function timeEntity(attributes: ReadonlyMap<string, string>, span: Span): MessageEntity | undefined {
  const unixTime = Number(attributes.get('unix'));
  if (!Number.isInteger(unixTime) || unixTime <= 0) return undefined;
  const format = attributes.get('format') ?? '';
  return { type: 'date_time', unix_time: unixTime, date_time_format: format as 'r', ...span };
}
