import type { TelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { adminId } from './test-app.ts';

const speaking = /^(?:send(?!ChatAction)|edit|answer)/;
const wordFields = ['text', 'caption', 'media', 'reply_markup'] as const;

/**
 * Returns everything that the bot showed to anyone but the admin: texts, captions, buttons and short answers,
 * overwritten ones included.
 */
export function saidToPeople(telegram: Pick<TelegramSandbox, 'calls'>): readonly string[] {
  return telegram.calls
    .filter(({ method, params }) => speaking.test(method) && String(params['chat_id']) !== String(adminId))
    .map(({ params }) => wordFields.flatMap((field) => wordsIn(params[field])).join('\n'));
}

/** What a person must never read: status codes, keys, stacks, names of errors, holes in sentences. */
export const machinery = [
  /(?<![\w.])(?:4\d\d|5\d\d)(?![\w.])/,
  /canary/i,
  /\bHTTP\b|https?:|\bJSON\b|\bAPI\b/i,
  /\b[A-Z]\w*Error\b|\berror\b|exception|\bat \S+ \(|:\d+:\d+/i,
  /\b(?:undefined|null|NaN)\b|\[object|[{}]/,
  /unauthori|forbidden|rate.?limit|concurren|timed.?out|nginx|bytez/i,
] as const;

/** Returns the messages that show machinery; there must be none. */
export function machineryShown(telegram: Pick<TelegramSandbox, 'calls'>): readonly string[] {
  return saidToPeople(telegram).filter((words) => machinery.some((sign) => sign.test(words)));
}

/** Collects the visible text; callback data and file handles are not visible. */
function wordsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    ['callback_data', 'type', 'parse_mode', 'media'].includes(name) ? [] : wordsIn(part),
  );
}
