import type { JobId } from '../../domain/ids.ts';
import type { Job, Origin } from '../../domain/job.ts';
import { type JobKind, traitsOf } from '../../domain/kinds.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Transformer } from 'grammy';
import type { ChatLimit, ChatStore } from '../../domain/chats/chat-store.ts';
import type { Emit } from '../../domain/events.ts';
import { captionLimit, shownLength, textLimit, withoutLinks } from '../../messages/view.ts';
import type { CallKind } from './rate-limit-transformer.ts';
import { chatOf } from './rate-limiter.ts';
import { type TelegramError, classifyRefusal, describeRefusal } from './telegram-error.ts';

/** A call's payload as grammY passes it on. */
type Payload = Readonly<Record<string, unknown>>;

/** Corrects a refused call: another payload, `done` when the call has no work left, undefined when the caller decides. */
type Correction = (payload: Payload, movedTo: number | undefined) => Payload | 'done' | undefined;

const done: Correction = () => 'done';
/** The caller decides: wait, send something else, or stop. */
const leftToCaller: Correction = () => undefined;

const corrections = {
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
  'no-right': leftToCaller,
  'topic-closed': leftToCaller,
  gateway: leftToCaller,
  closed: leftToCaller,
  unauthorized: leftToCaller,
  conflict: leftToCaller,
  'too-many': leftToCaller,
  offline: leftToCaller,
  unsure: leftToCaller,
  refused: leftToCaller,
} as const satisfies Record<TelegramError, Correction>;

/**
 * The payload with which Telegram accepts the refused call; `done` when no work is left, undefined when the caller decides.
 * A refused call had no effect, so it may always be repeated.
 */
function correctionFor(failure: TelegramError, payload: object, movedTo?: number): Payload | 'done' | undefined {
  return corrections[failure](payload as Payload, movedTo);
}

/** A call to a group, changed for the supergroup that it became: the replied message does not exist there. */
function inSupergroup(payload: object, chatId: number): Payload {
  const { reply_parameters: _behind, ...rest } = payload as Payload;
  return { ...rest, chat_id: chatId };
}

function without(payload: Payload, name: string): Payload | undefined {
  if (!(name in payload)) return undefined;
  const { [name]: _gone, ...rest } = payload;
  return rest;
}

/** The HTML of the payload or of its media as plain text. */
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

/** A call has at most this many different corrections. */
const maxCorrections = 4;
const maxMoves = 3;
/** Messages of a group do not exist in its supergroup, where the same id belongs to another message. */
const messageNotMoved = { ok: false, error_code: 400, description: 'Bad Request: message to edit not found' } as const;

const topicClosed = { ok: false, error_code: 400, description: 'Bad Request: TOPIC_CLOSED' } as const;
/** A topic that was opened again is found out by a message in it, or after this time. */
const topicForgottenMs = 86_400_000;

function topicIn(payload: object): ChatLimit | undefined {
  const id = (payload as Payload)['message_thread_id'];
  return typeof id === 'number' ? topicLimit(id) : undefined;
}

type UndeliverableTransformerOptions = {
  readonly chats: ChatStore;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Repeats a refused call in the form that Telegram accepts, where there is one. Stores which chats and topics are closed
 * and which chats have moved, and sends nothing to closed ones until somebody writes there.
 */
export function undeliverableTransformer(
  { chats, clock, emit }: UndeliverableTransformerOptions,
  callKind: CallKind,
): Transformer {
  return async (prev, method, given, signal) => {
    let payload = given;
    const askedChat = callKind === 'outgoing' ? chatOf(given) : undefined;
    if (askedChat !== undefined) {
      const { chatId, isClosed } = await currentChat(askedChat);
      const topic = topicIn(given);
      if (topic !== undefined && (await chats.limits(chatId, clock.now())).has(topic)) return topicClosed;
      if (isClosed) return { ok: false, error_code: 403, description: 'Forbidden: the chat is closed to the bot' };
      if (chatId !== askedChat && 'message_id' in given) return messageNotMoved;
      if (chatId !== askedChat) payload = inSupergroup(given, chatId) as typeof payload;
    }
    for (let corrections = 0; ; corrections += 1) {
      const answer = await prev(method, payload, signal);
      if (answer.ok) return answer;
      const failure = classifyRefusal(answer);
      const chatId = chatOf(payload);
      const newId = answer.parameters?.migrate_to_chat_id;
      if (chatId !== undefined && failure === 'closed') await noted(chats.close(chatId, clock.now()));
      const topic = topicIn(payload);
      if (chatId !== undefined && topic !== undefined && failure === 'topic-closed') {
        await noted(chats.limit(chatId, topic, clock.now() + topicForgottenMs));
      }
      if (chatId !== undefined && newId !== undefined) await noted(chats.move(chatId, newId));
      if (newId !== undefined && 'message_id' in payload) return messageNotMoved;
      const correction = corrections < maxCorrections ? correctionFor(failure, payload, newId) : undefined;
      if (correction === undefined) return answer;
      if (correction === 'done') return { ok: true, result: true as never };
      emit({ event: 'telegram.error', method, detail: describeRefusal(answer), retryInMs: 0 });
      payload = correction as typeof payload;
    }
  };

  async function currentChat(chatId: number): Promise<{ readonly chatId: number; readonly isClosed: boolean }> {
    let [id, entry] = [chatId, await chats.find(chatId)];
    for (let moves = 0; entry.movedTo !== undefined && moves < maxMoves; moves += 1) {
      id = entry.movedTo;
      entry = await chats.find(id);
    }
    return { chatId: id, isClosed: entry.isClosed };
  }

  /** A failed write does not affect the call. */
  async function noted(entry: Promise<void>): Promise<void> {
    try {
      await entry;
    } catch (error) {
      emit({ event: 'app.error', what: 'store that a chat is closed or has moved', error });
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

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
    return prev(method, isGroup ? (withDeadQuotes(payload as Fields) as typeof payload) : payload, signal);
  };
}

/** The payload with the quotes in its text, its caption and the caption of its media changed. */
export function withDeadQuotes(payload: Fields): Fields {
  const { media } = payload;
  const isMedia = typeof media === 'object' && media !== null && 'caption' in media;
  return {
    ...payload,
    ...changed(payload, 'text'),
    ...changed(payload, 'caption'),
    ...(isMedia ? { media: { ...media, ...changed(media, 'caption') } } : {}),
  };
}

function changed(holder: object, name: 'text' | 'caption'): Fields {
  const html = (holder as Fields)[name];
  if (typeof html !== 'string') return {};
  const dead = html.replaceAll(quotes, (words) => withoutLinks(words));
  return shownLength(dead) > limits[name] ? {} : { [name]: dead };
}

/** How long a job waits, with its key, for the first answer to its person. */
const maxWaitMs = 1_000;
/** After a first answer took longer, Telegram is slow: for so long no job waits for one. */
const slowForMs = 30_000;

type WayBackOptions = {
  readonly chats: ChatStore;
  readonly clock: Clock;
};

/**
 * Whether the bot may write to who asked. It is asked before a provider is: the first answer to a request shows that a
 * chat is closed before anything is paid.
 */
export class WayBack {
  readonly #chats: ChatStore;
  readonly #clock: Clock;
  readonly #firstAnswers = new Map<JobId, Promise<void>>();
  #slowUntilMs = 0;

  constructor({ chats, clock }: WayBackOptions) {
    this.#chats = chats;
    this.#clock = clock;
  }

  /** The first answer to this request is about to be sent; dispose it when Telegram has taken or refused it. */
  expectAnswer(id: JobId): Disposable {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#firstAnswers.set(id, promise);
    return {
      [Symbol.dispose]: () => {
        this.#firstAnswers.delete(id);
        resolve();
      },
    };
  }

  /** Whether the outcome of the job could be shown now. */
  async isOpen({ id, origin }: Job): Promise<boolean> {
    await this.#answered(id);
    const { chatId, threadId } = origin;
    if ((await this.#chats.find(chatId)).isClosed) return false;
    return threadId === undefined || !(await this.#limits(chatId)).has(topicLimit(threadId));
  }

  /** Whether a result of the kind may be sent in the chat, as far as that is known. */
  async mayCarry(kind: JobKind, { chatId }: Pick<Origin, 'chatId'>): Promise<boolean> {
    return !(await this.#limits(chatId)).has(carrierLimit(kind));
  }

  #limits(chatId: number): Promise<ReadonlySet<string>> {
    return this.#chats.limits(chatId, this.#clock.now());
  }

  async #answered(id: JobId): Promise<void> {
    const answer = this.#firstAnswers.get(id);
    if (answer === undefined || this.#clock.monotonicMs() < this.#slowUntilMs) return;
    // Asked for every job: a timer costs a tenth of a sleep that is aborted.
    const late = Promise.withResolvers<void>();
    using _timer = this.#clock.schedule(maxWaitMs, late.resolve);
    await Promise.race([answer, late.promise]);
    if (this.#firstAnswers.has(id)) this.#slowUntilMs = this.#clock.monotonicMs() + slowForMs;
  }
}

export function topicLimit(threadId: number): ChatLimit {
  return `topic ${threadId}`;
}

export function carrierLimit(kind: JobKind): ChatLimit {
  return `carrier ${traitsOf(kind).carrier}`;
}
