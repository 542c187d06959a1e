import { type Showing, everything, type RateLimiter } from './rate-limiter.ts';
import type { Transformer } from 'grammy';
import type { Emit } from '../../domain/events.ts';
import type { HeldPlace, RetryAfterStore } from '../../domain/chat-store.ts';
import type { Clock } from '../../kit/clock.ts';
import { describeRefusal, holdOf } from './telegram-error.ts';

const showing = /^(?:send(?!ChatAction)|edit)/;

/** The chat that a call of the Bot API concerns. */
export function chatOf(payload: object): number | undefined {
  return numberIn(payload, 'chat_id');
}

/** What a call of the Bot API shows in a chat, if it shows anything. */
export function showingOf(method: string, payload: object): Showing | undefined {
  const chatId = chatOf(payload);
  if (chatId === undefined || !showing.test(method)) return undefined;
  const messageId = numberIn(payload, 'message_id');
  if (!method.startsWith('edit')) return { chatId, kind: 'send' };
  return { chatId, kind: 'edit', ...(messageId === undefined ? {} : { messageId }) };
}

function numberIn(payload: object, name: string): number | undefined {
  const value = (payload as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'number' ? value : undefined;
}

const mostTries = 4;
/** An answer that has to wait longer than this is not given: whoever asked has gone on by then. */
const longestWaitMs = 120_000;

/** Calls that show the same thing however often they are made. */
const repeatable = /^(edit|set|get|answerCallbackQuery|delete)/;
/** Whoever polls has a patience of its own; and where these have to rest, everything has to. */
const isGlobal = (method: string): boolean => method === 'getUpdates' || method === 'getMe';

/**
 * `answering`: somebody has just written and waits, so a call waits for a chat that rests, and is repeated after 5xx and
 * lost connections when it cannot be seen twice. `unasked`: an errand of the outbox, which waits only until the chat
 * bears it, and is told of every trouble at once.
 */
export type Manner = 'answering' | 'unasked';

export type RateLimitTransformerOptions = {
  readonly rateLimiter: RateLimiter;
  readonly rests: RetryAfterStore;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Once it aborts, no call and no wait goes on. */
  readonly closing: AbortSignal;
};

/** Rests as long as Telegram asks (429), and keeps every other call to that chat back meanwhile, but none to another. */
export function rateLimitTransformer(
  { rateLimiter, rests, clock, emit, closing }: RateLimitTransformerOptions,
  manner: Manner,
): Transformer {
  return async (prev, method, payload, signal) => {
    const place = chatOf(payload) ?? method;
    const showing = showingOf(method, payload);
    const patienceMs = manner === 'unasked' || isGlobal(method) ? 0 : longestWaitMs;
    for (let tries = 1; ; tries += 1) {
      const heldMs = await turn(place, showing, patienceMs);
      if (heldMs > 0) return tooMany(heldMs);
      const reply = await replyTo(() => prev(method, payload, signal ?? (closing as Parameters<typeof prev>[2])));
      if (reply.kind === 'answer' && reply.answer.ok) return reply.answer;
      const holdMs = reply.kind === 'answer' ? holdOf(reply.answer) : undefined;
      if (holdMs !== undefined) await hold(isGlobal(method) ? everything : place, holdMs);
      const waitMs = holdMs ?? 500 * 2 ** tries;
      const mayTryAgain = manner === 'answering' && !isGlobal(method) && tries < mostTries && !closing.aborted;
      const isWorthIt = holdMs === undefined ? mayRepeat(method, reply) : holdMs <= longestWaitMs;
      if (!isGlobal(method) && (holdMs !== undefined || (mayTryAgain && isWorthIt))) {
        emit({ event: 'telegram.error', method, detail: describe(reply), retryInMs: waitMs });
      }
      if (mayTryAgain && isWorthIt && (await rested(waitMs))) continue;
      if (reply.kind === 'lost') throw reply.error;
      return reply.answer;
    }
  };

  /** Waits until the call may go out, and counts it; answers how long that still takes when it is too long or the house closes. */
  async function turn(place: HeldPlace, showing: Showing | undefined, patienceMs: number): Promise<number> {
    for (;;) {
      const heldMs = rateLimiter.heldMs(place);
      if (heldMs > patienceMs) return heldMs;
      const waitMs = Math.max(heldMs, manner === 'unasked' && showing !== undefined ? rateLimiter.waitMs(showing) : 0);
      if (waitMs <= 0) {
        if (showing !== undefined) rateLimiter.note(showing);
        return 0;
      }
      if (!(await rested(waitMs))) return waitMs;
    }
  }

  /** At once in this process, and kept for the next one; a book that cannot be written changes nothing about the call. */
  async function hold(place: HeldPlace, ms: number): Promise<void> {
    rateLimiter.hold(place, ms);
    const nowMs = clock.now();
    try {
      await rests.keep({ place, untilMs: nowMs + ms }, nowMs);
    } catch (error) {
      emit({ event: 'app.error', what: 'remember how long Telegram wants to be left alone', error });
    }
  }

  async function rested(ms: number): Promise<boolean> {
    try {
      await clock.sleep(ms, closing);
      return true;
    } catch {
      return false;
    }
  }
}

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

/** The call was not made: certain, unlike a lost answer. */
function tooMany(heldMs: number): ApiRefusal {
  const seconds = Math.ceil(heldMs / 1_000);
  const description = `Too Many Requests: retry after ${seconds}`;
  return { ok: false, error_code: 429, description, parameters: { retry_after: seconds } };
}
