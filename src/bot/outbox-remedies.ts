import type { TelegramTrouble } from './telegram-trouble.ts';

/** A call's payload as grammY passes it on. */
type Payload = Readonly<Record<string, unknown>>;

/** What mends a refused call: another payload, nothing any more, or nothing that is known here. */
type Remedy = (payload: Payload, movedTo: number | undefined) => Payload | 'done' | undefined;

const done: Remedy = () => 'done';
/** Whoever made the call knows what to do: wait, send something else, stop. */
const leftToCaller: Remedy = () => undefined;

const remedies = {
  'not-modified': done,
  'stale-query': done,
  'no-thread': (payload) => without(payload, 'message_thread_id'),
  'no-reply-target': (payload) => without(payload, 'reply_parameters'),
  'bad-markup': (payload) => inPlainText(payload),
  moved: (payload, movedTo) =>
    movedTo === undefined || movedTo === payload['chat_id'] ? undefined : inSupergroup(payload, movedTo),
  'no-message': leftToCaller,
  'bad-media': leftToCaller,
  'too-big': leftToCaller,
  closed: leftToCaller,
  unauthorized: leftToCaller,
  conflict: leftToCaller,
  'too-many': leftToCaller,
  offline: leftToCaller,
  unsure: leftToCaller,
  refused: leftToCaller,
} as const satisfies Record<TelegramTrouble, Remedy>;

/**
 * The refused call so that Telegram takes it; `done` when nothing is left to do, undefined when that is the caller's to
 * say. A refused call was certainly not done, so whatever it was may be sent once more.
 */
export function remedyFor(trouble: TelegramTrouble, payload: object, movedTo?: number): Payload | 'done' | undefined {
  return remedies[trouble](payload as Payload, movedTo);
}

/** What was meant for a group, for the supergroup that it became: the message to answer has stayed behind. */
export function inSupergroup(payload: object, chatId: number): Payload {
  const { reply_parameters: _behind, ...rest } = payload as Payload;
  return { ...rest, chat_id: chatId };
}

function without(payload: Payload, name: string): Payload | undefined {
  if (!(name in payload)) return undefined;
  const { [name]: _gone, ...rest } = payload;
  return rest;
}

/** Whatever is written in HTML, in the payload itself or in the media that it shows, as plain words. */
function inPlainText(payload: Payload): Payload | undefined {
  const { media } = payload;
  if ('parse_mode' in payload) return plain(payload);
  if (typeof media !== 'object' || media === null || !('parse_mode' in media)) return undefined;
  return { ...payload, media: plain({ ...media }) };
}

function plain({ parse_mode: _html, ...payload }: Payload): Payload {
  const words = ['text', 'caption'].flatMap((name) => {
    const html = payload[name];
    return typeof html === 'string' ? [[name, withoutTags(html)] as const] : [];
  });
  return { ...payload, ...Object.fromEntries(words) };
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };

function withoutTags(html: string): string {
  return html
    .replaceAll(/<[^<>]*>/g, '')
    .replaceAll(/&(lt|gt|quot|amp);/g, (_all, name: string) => entities[name] ?? '');
}
