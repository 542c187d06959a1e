import type { EffectLedger } from '../../domain/effect-ledger.ts';
import type { JobDelivery, Claim } from '../../domain/job-engine.ts';
import type { Emit } from '../../domain/events.ts';
import { type Job, filesOf, type Outcome, type Carrier, traitsOf } from '../../domain/job.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { OpenedResult, ResultSource } from '../../domain/result-store.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';
import {
  type SendAs,
  uploadLimitBytes,
  editIntoOutcome,
  type OutcomeForm,
  assertLeaseHeld,
  sendOnce,
  reportTelegramError,
  TryLater,
  emptyView,
  sendFurtherParts,
} from './media-message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isTransient, type TelegramError } from '../outbox/telegram-error.ts';

/** How the outcome was shown, and which one: a failure stands for a result that cannot be shown. */
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

/** Smaller files arrive before anybody could read an upload notice. */
const longUploadBytes = 1_000_000;

/** The chat action during the upload. */
const carrierActions = {
  photo: 'upload_photo',
  video: 'upload_video',
  audio: 'upload_voice',
  voice: 'upload_voice',
  document: 'upload_document',
  text: 'typing',
} as const satisfies Record<Carrier, string>;

type Try = { readonly outcome: Outcome; readonly as: SendAs };

/** Shows the whole outcome: in the status message, and in further messages what one cannot hold. Throws TryLater. */
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
 * Edits the outcome into the status message, which may be repeated without a visible double; only when that message is gone
 * a new one is sent, after an intent row. A file that Telegram refuses as a picture is sent as a document, and one that it
 * refuses entirely becomes a failure message. Throws TryLater.
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
    let failure: TelegramError;
    if (statusMessageId === undefined) {
      const sent = await sendOnce(claim, form, { ...tools, api: outbox.api });
      if (sent.kind === 'sent') return { as: 'message', messageId: sent.messageId, outcome: attempt.outcome };
      if (sent.kind === 'unsure') {
        return { as: 'nothing', why: 'two messages were sent, and both may have arrived' };
      }
      ({ failure } = sent);
    } else {
      await assertLeaseHeld(delivery, claim);
      const refusal = await edit(job, statusMessageId, form, tools);
      if (refusal === undefined) return { as: 'edit', messageId: statusMessageId, outcome: attempt.outcome };
      failure = refusal;
    }
    if (failure === 'closed') return { as: 'nothing', why: 'the chat is closed to the bot' };
    const isEditRefused = statusMessageId !== undefined && (failure === 'no-message' || failure === 'refused');
    const other = isEditRefused ? attempt : nextTry(attempt, failure);
    if (other === undefined && statusMessageId === undefined) return { as: 'nothing', why: failure };
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
    const failure = reportTelegramError(emit, 'edit', error);
    if (isTransient(failure)) throw new TryLater();
    return failure;
  }
}

/** A file that was removed, or that is too large for a bot, is replaced by a failure message. */
function firstTry(outcome: Outcome, opened: OpenedResult | undefined): Try {
  const file = firstFile(outcome);
  if (file !== undefined && opened === undefined) return failedTry('result-unavailable');
  if (file !== undefined && file.bytes > uploadLimitBytes) return failedTry('too-large');
  return { outcome, as: 'fitting' };
}

/** The next form after a refusal; none after a failure message. */
function nextTry({ outcome, as }: Try, failure: TelegramError): Try | undefined {
  if (outcome.kind !== 'result') return undefined;
  if (failure === 'too-big') return failedTry('too-large');
  const isFile = outcome.payload.kind !== 'text';
  return as === 'fitting' && isFile ? { outcome, as: 'document' } : failedTry('result-unavailable');
}

function failedTry(code: 'too-large' | 'result-unavailable'): Try {
  return { outcome: { kind: 'failed', code }, as: 'fitting' };
}

/** The file that the first message shows. */
function firstFile(outcome: Outcome): MediaFile | undefined {
  return outcome.kind === 'result' ? filesOf(outcome.payload)[0] : undefined;
}

/** The views of the outcome: the text or the caption; several where the result is a long text. */
async function viewsFor(
  job: Job,
  outcome: Outcome,
  { service, messages, clock }: ShowTools,
): Promise<readonly [MessageView, ...MessageView[]]> {
  const found = await service.find(job.id);
  if (found === undefined) throw new Error(`Cannot show job ${job.id}: it is not stored`);
  const jobView = { ...found.view, phase: { kind: 'ended' as const, outcome } };
  if (outcome.kind !== 'result') return [messages.ended(jobView, job.locale, clock.now())];
  const seconds = Math.max(1, Math.round((clock.now() - job.acceptedAtMs) / 1_000));
  const facts = { model: outcome.model, seconds };
  return outcome.payload.kind === 'text'
    ? messages.textResult(jobView, job.locale, facts, outcome.payload.text)
    : [messages.caption(jobView, job.locale, facts)];
}

/**
 * Shows "Sending a picture…" during a long upload; failures are ignored. It is awaited, since a held chat answers 429 here,
 * and the upload must then wait too.
 */
async function showUploading({ kind, origin: { chatId, threadId } }: Job, { api }: Outbox): Promise<void> {
  const topic = threadId === undefined ? {} : { message_thread_id: threadId };
  await api.sendChatAction(chatId, carrierActions[traitsOf(kind).carrier], topic).catch(() => undefined);
}
