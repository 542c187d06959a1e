import type { AcceptLimits, RunningCaps } from '../src/domain/job-engine.ts';
import type { JobRequest } from '../src/domain/job.ts';

export const line = 'bytez';
export const anyNumberWaiting: AcceptLimits = { waiting: 1_000_000, perDay: -1 };
export const usualRunning: RunningCaps = { premium: 3, free: 1 };

/** A request as the bot makes it; every tenth person is premium. */
export function benchRequest(updateId: number, userId: number): JobRequest & { readonly line: typeof line } {
  return {
    kind: 'image',
    prompt: `a red fox in the snow under a pale moon, number ${updateId}`,
    lane: userId % 10 === 0 ? 'premium' : 'free',
    locale: 'en',
    line,
    updateId,
    origin: { chatId: userId, chatType: 'private', userId, messageId: updateId },
  };
}
