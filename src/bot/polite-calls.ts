import type { Transformer } from 'grammy';
import type { Tell } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';

const mostTries = 4;
/** A ban longer than this is left to whoever called: the job stays untold and is tried again later. */
const longestWaitMs = 120_000;
const missingRetryAfterMs = 5_000;

/** Calls that show the same thing however often they are made. */
const repeatable = /^(edit|set|get|answerCallbackQuery|delete)/;

/**
 * Waits as long as Telegram asks (429) and holds every other call to that chat back meanwhile, without holding other
 * chats; repeats after 5xx and lost connections only what cannot be seen twice. Once `closing` aborts, no call and no
 * wait goes on.
 */
export function politeCalls(clock: Clock, tell: Tell, closing: AbortSignal): Transformer {
  const heldUntilMs = new Map<number | string, number>();
  return async (prev, method, payload, signal) => {
    // Whoever polls has a patience and a stop signal of its own.
    if (method === 'getUpdates' || method === 'getMe') return prev(method, payload, signal);
    const chat = chatOf(payload);
    for (let tries = 1; ; tries += 1) {
      const bannedMs = await banOf(chat);
      if (bannedMs > 0) return tooMany(bannedMs);
      const reply = await replyTo(() => prev(method, payload, signal ?? (closing as Parameters<typeof prev>[2])));
      if (reply.kind === 'answer' && reply.answer.ok) return reply.answer;
      const heldMs = reply.kind === 'answer' ? holdOf(reply.answer) : undefined;
      if (heldMs !== undefined && chat !== undefined) heldUntilMs.set(chat, clock.now() + heldMs);
      const waitMs = heldMs ?? 500 * 2 ** tries;
      const isWorthIt =
        tries < mostTries && waitMs <= longestWaitMs && (heldMs !== undefined || mayRepeat(method, reply));
      if (isWorthIt && !closing.aborted) {
        tell({ event: 'telegram.trouble', method, detail: describe(reply), retryInMs: waitMs });
        if (await rested(waitMs)) continue;
      }
      if (reply.kind === 'lost') throw reply.error;
      return reply.answer;
    }
  };

  /** Waits while the chat is held, and answers how long it still is when that is too long or the house closes. */
  async function banOf(chat: number | string | undefined): Promise<number> {
    if (chat === undefined) return 0;
    for (;;) {
      const leftMs = (heldUntilMs.get(chat) ?? 0) - clock.now();
      if (leftMs <= 0) break;
      if (leftMs > longestWaitMs || !(await rested(leftMs))) return leftMs;
    }
    heldUntilMs.delete(chat);
    return 0;
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

/** How long Telegram asks to wait; undefined when it did not. */
function holdOf(answer: ApiAnswer): number | undefined {
  if (answer.ok || answer.error_code !== 429) return undefined;
  return retryAfterMs(answer.parameters?.retry_after);
}

function mayRepeat(method: string, reply: Reply<ApiAnswer>): boolean {
  const isTrouble = reply.kind === 'lost' || (!reply.answer.ok && reply.answer.error_code >= 500);
  return isTrouble && repeatable.test(method);
}

function describe(reply: Reply<ApiAnswer>): string {
  if (reply.kind === 'lost' || reply.answer.ok) return 'no answer';
  return `${reply.answer.error_code} ${reply.answer.description}`;
}

/** The call was not made: certain, unlike a lost answer. */
function tooMany(heldMs: number): ApiRefusal {
  const seconds = Math.ceil(heldMs / 1_000);
  const description = `Too Many Requests: retry after ${seconds}`;
  return { ok: false, error_code: 429, description, parameters: { retry_after: seconds } };
}

function chatOf(payload: object): number | string | undefined {
  const chat: unknown = 'chat_id' in payload ? payload.chat_id : undefined;
  return typeof chat === 'number' || typeof chat === 'string' ? chat : undefined;
}

function retryAfterMs(seconds: unknown): number {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return missingRetryAfterMs;
  return Math.max(1, seconds) * 1_000;
}
