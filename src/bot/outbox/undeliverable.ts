import { type TelegramError, describeRefusal, refusalTrouble } from './telegram-error.ts';
import type { Transformer } from 'grammy';
import type { ChatStore } from '../../domain/chat-store.ts';
import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import { type Manner, chatOf } from './api-transformer.ts';

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
} as const satisfies Record<TelegramError, Remedy>;

/**
 * The refused call so that Telegram takes it; `done` when nothing is left to do, undefined when that is the caller's to
 * say. A refused call was certainly not done, so whatever it was may be sent once more.
 */
export function remedyFor(trouble: TelegramError, payload: object, movedTo?: number): Payload | 'done' | undefined {
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

/** A call is mended no more often than there are things to mend. */
const mostRemedies = 4;
const mostMoves = 3;
/** What was said in a group stays behind when the group becomes a supergroup, where its number is another message's. */
const stayedBehind = { ok: false, error_code: 400, description: 'Bad Request: message to edit not found' } as const;

export type UndeliverableOptions = {
  readonly chats: ChatStore;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Makes a refused call again the way Telegram takes it, where there is one; keeps the book of chats that are closed or
 * have moved, and leaves the closed ones alone until somebody writes there.
 */
export function fixUndeliverable({ chats, clock, emit }: UndeliverableOptions, manner: Manner): Transformer {
  return async (prev, method, given, signal) => {
    let payload = given;
    const asked = manner === 'unasked' ? chatOf(given) : undefined;
    if (asked !== undefined) {
      const { chatId, isClosed } = await whereabouts(asked);
      if (isClosed) return { ok: false, error_code: 403, description: 'Forbidden: the chat is closed to the bot' };
      if (chatId !== asked && 'message_id' in given) return stayedBehind;
      if (chatId !== asked) payload = inSupergroup(given, chatId) as typeof payload;
    }
    for (let remedies = 0; ; remedies += 1) {
      const answer = await prev(method, payload, signal);
      if (answer.ok) return answer;
      const trouble = refusalTrouble(answer);
      const chatId = chatOf(payload);
      const newId = answer.parameters?.migrate_to_chat_id;
      if (chatId !== undefined && trouble === 'closed') await noted(chats.close(chatId, clock.now()));
      if (chatId !== undefined && newId !== undefined) await noted(chats.move(chatId, newId));
      if (newId !== undefined && 'message_id' in payload) return stayedBehind;
      const remedy = remedies < mostRemedies ? remedyFor(trouble, payload, newId) : undefined;
      if (remedy === undefined) return answer;
      if (remedy === 'done') return { ok: true, result: true as never };
      emit({ event: 'telegram.error', method, detail: describeRefusal(answer), retryInMs: 0 });
      payload = remedy as typeof payload;
    }
  };

  async function whereabouts(chatId: number): Promise<{ readonly chatId: number; readonly isClosed: boolean }> {
    let [id, entry] = [chatId, await chats.find(chatId)];
    for (let moves = 0; entry.movedTo !== undefined && moves < mostMoves; moves += 1) {
      id = entry.movedTo;
      entry = await chats.find(id);
    }
    return { chatId: id, isClosed: entry.isClosed };
  }

  /** A book that cannot be written changes nothing about the call. */
  async function noted(entry: Promise<void>): Promise<void> {
    try {
      await entry;
    } catch (error) {
      emit({ event: 'app.error', what: 'remember what Telegram said of a chat', error });
    }
  }
}
