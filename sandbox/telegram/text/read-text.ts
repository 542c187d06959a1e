import type { MessageEntity } from 'grammy/types';
import { badRequest } from '../api-error.ts';
import { isObject, type CallParams } from '../call-params.ts';
import type { FormattedText } from './formatted-text.ts';
import { parseHtml } from './html-text.ts';

type DetectedType = 'bot_command' | 'mention' | 'hashtag' | 'url' | 'email';

/** Sorted by precedence. */
const patterns: readonly (readonly [DetectedType, RegExp])[] = [
  ['email', /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  [
    'url',
    /(?<![\w@/.])(?:https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]|(?:[a-z0-9-]{1,63}\.)+(?:com|org|net|io|me|dev)\b(?:\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])?)/gi,
  ],
  ['bot_command', /(?<![\w/<>])\/\w{1,64}(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])/g],
  ['mention', /(?<!\w)@[a-zA-Z0-9_]{2,32}(?!\w)/g],
  ['hashtag', /(?<![\p{L}\p{N}_])#(?=[\p{N}_]*\p{L})[\p{L}\p{N}_]{1,256}/gu],
];

/**
 * Returns the entities that Telegram detects by itself: commands, mentions, hashtags, URLs and addresses; none inside
 * code or links.
 */
function detectEntities(text: string, given: readonly MessageEntity[]): readonly MessageEntity[] {
  const taken: { readonly offset: number; readonly length: number }[] = given.filter((entity) =>
    ['code', 'pre', 'text_link', 'text_mention', 'bot_command', 'mention', 'url', 'email'].includes(entity.type),
  );
  const found: MessageEntity[] = [];
  for (const [type, pattern] of patterns) {
    for (const match of text.matchAll(pattern)) {
      const span = { offset: match.index, length: match[0].length };
      if (taken.some((other) => overlaps(span, other))) continue;
      taken.push(span);
      found.push({ type, ...span });
    }
  }
  return found;
}

function overlaps(
  a: { readonly offset: number; readonly length: number },
  b: { readonly offset: number; readonly length: number },
): boolean {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

/**
 * Parses a text with its `parse_mode` and entities, of a call or of one item of a call; throws 400 when they are
 * malformed.
 */
export function readText(source: string, parseMode: string, entities: unknown): FormattedText {
  const clean = source.replaceAll('\r', '').replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, ' ');
  const mode = parseMode.toLowerCase();
  if (mode === 'html') return trimAndDetect(parseHtml(clean));
  if (mode === 'markdown' || mode === 'markdownv2') {
    throw badRequest(`can't parse entities: parse_mode "${parseMode}" is not read here, only "HTML" is`);
  }
  if (mode !== '') throw badRequest('unsupported parse_mode');
  return trimAndDetect({ text: clean, entities: givenEntities(entities, clean.length) });
}

/** Parses the text parameter `name` of a call with the parse mode and entities that belong to it. */
export function readTextParam(params: CallParams, name: 'text' | 'caption'): FormattedText {
  const entities = params.json(name === 'text' ? 'entities' : 'caption_entities', 'message entities');
  return readText(params.text(name), params.text('parse_mode'), entities);
}

function givenEntities(given: unknown, length: number): readonly MessageEntity[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw badRequest("can't parse entities: expected an Array of MessageEntity");
  return given.map((entity: unknown) => {
    const isEntity =
      isObject(entity) &&
      typeof entity['type'] === 'string' &&
      Number.isInteger(entity['offset']) &&
      Number.isInteger(entity['length']);
    if (!isEntity) throw badRequest("can't parse entities: expected an Object with type, offset and length");
    const { offset, length: span } = entity as { offset: number; length: number };
    if (offset < 0 || span <= 0 || offset + span > length) {
      throw badRequest(`can't parse entities: entity beginning at UTF-16 offset ${offset} ends after the text`);
    }
    return entity as unknown as MessageEntity;
  });
}

/** Trims the text, shifts the entities accordingly and adds the detected ones. */
function trimAndDetect({ text, entities }: FormattedText): FormattedText {
  const start = text.length - text.trimStart().length;
  const trimmed = text.trim();
  const kept = entities.flatMap((entity) => {
    const from = Math.max(0, entity.offset - start);
    const to = Math.min(trimmed.length, entity.offset - start + entity.length);
    return to > from ? [{ ...entity, offset: from, length: to - from }] : [];
  });
  const all = [...kept, ...detectEntities(trimmed, kept)];
  return { text: trimmed, entities: all.sort((a, b) => a.offset - b.offset || b.length - a.length) };
}
