import type { Transformer } from 'grammy';
import type { Tell } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';

const mostTries = 4;
/** A ban longer than this is left to whoever called: the job stays untold and is tried again later. */
const longestWaitMs = 120_000;
const missingRetryAfterMs = 5_000;

/** Calls that show the same thing however often they are made. */
const repeatable = /^(edit|set|get|answerCallbackQuery|sendChatAction|delete)/;

/**
 * Waits as long as Telegram asks (429) and holds every other call to that chat back meanwhile, without holding other
 * chats; repeats after 5xx and lost connections only what cannot be seen twice.
 */
export function politeCalls(clock: Clock, tell: Tell, closing: AbortSignal): Transformer {
  const heldUntilMs = new Map<number | string, number>();
  return async (prev, method, payload, signal) => {
    if (method === 'getUpdates') return prev(method, payload, signal);
    const chat = chatOf(payload);
    for (let tries = 1; ; tries += 1) {
      await waitFor(chat);
      let detail: string;
      let waitMs = 500 * 2 ** tries;
      try {
        const answer = await prev(method, payload, signal);
        if (answer.ok) return answer;
        const { error_code: code, description, parameters } = answer;
        if (code === 429) {
          waitMs = retryAfterMs(parameters?.retry_after);
          if (chat !== undefined) heldUntilMs.set(chat, clock.now() + waitMs);
          if (waitMs > longestWaitMs) return answer;
        } else if (code < 500 || !repeatable.test(method)) return answer;
        if (tries >= mostTries) return answer;
        detail = `${code} ${description}`;
      } catch (error) {
        if (tries >= mostTries || !repeatable.test(method) || closing.aborted) throw error;
        detail = 'no answer';
      }
      tell({ event: 'telegram.trouble', method, detail, retryInMs: waitMs });
      await clock.sleep(waitMs, closing);
    }
  };

  async function waitFor(chat: number | string | undefined): Promise<void> {
    if (chat === undefined) return;
    const untilMs = heldUntilMs.get(chat);
    if (untilMs === undefined) return;
    const leftMs = untilMs - clock.now();
    if (leftMs > 0) await clock.sleep(Math.min(leftMs, longestWaitMs), closing);
    else heldUntilMs.delete(chat);
  }
}

function chatOf(payload: object): number | string | undefined {
  const chat: unknown = 'chat_id' in payload ? payload.chat_id : undefined;
  return typeof chat === 'number' || typeof chat === 'string' ? chat : undefined;
}

function retryAfterMs(seconds: unknown): number {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return missingRetryAfterMs;
  return Math.max(1, seconds) * 1_000;
}
