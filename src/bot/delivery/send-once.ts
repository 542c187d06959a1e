import type { Api } from 'grammy';
import type { Effect, EffectLedger, JobDelivery, Claim } from '../../domain/job-engine.ts';
import type { Emit } from '../../domain/events.ts';
import { type OutcomeForm, sendOutcome } from './media-message.ts';
import {
  describeTelegramError,
  isTransient,
  classifyTelegramError,
  type TelegramError,
} from '../outbox/telegram-error.ts';

/** What became of the one message. */
export type SentOnce =
  | { readonly kind: 'sent'; readonly messageId: number }
  | { readonly kind: 'refused'; readonly trouble: TelegramError }
  /** Two were sent, and both may have arrived. */
  | { readonly kind: 'unsure' };

/** Telegram did not take it this time; the job stays untold and is tried again. */
export class TryLater extends Error {}

export type SendTools = {
  readonly api: Api;
  readonly ledger: EffectLedger;
  readonly emit: Emit;
};

/**
 * Sends the outcome, or a part of it, as a message of its own. That cannot be repeated unseen: an intent row stands
 * before it, and one that may have arrived is repeated once, flagged by a row of its own, because silence would be worse.
 * `part` counts the messages of one outcome from 1. Throws TryLater.
 */
export async function sendOnce(
  claim: Claim,
  form: OutcomeForm,
  { api, ledger, emit }: SendTools,
  part = 1,
): Promise<SentOnce> {
  let effect: Effect = part === 1 ? 'message' : `part-${part}`;
  let start = await ledger.begin(claim.lease, effect, 'once');
  if (start.kind === 'unsure') {
    // Not before Telegram is known to be there: the one repetition would be spent on a dead line.
    await assertTelegramReachable(api, emit);
    effect = part === 1 ? 'message-again' : `part-${part}-again`;
    start = await ledger.begin(claim.lease, effect, 'once');
  }
  if (start.kind === 'done') return { kind: 'sent', messageId: Number(start.note) };
  if (start.kind === 'unsure') return { kind: 'unsure' };
  if (start.kind === 'fenced') throw new TryLater();
  try {
    const messageId = await sendOutcome(api, claim.job, form);
    await ledger.end(claim.lease, effect, String(messageId));
    return { kind: 'sent', messageId };
  } catch (error) {
    const trouble = reportTelegramError(emit, 'send', error);
    if (trouble !== 'unsure') await ledger.undo(claim.lease, effect);
    if (isTransient(trouble)) throw new TryLater();
    return { kind: 'refused', trouble };
  }
}

/** Whoever holds an older lease shows nothing any more. */
export async function assertLeaseHeld(delivery: JobDelivery, claim: Claim): Promise<void> {
  if (!(await delivery.holds(claim.lease))) throw new TryLater();
}

/** What the error means, told to the operator unless that has been done where the call was made. */
export function reportTelegramError(emit: Emit, method: string, error: unknown): TelegramError {
  const trouble = classifyTelegramError(error);
  if (trouble !== 'too-many') emit({ event: 'telegram.error', method, detail: describeTelegramError(error) });
  return trouble;
}

async function assertTelegramReachable(api: Api, emit: Emit): Promise<void> {
  try {
    await api.getMe();
  } catch (error) {
    reportTelegramError(emit, 'getMe', error);
    throw new TryLater();
  }
}
