import type { EffectLedger } from '../../domain/effect-ledger.ts';
import type { Emit } from '../../domain/events.ts';
import type { Claim } from '../../domain/job-engine.ts';
import type { Outcome } from '../../domain/job.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { placeOf, reportTelegramError, textOptions } from './media-message.ts';

export type ReadyNoteTools = {
  readonly outbox: Outbox;
  readonly ledger: EffectLedger;
  readonly messages: MessageMapper;
  readonly emit: Emit;
};

/** Points to the outcome, since an edit notifies nobody. Sent at most once, and never repeated when it may have arrived. */
export async function sendReadyNote(
  { job, lease }: Claim,
  { messageId, outcome }: { readonly messageId: number; readonly outcome: Outcome },
  { outbox, ledger, messages, emit }: ReadyNoteTools,
): Promise<'done'> {
  const start = await ledger.begin(lease, 'ping', 'once');
  if (start.kind !== 'go') return 'done';
  const view = outcome.kind === 'result' ? messages.ready(job.locale) : messages.notReady(job.locale);
  try {
    const options = { ...textOptions(view), ...placeOf(job, messageId) };
    const sent = await outbox.api.sendMessage(job.origin.chatId, view.text, options);
    await ledger.end(lease, 'ping', String(sent.message_id));
  } catch (error) {
    reportTelegramError(emit, 'ping', error);
  }
  return 'done';
}
