import type { InlineKeyboardButton, InlineKeyboardMarkup } from 'grammy/types';
import { badRequest } from '../api-error.ts';
import { isObject, type CallParams } from '../call-params.ts';
import { characterCount } from '../text/formatted-text.ts';
import { linkAddress } from '../text/html-tags.ts';
import { limits } from '../limits.ts';

/** Parses `reply_markup`; returns the inline keyboard, undefined without one. Throws 400 when it is malformed. */
export function readReplyMarkup(params: CallParams): InlineKeyboardMarkup | undefined {
  const markup = params.json('reply_markup', 'reply keyboard markup');
  if (markup === undefined) return undefined;
  if (!isObject(markup)) throw badRequest('object expected as reply markup');
  if ('keyboard' in markup) {
    rowsOf(markup['keyboard'], 'keyboard');
    return undefined;
  }
  if (!('inline_keyboard' in markup)) return undefined;
  const rows = rowsOf(markup['inline_keyboard'], 'inline_keyboard').filter((row) => row.length > 0);
  if (rows.flat().length > limits.buttons) throw badRequest('REPLY_MARKUP_TOO_LONG');
  const keyboard = rows.map((row) => row.map(inlineButton));
  return keyboard.length === 0 ? undefined : { inline_keyboard: keyboard };
}

/** The same for an edit, which accepts an inline keyboard only. */
export function readInlineKeyboard(params: CallParams): InlineKeyboardMarkup | undefined {
  const markup = params.json('reply_markup', 'reply keyboard markup');
  if (isObject(markup) && !('inline_keyboard' in markup) && Object.keys(markup).length > 0) {
    throw badRequest('inline keyboard expected');
  }
  return readReplyMarkup(params);
}

/** True when both keyboards are equal or absent. */
export function sameKeyboard(a: InlineKeyboardMarkup | undefined, b: InlineKeyboardMarkup | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

function rowsOf(value: unknown, field: string): readonly (readonly unknown[])[] {
  if (!Array.isArray(value)) throw badRequest(`field "${field}" must be of type Array`);
  for (const row of value as unknown[]) {
    if (!Array.isArray(row)) throw badRequest(`field "${field}" must be an Array of Arrays`);
  }
  return value as unknown[][];
}

const otherActions = [
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'callback_game',
  'pay',
  'disabled',
];

function inlineButton(button: unknown): InlineKeyboardButton {
  if (!isObject(button)) throw badRequest("can't parse inline keyboard button: expected an Object");
  if (typeof button['text'] !== 'string') {
    throw badRequest('can\'t parse inline keyboard button: field "text" must be of type String');
  }
  if (button['text'].trim() === '') throw badRequest('BUTTON_TEXT_INVALID');
  if ('style' in button && !['danger', 'success', 'primary'].includes(String(button['style']))) {
    throw badRequest("can't parse inline keyboard button: invalid button style specified");
  }
  if ('url' in button) checkUrl(button['url']);
  else if ('callback_data' in button) checkData(button['callback_data']);
  else if ('copy_text' in button) checkCopyText(button['copy_text']);
  else if (!otherActions.some((action) => action in button)) {
    throw badRequest("can't parse inline keyboard button: text buttons are unallowed in the inline keyboard");
  }
  return button as unknown as InlineKeyboardButton;
}

function checkData(data: unknown): void {
  const bytes = typeof data === 'string' ? Buffer.byteLength(data) : 0;
  if (bytes < 1 || bytes > limits.callbackDataBytes) throw badRequest('BUTTON_DATA_INVALID');
}

function checkUrl(url: unknown): void {
  if (typeof url !== 'string' || linkAddress(url) === undefined) {
    throw badRequest(`inline keyboard button URL '${String(url)}' is invalid: wrong HTTP URL`);
  }
}

function checkCopyText(copy: unknown): void {
  const text = isObject(copy) ? copy['text'] : undefined;
  if (typeof text !== 'string' || text === '' || characterCount(text) > limits.copyTextCharacters) {
    throw badRequest('BUTTON_COPY_TEXT_INVALID');
  }
}
