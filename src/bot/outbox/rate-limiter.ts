import type { HeldPlace } from '../../domain/chat-store.ts';
import type { Clock } from '../../kit/clock.ts';

/** Telegram's flood control is not published; what keeps to these is known to be left alone. */
export const pacing = {
  /** Between two edits of a message, and between a status message and whatever was shown in that chat before. */
  editSpacingMs: { private: 1_100, group: 3_100 },
  /** About one a second in the same chat, with short bursts. */
  chat: { burst: 6, everyMs: 1_000 },
  /** Within a minute; status messages leave the last ones to what is waited for. */
  group: { most: 20, mostNews: 15, withinMs: 60_000 },
  /** What nobody asked for, over all chats: at most thirty a second. */
  unasked: { burst: 5, everyMs: 40 },
} as const;

const chatsRemembered = 5_000;
const sweepEveryMs = 1_000;

/** Something that a call shows in a chat. */
export type Showing = {
  readonly chatId: number;
  readonly kind: 'send' | 'edit';
  /** The message that is edited, when there is one. */
  readonly messageId?: number;
};

/** The place that every other one belongs to. */
export const everything = 'everything';

type ChatPace = {
  /** When the chat bears a full burst again. */
  fullAtMs: number;
  lastShownMs: number;
  /** In groups: when each of the last messages and edits went out. */
  readonly shownMs: number[];
  readonly edits: Map<number, number>;
};

/** Knows when Telegram bears the next call, chat by chat; in time that really passed, whatever becomes of the clock. */
export class RateLimiter {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #chats = new Map<number, ChatPace>();
  readonly #heldUntilMs = new Map<HeldPlace, number>();
  #unaskedFullAtMs = 0;
  #sweptAtMs = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Nothing goes there for so long; a longer hold from before stays. */
  hold(place: HeldPlace, ms: number): void {
    const untilMs = this.#clock.monotonicMs() + ms;
    this.#heldUntilMs.set(place, Math.max(untilMs, this.#heldUntilMs.get(place) ?? 0));
  }

  /** How long nothing may go there. */
  heldMs(place: HeldPlace): number {
    return Math.max(0, this.#leftMs(place), this.#leftMs(everything));
  }

  /** How long until Telegram bears it; a status message leaves the last of a burst to what is waited for. */
  waitMs({ chatId, kind, messageId }: Showing, isNews = false): number {
    const chat = this.#chats.get(chatId);
    if (chat === undefined) return 0;
    const nowMs = this.#clock.monotonicMs();
    const { burst, everyMs } = pacing.chat;
    const { most, mostNews, withinMs } = pacing.group;
    const spacingMs = pacing.editSpacingMs[typeOf(chatId)];
    const firstOfMinuteMs = chat.shownMs.at(isNews ? -mostNews : -most);
    const lastEditMs = kind === 'edit' && messageId !== undefined ? chat.edits.get(messageId) : undefined;
    return Math.max(
      0,
      chat.fullAtMs - (burst - (isNews ? 2 : 1)) * everyMs - nowMs,
      (firstOfMinuteMs ?? -Infinity) + withinMs - nowMs,
      (lastEditMs ?? -Infinity) + spacingMs - nowMs,
      isNews ? chat.lastShownMs + spacingMs - nowMs : 0,
    );
  }

  /** It goes out now. */
  note({ chatId, kind, messageId }: Showing): void {
    const nowMs = this.#clock.monotonicMs();
    const chat = this.#chats.get(chatId) ?? this.#newChat(chatId, nowMs);
    const { burst, everyMs } = pacing.chat;
    // Answers do not wait here: however many there were, what follows them waits for no more than a burst.
    chat.fullAtMs = Math.min(Math.max(chat.fullAtMs, nowMs) + everyMs, nowMs + burst * everyMs);
    chat.lastShownMs = nowMs;
    if (typeOf(chatId) === 'group') {
      chat.shownMs.push(nowMs);
      if (chat.shownMs.length > pacing.group.most) chat.shownMs.shift();
    }
    if (kind !== 'edit' || messageId === undefined) return;
    for (const [id, atMs] of chat.edits) if (atMs + pacing.editSpacingMs.group <= nowMs) chat.edits.delete(id);
    chat.edits.set(messageId, nowMs);
  }

  /** Gives one of the unasked messages of all chats its turn; answers when that is, in uptime. */
  takeUnaskedTurn(): number {
    const { burst, everyMs } = pacing.unasked;
    const nowMs = this.#clock.monotonicMs();
    this.#unaskedFullAtMs = Math.max(this.#unaskedFullAtMs, nowMs) + everyMs;
    return Math.max(nowMs, this.#unaskedFullAtMs - burst * everyMs);
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

  /** Forgets chats that would bear anything by now. */
  #sweep(nowMs: number): void {
    this.#sweptAtMs = nowMs;
    for (const [id, { fullAtMs, lastShownMs }] of this.#chats) {
      if (fullAtMs <= nowMs && lastShownMs + pacing.group.withinMs <= nowMs) this.#chats.delete(id);
    }
    for (const place of this.#heldUntilMs.keys()) this.#leftMs(place);
  }
}

/** Telegram's ids of people are positive, those of groups and channels negative. */
function typeOf(chatId: number): 'private' | 'group' {
  return chatId < 0 ? 'group' : 'private';
}
