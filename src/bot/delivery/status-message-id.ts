import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { EffectLedger } from '../../domain/effect-ledger.ts';
import { StoreUnavailable } from '../../domain/failure.ts';
import type { JobDelivery, JobReader } from '../../domain/job-engine.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isTransient } from '../outbox/telegram-error.ts';
import { reportTelegramError, textOptions } from './media-message.ts';

/** The status message of a request is sent within this time, or is not to be expected. */
const maxSendMs = 3_000;
const lookEveryMs = 250;
/** A number that the storage refused is offered to it again after this time. */
const keepAgainMs = 500;

/**
 * The process that took a request sends its status message, and another one may have made the result already. Resolves when
 * that message has a number, or is too late: then the outcome is a message of its own.
 */
export async function statusMessageKnown(
  id: JobId,
  jobs: Pick<JobReader, 'find'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  // The clock of the machine that took the request may be ahead of this one.
  const untilMonotonicMs = clock.monotonicMs() + maxSendMs;
  for (;;) {
    const job = await jobs.find(id);
    if (job === undefined || job.statusMessageId !== undefined || clock.now() - job.acceptedAtMs > maxSendMs) return;
    if (clock.monotonicMs() > untilMonotonicMs) return;
    await clock.sleep(lookEveryMs, signal);
  }
}

export type KeepTools = {
  readonly delivery: Pick<JobDelivery, 'keepStatusMessage'>;
  readonly ledger: Pick<EffectLedger, 'end'>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Keeps the number of a status message that was sent, in the commit of what the caller stores next. While the storage
 * refuses it is tried again: a number that is forgotten leaves a message that nobody can close. Resolves with `late` where
 * the outcome was told meanwhile. Never rejects.
 */
export async function keepStatusMessageId(
  id: JobId,
  messageId: number,
  { delivery, ledger, clock, emit }: KeepTools,
  signal: AbortSignal,
): Promise<'kept' | 'late' | 'unkept'> {
  for (;;) {
    const kept = delivery.keepStatusMessage(id, messageId);
    const ended = ledger.end({ jobId: id }, 'receipt', String(messageId));
    try {
      const [isInTime] = await Promise.all([kept, ended]);
      return isInTime ? 'kept' : 'late';
    } catch (error) {
      if (!(error instanceof StoreUnavailable && error.mayPass) || signal.aborted) {
        emit({ event: 'app.error', what: `keep which message shows job ${id}`, error });
        return 'unkept';
      }
    }
    await clock.sleep(keepAgainMs, signal).catch(() => undefined);
  }
}

export type CloseLateTools = {
  readonly outbox: Outbox;
  readonly service: Pick<GenerationService, 'find'>;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Closes a status message whose number became known when the outcome had become a message of its own: it is deleted, and
 * where Telegram does not do that, or the outcome is held, it says so.
 */
export function closeLateStatusMessage(id: JobId, chatId: number, messageId: number, tools: CloseLateTools): void {
  const { outbox, service, messages, clock, emit } = tools;
  const run = async (): Promise<'done' | 'again'> => {
    const found = await service.find(id);
    // A message that became the outcome stays.
    if (found?.job.state.kind !== 'told') return 'done';
    const { job, view } = found;
    try {
      if (job.held === undefined) {
        await outbox.api.deleteMessage(chatId, messageId);
        return 'done';
      }
    } catch (error) {
      if (isTransient(reportTelegramError(emit, 'deleteMessage', error))) return 'again';
    }
    try {
      const locale = job.locale ?? '';
      const words = job.held === undefined ? messages.ended(view, locale, clock.now()) : messages.held(view, locale);
      await outbox.api.editMessageText(chatId, messageId, words.text, textOptions(words));
    } catch (error) {
      if (isTransient(reportTelegramError(emit, 'editMessageText', error))) return 'again';
    }
    return 'done';
  };
  outbox.post({ chatId, kind: 'edit', messageId, priority: 'proactive', run });
}

/** A number that was not known is looked for after each of these times: for a minute, while its sender may live. */
const lateLooksMs = [0, 5_000, 15_000, 40_000];

/**
 * Looks for the number of a status message that another process may still be sending, after the outcome became a message of
 * its own, and closes that message. Its sender closes it too, unless it dies before. Never rejects.
 */
export async function closeWhenKnown({ id, origin }: Job, tools: CloseLateTools, signal: AbortSignal): Promise<void> {
  for (const waitMs of lateLooksMs) {
    await tools.clock.sleep(waitMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    const messageId = (await tools.service.find(id).catch(() => undefined))?.job.statusMessageId;
    if (messageId !== undefined) return closeLateStatusMessage(id, origin.chatId, messageId, tools);
  }
}
