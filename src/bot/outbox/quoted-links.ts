import type { Transformer } from 'grammy';
import { captionLimit, shownLength, textLimit, withoutLinks } from '../../messages/view.ts';
import { chatOf } from './rate-limiter.ts';

type Payload = Readonly<Record<string, unknown>>;

/** Our messages show the words of people only as quotes. */
const quotes = /(?<=<blockquote[^>]*>)[^<]+(?=<\/blockquote>)/g;
const limits = { text: textLimit, caption: captionLimit } as const;

/**
 * In groups the words of people, which the bot repeats, are no links: they call nobody by name and open nothing in the name
 * of the bot. In a private chat they are shown exactly as they were written.
 */
export function quotedLinksTransformer(): Transformer {
  return (prev, method, payload, signal) => {
    const isGroup = (chatOf(payload) ?? 0) < 0;
    return prev(method, isGroup ? (withDeadQuotes(payload as Payload) as typeof payload) : payload, signal);
  };
}

/** The payload with the quotes in its text, its caption and the caption of its media changed. */
export function withDeadQuotes(payload: Payload): Payload {
  const { media } = payload;
  const isMedia = typeof media === 'object' && media !== null && 'caption' in media;
  return {
    ...payload,
    ...changed(payload, 'text'),
    ...changed(payload, 'caption'),
    ...(isMedia ? { media: { ...media, ...changed(media, 'caption') } } : {}),
  };
}

function changed(holder: object, name: 'text' | 'caption'): Payload {
  const html = (holder as Payload)[name];
  if (typeof html !== 'string') return {};
  const dead = html.replaceAll(quotes, (words) => withoutLinks(words));
  return shownLength(dead) > limits[name] ? {} : { [name]: dead };
}
