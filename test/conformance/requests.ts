import type { JobEngine, Claim, AcceptLimits, RunningCaps } from '../../src/domain/job-engine.ts';
import type { Job, JobRequest } from '../../src/domain/job.ts';
import type { JobKind, Lane } from '../../src/domain/kinds.ts';
import type { ProviderName } from '../../src/domain/ids.ts';

export const startMs = Date.UTC(2026, 0, 1, 12);
export const roomy: AcceptLimits = { waiting: 1_000_000, perDay: -1 };
export const oneEach: RunningCaps = { premium: 1, free: 1 };
export const anyNumber: RunningCaps = { premium: 1_000_000, free: 1_000_000 };

export type Asked = {
  readonly updateId: number;
  readonly userId?: number;
  readonly lane?: Lane;
  readonly kind?: JobKind;
  readonly line?: ProviderName;
  /** The group in which it was asked; a private chat when absent. */
  readonly groupId?: number;
};

/** A request as the bot makes it; each person asks once unless the test says otherwise. */
export function aRequest(asked: Asked): JobRequest & { readonly line: ProviderName } {
  const userId = asked.userId ?? 1_000 + asked.updateId;
  return {
    kind: asked.kind ?? 'image',
    prompt: `a red fox, number ${asked.updateId}`,
    lane: asked.lane ?? 'free',
    locale: 'en',
    line: asked.line ?? 'bytez',
    updateId: asked.updateId,
    origin: {
      chatId: asked.groupId ?? userId,
      chatType: asked.groupId === undefined ? 'private' : 'group',
      userId,
      messageId: asked.updateId,
    },
  };
}

/** Accepts a job that has to be accepted. */
export async function accepted(engine: JobEngine, asked: Asked): Promise<Job> {
  const answer = await engine.queue.accept(aRequest(asked), roomy);
  if (answer.kind !== 'accepted') throw new Error(`Cannot accept update ${asked.updateId}: ${answer.kind}`);
  return answer.job;
}

/** Claims a job that has to be there. */
export async function claimed(engine: JobEngine, line: ProviderName = 'bytez'): Promise<Claim> {
  const claim = await engine.queue.claim(line);
  if (claim === undefined) throw new Error(`Cannot claim from ${line}: nothing may start`);
  return claim;
}

/** Claims until nothing may start; returns the update ids in the order in which they were handed out. */
export async function drained(engine: JobEngine): Promise<number[]> {
  const order: number[] = [];
  for (;;) {
    const claim = await engine.queue.claim('bytez');
    if (claim === undefined) return order;
    order.push(claim.job.updateId);
  }
}
