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

/** How the one send ended. */
export type SentOnce =
  | { readonly kind: 'sent'; readonly messageId: number }
  | { readonly kind: 'refused'; readonly failure: TelegramError }
  /** Two were sent, and both may have arrived. */
  | { readonly kind: 'unsure' };

/** Telegram did not accept it this time; the job stays undelivered and is tried again. */
export class TryLater extends Error {}

export type SendTools = {
  readonly api: Api;
  readonly ledger: EffectLedger;
  readonly emit: Emit;
};

/**
 * Sends the outcome, or a part of it, as a message of its own. A repetition would be visible, so an intent row is stored
 * first; a message that may have arrived is repeated once, with a row of its own, because a missing result is worse.
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
    // Checked first, so that the one repetition is not spent on a dead connection.
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
    const failure = reportTelegramError(emit, 'send', error);
    if (failure !== 'unsure') await ledger.undo(claim.lease, effect);
    if (isTransient(failure)) throw new TryLater();
    return { kind: 'refused', failure };
  }
}

/** Throws TryLater when the job was claimed by somebody else meanwhile. */
export async function assertLeaseHeld(delivery: JobDelivery, claim: Claim): Promise<void> {
  if (!(await delivery.holds(claim.lease))) throw new TryLater();
}

/** Classifies the error and reports it, except for a 429, which the transformer reports. */
export function reportTelegramError(emit: Emit, method: string, error: unknown): TelegramError {
  const failure = classifyTelegramError(error);
  if (failure !== 'too-many') emit({ event: 'telegram.error', method, detail: describeTelegramError(error) });
  return failure;
}

async function assertTelegramReachable(api: Api, emit: Emit): Promise<void> {
  try {
    await api.getMe();
  } catch (error) {
    reportTelegramError(emit, 'getMe', error);
    throw new TryLater();
  }
}
