import type { MessageEntity } from 'grammy/types';
import { badRequest } from './api-error.ts';
import { isObject, type CallParams } from './call-params.ts';
import { foundEntities } from './found-entities.ts';
import type { FormattedText } from './formatted-text.ts';
import { parseHtml } from './html-text.ts';

/** Reads a text, its `parse_mode` and its entities out of a call or out of one item of it. */
export function readText(source: string, parseMode: string, entities: unknown): FormattedText {
  const clean = source.replaceAll('\r', '').replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, ' ');
  const mode = parseMode.toLowerCase();
  if (mode === 'html') return finished(parseHtml(clean));
  if (mode === 'markdown' || mode === 'markdownv2') {
    throw badRequest(`can't parse entities: parse_mode "${parseMode}" is not read here, only "HTML" is`);
  }
  if (mode !== '') throw badRequest('unsupported parse_mode');
  return finished({ text: clean, entities: givenEntities(entities, clean.length) });
}

/** The text parameter `name` of a call with the parse mode and entities that belong to it. */
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

/** Trims the text, moves the entities along and adds those that Telegram finds by itself. */
function finished({ text, entities }: FormattedText): FormattedText {
  const start = text.length - text.trimStart().length;
  const trimmed = text.trim();
  const kept = entities.flatMap((entity) => {
    const from = Math.max(0, entity.offset - start);
    const to = Math.min(trimmed.length, entity.offset - start + entity.length);
    return to > from ? [{ ...entity, offset: from, length: to - from }] : [];
  });
  const all = [...kept, ...foundEntities(trimmed, kept)];
  return { text: trimmed, entities: all.sort((a, b) => a.offset - b.offset || b.length - a.length) };
}
