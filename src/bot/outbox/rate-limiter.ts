import type { HeldPlace } from '../../domain/chats/chat-store.ts';
import type { Clock } from '../../kit/clock.ts';

/** Telegram's flood limits are not published; calls within these limits are known to pass. */
export const pacing = {
  /** Between two edits of a message, and before a status after any other message of the chat. */
  editSpacingMs: { private: 1_100, group: 3_100 },
  /** About one a second in the same chat, with short bursts. */
  chat: { burst: 6, everyMs: 1_000 },
  /** Within a minute; the last ones are reserved for answers. */
  group: { max: 20, maxStatus: 15, withinMs: 60_000 },
  /** Proactive messages and statuses over all chats: at most thirty a second. */
  proactive: { burst: 5, everyMs: 40 },
} as const;

const chatsRemembered = 1_000;
const sweepEveryMs = 1_000;

/** A call that sends or edits a message in a chat: the one with `messageId`, or as many as an album has items. */
export type VisibleCall = {
  readonly chatId: number;
  readonly kind: 'send' | 'edit';
  readonly messageId?: number;
  readonly messages?: number;
};

/** The place whose hold applies to every call. */
export const everything = 'everything';

type ChatPace = {
  /** When the chat allows a full burst again. */
  fullAtMs: number;
  lastShownMs: number;
  /** In groups: when each of the last messages and edits went out. */
  readonly shownMs: number[];
  readonly edits: Map<number, number>;
};

/** Knows for each chat when the next call is allowed. Counts in monotonic time, so a changed clock has no effect. */
export class RateLimiter {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #chats = new Map<number, ChatPace>();
  readonly #heldUntilMs = new Map<HeldPlace, number>();
  #proactiveFullAtMs = 0;
  #sweptAtMs = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Holds a place for so many milliseconds; a longer earlier hold stays. */
  hold(place: HeldPlace, ms: number): void {
    const untilMs = this.#clock.monotonicMs() + ms;
    this.#heldUntilMs.set(place, Math.max(untilMs, this.#heldUntilMs.get(place) ?? 0));
  }

  /** The remaining hold of a place in milliseconds. */
  heldMs(place: HeldPlace): number {
    return Math.max(0, this.#leftMs(place), this.#leftMs(everything));
  }

  /** Milliseconds until the call is allowed; a status leaves the last of a burst to answers. */
  waitMs(call: VisibleCall, isStatus = false): number {
    const { chatId, kind, messageId } = call;
    const chat = this.#chats.get(chatId);
    if (chat === undefined) return 0;
    const nowMs = this.#clock.monotonicMs();
    const { burst, everyMs } = pacing.chat;
    const spacingMs = pacing.editSpacingMs[typeOf(chatId)];
    const lastEditMs = kind === 'edit' && messageId !== undefined ? chat.edits.get(messageId) : undefined;
    return Math.max(
      0,
      chat.fullAtMs - (burst - (isStatus ? 2 : 1)) * everyMs - nowMs,
      this.minuteWaitMs(call, isStatus),
      (lastEditMs ?? -Infinity) + spacingMs - nowMs,
      isStatus ? chat.lastShownMs + spacingMs - nowMs : 0,
    );
  }

  /** Milliseconds until the group has room for the call in its minute; 0 in private chats. */
  minuteWaitMs({ chatId, messages = 1 }: VisibleCall, isStatus = false): number {
    const { max, maxStatus, withinMs } = pacing.group;
    const firstMs = this.#chats.get(chatId)?.shownMs.at(messages - 1 - (isStatus ? maxStatus : max)) ?? -Infinity;
    return Math.max(0, firstMs + withinMs - this.#clock.monotonicMs());
  }

  /** Counts a call that goes out now; what it returns is called once it is answered: Telegram has counted it by then. */
  note({ chatId, kind, messageId, messages = 1 }: VisibleCall): () => void {
    const nowMs = this.#clock.monotonicMs();
    const chat = this.#chats.get(chatId) ?? this.#newChat(chatId, nowMs);
    const { burst, everyMs } = pacing.chat;
    // Replies do not wait here, so the next message waits for one burst at most, however many replies there were.
    chat.fullAtMs = Math.min(Math.max(chat.fullAtMs, nowMs) + messages * everyMs, nowMs + burst * everyMs);
    chat.lastShownMs = nowMs;
    if (kind === 'edit' && messageId !== undefined) {
      for (const [id, atMs] of chat.edits) if (atMs + pacing.editSpacingMs.group <= nowMs) chat.edits.delete(id);
      chat.edits.set(messageId, nowMs);
    }
    if (typeOf(chatId) === 'private') return () => undefined;
    const count = (atMs: number) => {
      for (let message = 0; message < messages; message += 1) chat.shownMs.push(atMs);
      chat.shownMs.splice(0, chat.shownMs.length - pacing.group.max);
    };
    count(nowMs);
    return () => {
      const at = chat.shownMs.indexOf(nowMs);
      if (at !== -1) chat.shownMs.splice(at, messages);
      count(this.#clock.monotonicMs());
    };
  }

  /** Counts a proactive message of any chat that goes out now, and returns 0; or in how many milliseconds to ask again. */
  takeProactive(): number {
    const { burst, everyMs } = pacing.proactive;
    const nowMs = this.#clock.monotonicMs();
    const fullAtMs = Math.max(this.#proactiveFullAtMs, nowMs) + everyMs;
    const waitMs = Math.max(0, fullAtMs - burst * everyMs - nowMs);
    if (waitMs === 0) this.#proactiveFullAtMs = fullAtMs;
    return waitMs;
  }

  #leftMs(place: HeldPlace): number {
    const untilMs = this.#heldUntilMs.get(place);
    if (untilMs === undefined) return 0;
    const leftMs = untilMs - this.#clock.monotonicMs();
    if (leftMs <= 0) this.#heldUntilMs.delete(place);
    return leftMs;
  }

  #newChat(chatId: number, nowMs: number): ChatPace {
    if (this.#chats.size >= chatsRemembered && nowMs - this.#sweptAtMs >= sweepEveryMs) this.#sweep(nowMs);
    const chat: ChatPace = { fullAtMs: nowMs, lastShownMs: nowMs, shownMs: [], edits: new Map() };
    this.#chats.set(chatId, chat);
    return chat;
  }

  /** Removes chats without a limit. */
  #sweep(nowMs: number): void {
    this.#sweptAtMs = nowMs;
    for (const [id, { fullAtMs, lastShownMs }] of this.#chats) {
      const boundMs = id < 0 ? pacing.group.withinMs : pacing.editSpacingMs.private;
      if (fullAtMs <= nowMs && lastShownMs + boundMs <= nowMs) this.#chats.delete(id);
    }
    for (const place of this.#heldUntilMs.keys()) this.#leftMs(place);
  }
}

/** Telegram's ids of people are positive, those of groups and channels negative. */
function typeOf(chatId: number): 'private' | 'group' {
  return chatId < 0 ? 'group' : 'private';
}

const visibleMethods = /^(?:send(?!ChatAction)|edit)/;

/** The chat that a call of the Bot API concerns. */
export function chatOf(payload: object): number | undefined {
  return numberIn(payload, 'chat_id');
}

/** The message that a call sends or edits; undefined for calls that show nothing. */
export function visibleCallOf(method: string, payload: object): VisibleCall | undefined {
  const chatId = chatOf(payload);
  if (chatId === undefined || !visibleMethods.test(method)) return undefined;
  const messageId = numberIn(payload, 'message_id');
  const media: unknown = method === 'sendMediaGroup' && 'media' in payload ? payload.media : undefined;
  if (method.startsWith('edit')) return { chatId, kind: 'edit', ...(messageId === undefined ? {} : { messageId }) };
  return { chatId, kind: 'send', ...(Array.isArray(media) ? { messages: media.length } : {}) };
}

function numberIn(payload: object, name: string): number | undefined {
  const value = (payload as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'number' ? value : undefined;
}
