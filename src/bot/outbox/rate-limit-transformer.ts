import type { Transformer } from 'grammy';
import type { HeldPlace, RetryAfterStore } from '../../domain/chats/chat-store.ts';
import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import { chatOf, everything, type RateLimiter, type VisibleCall, visibleCallOf } from './rate-limiter.ts';
import type { SharedPace } from './shared-pace.ts';
import { describeRefusal, retryAfterOf } from './telegram-error.ts';

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
  readonly rests: Pick<RetryAfterStore, 'keep'>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Aborts every call and every wait. */
  readonly closing: AbortSignal;
  /** Absent where this process is alone. */
  readonly sharedPace?: Pick<SharedPace, 'takeChat' | 'rest'> | undefined;
};

/** Waits as long as Telegram asks (429) and holds further calls to that chat meanwhile, but none to another chat. */
export function rateLimitTransformer(
  { rateLimiter, rests, clock, emit, closing, sharedPace }: RateLimitTransformerOptions,
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
        if (sharedPace !== undefined && visible !== undefined) {
          const sharedMs = await sharedPace.takeChat(visible, callKind === 'reply');
          if (sharedMs > maxHeldMs) return { kind: 'held', ms: sharedMs };
          if (sharedMs > 0) {
            if (await waited(sharedMs)) continue;
            return { kind: 'held', ms: sharedMs };
          }
        }
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
    sharedPace?.rest(place, ms);
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
