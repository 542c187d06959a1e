import type { EffectLedger, JobDelivery, Claim } from '../../domain/job-engine.ts';
import type { Emit } from '../../domain/events.ts';
import { type Job, filesOf, type Outcome, type Carrier, traitsOf } from '../../domain/job.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { OpenedResult, ResultSource } from '../../domain/result-store.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';
import { type SendAs, uploadLimitBytes, editIntoOutcome, type OutcomeForm } from './media-message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { assertLeaseHeld, sendOnce, reportTelegramError, TryLater } from './send-once.ts';
import { emptyView, sendFurtherParts } from './further-parts.ts';
import { isTransient, type TelegramError } from '../outbox/telegram-error.ts';

/** How the person was told, and of what: words stand for a result that cannot be shown. */
export type Shown =
  | { readonly as: 'edit' | 'message'; readonly messageId: number; readonly outcome: Outcome }
  | { readonly as: 'nothing'; readonly why: string };

export type ShowTools = {
  readonly outbox: Outbox;
  readonly service: GenerationService;
  readonly delivery: JobDelivery;
  readonly ledger: EffectLedger;
  readonly results: ResultSource;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** What is smaller has arrived before anybody has read that it is on its way. */
const longUploadBytes = 1_000_000;

/** What the chat shows while the result goes up. */
const carrierActions = {
  photo: 'upload_photo',
  video: 'upload_video',
  audio: 'upload_voice',
  voice: 'upload_voice',
  document: 'upload_document',
  text: 'typing',
} as const satisfies Record<Carrier, string>;

type Try = { readonly outcome: Outcome; readonly as: SendAs };

/** Shows the whole outcome: in the receipt, and behind it whatever one message cannot hold. Throws TryLater. */
export async function showOutcome(claim: Claim, outcome: Outcome, tools: ShowTools): Promise<Shown> {
  const shown = await showFirstMessage(claim, outcome, tools);
  if (shown.as === 'nothing' || shown.outcome.kind !== 'result') return shown;
  const [, ...others] = await viewsFor(claim.job, shown.outcome, tools);
  const [, ...files] = filesOf(shown.outcome.payload);
  const parts = [
    ...others.map((view) => ({ view })),
    ...files.map((file, index) => ({ file: { file, number: index + 1 }, view: emptyView })),
  ];
  await sendFurtherParts(claim, parts, { ...tools, api: tools.outbox.api });
  return shown;
}

/**
 * Edits the outcome into the receipt, which may be repeated without being seen twice; only when that message is gone a
 * new one is sent, behind an intent row. What Telegram does not show as a picture it gets as a document, and what it does
 * not take at all becomes words. Throws TryLater.
 */
async function showFirstMessage(claim: Claim, outcome: Outcome, tools: ShowTools): Promise<Shown> {
  const { outbox, delivery, results } = tools;
  const { job } = claim;
  const opened = firstFile(outcome) && (await results.open(job.id));
  let attempt = firstTry(outcome, opened);
  if ((firstFile(attempt.outcome)?.bytes ?? 0) >= longUploadBytes) await showUploading(job, outbox);
  let { statusMessageId } = job;
  for (;;) {
    const [view] = await viewsFor(job, attempt.outcome, tools);
    const file = firstFile(attempt.outcome);
    const form = { file: file && opened && { file, opened }, as: attempt.as, view };
    let trouble: TelegramError;
    if (statusMessageId === undefined) {
      const sent = await sendOnce(claim, form, { ...tools, api: outbox.api });
      if (sent.kind === 'sent') return { as: 'message', messageId: sent.messageId, outcome: attempt.outcome };
      if (sent.kind === 'unsure') {
        return { as: 'nothing', why: 'two messages were sent, and both may have arrived' };
      }
      ({ trouble } = sent);
    } else {
      await assertLeaseHeld(delivery, claim);
      const met = await edit(job, statusMessageId, form, tools);
      if (met === undefined) return { as: 'edit', messageId: statusMessageId, outcome: attempt.outcome };
      trouble = met;
    }
    if (trouble === 'closed') return { as: 'nothing', why: 'the chat is closed to the bot' };
    const isEditRefused = statusMessageId !== undefined && (trouble === 'no-message' || trouble === 'refused');
    const other = isEditRefused ? attempt : nextTry(attempt, trouble);
    if (other === undefined && statusMessageId === undefined) return { as: 'nothing', why: trouble };
    if (isEditRefused || other === undefined) statusMessageId = undefined;
    attempt = other ?? attempt;
  }
}

async function edit(
  job: Job,
  statusMessageId: number,
  form: OutcomeForm,
  { outbox, emit }: ShowTools,
): Promise<TelegramError | undefined> {
  try {
    await editIntoOutcome(outbox.api, job, statusMessageId, form);
    return undefined;
  } catch (error) {
    const trouble = reportTelegramError(emit, 'edit', error);
    if (isTransient(trouble)) throw new TryLater();
    return trouble;
  }
}

/** A file that somebody has removed, or that no bot may send, cannot be shown however often it is tried. */
function firstTry(outcome: Outcome, opened: OpenedResult | undefined): Try {
  const file = firstFile(outcome);
  if (file !== undefined && opened === undefined) return words('result-unavailable');
  if (file !== undefined && file.bytes > uploadLimitBytes) return words('too-large');
  return { outcome, as: 'fitting' };
}

/** What is left when Telegram does not want it so; after words, nothing. */
function nextTry({ outcome, as }: Try, trouble: TelegramError): Try | undefined {
  if (outcome.kind !== 'result') return undefined;
  if (trouble === 'too-big') return words('too-large');
  const isFile = outcome.payload.kind !== 'text';
  return as === 'fitting' && isFile ? { outcome, as: 'document' } : words('result-unavailable');
}

function words(code: 'too-large' | 'result-unavailable'): Try {
  return { outcome: { kind: 'failed', code }, as: 'fitting' };
}

/** The file that the first message shows. */
function firstFile(outcome: Outcome): MediaFile | undefined {
  return outcome.kind === 'result' ? filesOf(outcome.payload)[0] : undefined;
}

/** What stands in the first message or under its file; more than one where the result is a long text. */
async function viewsFor(
  job: Job,
  outcome: Outcome,
  { service, messages, clock }: ShowTools,
): Promise<readonly [MessageView, ...MessageView[]]> {
  const found = await service.find(job.id);
  if (found === undefined) throw new Error(`Cannot tell about job ${job.id}: it is not in the ledger`);
  const jobView = { ...found.view, phase: { kind: 'ended' as const, outcome } };
  if (outcome.kind !== 'result') return [messages.ended(jobView, job.locale, clock.now())];
  const seconds = Math.max(1, Math.round((clock.now() - job.acceptedAtMs) / 1_000));
  const facts = { model: outcome.model, seconds };
  return outcome.payload.kind === 'text'
    ? messages.textResult(jobView, job.locale, facts, outcome.payload.text)
    : [messages.caption(jobView, job.locale, facts)];
}

/**
 * "Sending a picture…" for the seconds an upload takes; nobody misses it. It is waited for, since a chat that has to rest
 * says so here, and would be disturbed by the upload that comes right behind.
 */
async function showUploading({ kind, origin: { chatId, threadId } }: Job, { api }: Outbox): Promise<void> {
  const topic = threadId === undefined ? {} : { message_thread_id: threadId };
  await api.sendChatAction(chatId, carrierActions[traitsOf(kind).carrier], topic).catch(() => undefined);
}
