import type { TelegramSandbox } from '../../src/sandbox/telegram/telegram-sandbox.ts';
import { adminId } from './test-house.ts';

const speaking = /^(?:send(?!ChatAction)|edit|answer)/;
const wordFields = ['text', 'caption', 'media', 'reply_markup'] as const;

/** All that the bot ever showed to anybody but the admin: every text, caption, button and short answer, the overwritten ones too. */
export function saidToPeople(telegram: Pick<TelegramSandbox, 'calls'>): readonly string[] {
  return telegram.calls
    .filter(({ method, params }) => speaking.test(method) && String(params['chat_id']) !== String(adminId))
    .map(({ params }) => wordFields.flatMap((field) => wordsIn(params[field])).join('\n'));
}

/** What no person should ever read: status codes, keys, stacks, names of errors, holes in sentences. */
export const machinery = [
  /(?<![\w.])(?:4\d\d|5\d\d)(?![\w.])/,
  /canary/i,
  /\bHTTP\b|https?:|\bJSON\b|\bAPI\b/i,
  /\b[A-Z]\w*Error\b|\berror\b|exception|\bat \S+ \(|:\d+:\d+/i,
  /\b(?:undefined|null|NaN)\b|\[object|[{}]/,
  /unauthori|forbidden|rate.?limit|concurren|timed.?out|nginx|bytez/i,
] as const;

/** The sentences in which machinery shows; none is as it should be. */
export function machineryShown(telegram: Pick<TelegramSandbox, 'calls'>): readonly string[] {
  return saidToPeople(telegram).filter((words) => machinery.some((sign) => sign.test(words)));
}

/** Buttons carry ids and media carry handles that nobody reads; only what is written on them counts. */
function wordsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    ['callback_data', 'type', 'parse_mode', 'media'].includes(name) ? [] : wordsIn(part),
  );
}
