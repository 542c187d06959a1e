import type { Api } from 'grammy';
import type { Effect, EffectLedger } from '../domain/effect-ledger.ts';
import type { Tell } from '../domain/events.ts';
import type { Claim, JobEngine } from '../domain/job-engine.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Screen } from '../messages/screen.ts';
import type { SendAs } from './media-message.ts';
import { sendOutcome } from './outcome-message.ts';
import { describeTrouble, troubleOf, type TelegramTrouble } from './telegram-trouble.ts';

/** How the person was told. */
export type Shown =
  | { readonly as: 'edit' | 'message'; readonly messageId?: number }
  | { readonly as: 'nothing'; readonly why: string };

/** Telegram did not take it this time; the job stays untold and is tried again. */
export class TryLater extends Error {}

export type SendTools = {
  readonly api: Api;
  readonly engine: JobEngine;
  readonly ledger: EffectLedger;
  readonly tell: Tell;
};

type Sending = {
  readonly claim: Claim;
  readonly outcome: Outcome;
  readonly screen: Screen;
  readonly first: SendAs;
};

/**
 * Sends the outcome as a message of its own. That cannot be repeated unseen: an intent row stands before it, and one
 * that may have arrived is repeated once, flagged by a row of its own, because silence would be worse. Throws TryLater.
 */
export async function sendOnce(sending: Sending, { api, engine, ledger, tell }: SendTools): Promise<Shown> {
  const { claim, outcome, screen, first } = sending;
  let effect: Effect = 'message';
  let start = await ledger.begin(claim.job.id, effect, 'once');
  if (start.kind === 'unsure') {
    // Not before Telegram is known to be there: the one repetition would be spent on a dead line.
    await assertThere(api, tell);
    effect = 'message-again';
    start = await ledger.begin(claim.job.id, effect, 'once');
  }
  if (start.kind === 'done') return { as: 'message', messageId: Number(start.note) };
  if (start.kind === 'unsure') return { as: 'nothing', why: 'two messages were sent, and both may have arrived' };
  await assertHeld(engine, claim);
  for (let as = first; ; as = 'document') {
    try {
      const messageId = await sendOutcome(api, claim.job, outcome, screen, as);
      await ledger.end(claim.job.id, effect, String(messageId));
      return { as: 'message', messageId };
    } catch (error) {
      const trouble = sortTrouble(tell, 'send', error);
      if (trouble === 'bad-media' && as === 'fitting') continue;
      if (trouble !== 'unsure') await ledger.undo(claim.job.id, effect);
      if (isPassing(trouble)) throw new TryLater();
      return { as: 'nothing', why: trouble };
    }
  }
}

/** Whoever holds an older lease shows nothing any more. */
export async function assertHeld(engine: JobEngine, claim: Claim): Promise<void> {
  if (!(await engine.holds(claim.lease))) throw new TryLater();
}

/** What the error means, told to the operator unless it means that all is well. */
export function sortTrouble(tell: Tell, method: string, error: unknown): TelegramTrouble {
  const trouble = troubleOf(error);
  if (trouble !== 'not-modified') tell({ event: 'telegram.trouble', method, detail: describeTrouble(error) });
  return trouble;
}

async function assertThere(api: Api, tell: Tell): Promise<void> {
  try {
    await api.getMe();
  } catch (error) {
    sortTrouble(tell, 'getMe', error);
    throw new TryLater();
  }
}

/** Another time the same call may succeed. */
function isPassing(trouble: TelegramTrouble): boolean {
  return ['offline', 'unsure', 'too-many', 'unauthorized', 'conflict'].includes(trouble);
}
