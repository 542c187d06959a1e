import type { HeldPlace, RetryAfterStore } from '../../domain/chats/chat-store.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Transformer } from 'grammy';
import type { Emit } from '../../domain/events.ts';
import { describeRefusal, retryAfterOf } from './telegram-error.ts';

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

const chatsRemembered = 5_000;
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

  /** Takes the next slot for a proactive message of any chat; returns its monotonic time. */
  takeProactiveSlot(): number {
    const { burst, everyMs } = pacing.proactive;
    const nowMs = this.#clock.monotonicMs();
    this.#proactiveFullAtMs = Math.max(this.#proactiveFullAtMs, nowMs) + everyMs;
    return Math.max(nowMs, this.#proactiveFullAtMs - burst * everyMs);
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
      if (fullAtMs <= nowMs && lastShownMs + pacing.group.withinMs <= nowMs) this.#chats.delete(id);
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

const maxTries = 4;
/** A reply that would wait longer than this is not sent: it would come too late. */
const maxWaitMs = 120_000;

/** Calls with the same effect when they are repeated. */
const repeatable = /^(edit|set|get|answerCallbackQuery|answerPreCheckoutQuery|delete)/;
/** Shown over the chat for a moment: too late is worse than never, so it waits for nothing and is tried once. */
const isFleeting = (method: string): boolean => method === 'answerCallbackQuery';
/** A 429 for one of these holds every call; the poller waits by itself. */
const isGlobal = (method: string): boolean => method === 'getUpdates' || method === 'getMe';

/**
 * `reply`: a person waits for it, so the call waits for a held chat and is repeated after 5xx and lost connections when it
 * is repeatable. `outgoing`: a call of the outbox, which waits for the rate limit only and gets every error at once.
 */
export type CallKind = 'reply' | 'outgoing';

export type RateLimitTransformerOptions = {
  readonly rateLimiter: RateLimiter;
  readonly rests: RetryAfterStore;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Aborts every call and every wait. */
  readonly closing: AbortSignal;
};

/** Waits as long as Telegram asks (429) and holds further calls to that chat meanwhile, but none to another chat. */
export function rateLimitTransformer(
  { rateLimiter, rests, clock, emit, closing }: RateLimitTransformerOptions,
  callKind: CallKind,
): Transformer {
  return async (prev, method, payload, signal) => {
    const place = chatOf(payload) ?? method;
    const visible = visibleCallOf(method, payload);
    const maxHeldMs = callKind === 'outgoing' || isGlobal(method) || isFleeting(method) ? 0 : maxWaitMs;
    for (let tries = 1; ; tries += 1) {
      const turn = await waitForTurn(place, visible, maxHeldMs);
      if (turn.kind === 'held') return tooMany(turn.ms);
      const reply = await replyTo(() => prev(method, payload, signal ?? (closing as Parameters<typeof prev>[2])));
      turn.answered();
      if (reply.kind === 'answer' && reply.answer.ok) return reply.answer;
      const holdMs = reply.kind === 'answer' ? retryAfterOf(reply.answer) : undefined;
      if (holdMs !== undefined) await hold(isGlobal(method) ? everything : place, holdMs);
      const waitMs = holdMs ?? 500 * 2 ** tries;
      const mayTryAgain = callKind === 'reply' && !isGlobal(method) && tries < maxTries && !closing.aborted;
      const isWorthIt = holdMs === undefined ? mayRepeat(method, reply) : holdMs <= maxHeldMs;
      if (!isGlobal(method) && (holdMs !== undefined || (mayTryAgain && isWorthIt))) {
        emit({ event: 'telegram.error', method, detail: describe(reply), retryInMs: waitMs });
      }
      if (mayTryAgain && isWorthIt && (await waited(waitMs))) continue;
      if (reply.kind === 'lost') throw reply.error;
      return reply.answer;
    }
  };

  /** Waits until the call may go out, and counts it; returns the remaining wait when it is too long or the app stops. */
  async function waitForTurn(place: HeldPlace, visible: VisibleCall | undefined, maxHeldMs: number): Promise<Turn> {
    for (;;) {
      const heldMs = rateLimiter.heldMs(place);
      if (heldMs > maxHeldMs) return { kind: 'held', ms: heldMs };
      const waitMs = Math.max(heldMs, visible === undefined ? 0 : paceMs(visible));
      if (waitMs <= 0) {
        return { kind: 'now', answered: visible === undefined ? () => undefined : rateLimiter.note(visible) };
      }
      if (!(await waited(waitMs))) return { kind: 'held', ms: waitMs };
    }
  }

  /** Answers go out at once, except where Telegram would refuse them: beyond the messages of a group in a minute. */
  function paceMs(visible: VisibleCall): number {
    return callKind === 'outgoing' ? rateLimiter.waitMs(visible) : rateLimiter.minuteWaitMs(visible);
  }

  /** Holds the place in this process and stores the hold for the next one; a failed write does not affect the call. */
  async function hold(place: HeldPlace, ms: number): Promise<void> {
    rateLimiter.hold(place, ms);
    const nowMs = clock.now();
    try {
      await rests.keep({ place, untilMs: nowMs + ms }, nowMs);
    } catch (error) {
      emit({ event: 'app.error', what: 'store how long Telegram asked to wait', error });
    }
  }

  async function waited(ms: number): Promise<boolean> {
    try {
      await clock.sleep(ms, closing);
      return true;
    } catch {
      return false;
    }
  }
}

type Turn = { readonly kind: 'now'; readonly answered: () => void } | { readonly kind: 'held'; readonly ms: number };
type ApiAnswer = Awaited<ReturnType<Parameters<Transformer>[0]>>;
type ApiRefusal = Extract<ApiAnswer, { ok: false }>;
type Reply<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'lost'; readonly error: unknown };

async function replyTo<Answer>(call: () => Promise<Answer>): Promise<Reply<Answer>> {
  try {
    return { kind: 'answer', answer: await call() };
  } catch (error) {
    return { kind: 'lost', error };
  }
}

function mayRepeat(method: string, reply: Reply<ApiAnswer>): boolean {
  const isUnsure = reply.kind === 'lost' || (!reply.answer.ok && reply.answer.error_code >= 500);
  return isUnsure && repeatable.test(method);
}

function describe(reply: Reply<ApiAnswer>): string {
  return reply.kind === 'lost' || reply.answer.ok ? 'no answer' : describeRefusal(reply.answer);
}

/** The answer for a call that was not made. */
function tooMany(heldMs: number): ApiRefusal {
  const seconds = Math.ceil(heldMs / 1_000);
  const description = `Too Many Requests: retry after ${seconds}`;
  return { ok: false, error_code: 429, description, parameters: { retry_after: seconds } };
}
