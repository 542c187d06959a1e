import type { ChatStore } from '../../domain/chats/chat-store.ts';
import type { EffectLedger } from '../../domain/effect-ledger.ts';
import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Claim, JobDelivery } from '../../domain/job-engine.ts';
import { filesOf, type HeldReason, type Job, type Outcome } from '../../domain/job.ts';
import type { SentFile } from '../../domain/personal/past-requests.ts';
import type { Links, MediaFile, OpenedResult, ResultSource } from '../../domain/media.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { holdsFile, type TelegramError } from '../outbox/telegram-error.ts';
import { carrierLimit } from '../outbox/undeliverable.ts';
import {
  type SendAs,
  type SentMessage,
  canReplaceText,
  type OutcomeForm,
  assertLeaseHeld,
  editIntoOutcome,
  reportTelegramError,
  uploadLimitBytes,
} from './media-message.ts';
import { showUploading } from './presence.ts';
import { emptyView, sendFurtherParts, sendOnce, type SentOnce, settled } from './send-once.ts';

/**
 * How the outcome was shown, and which one: a failure stands for a result that cannot be shown. `sent` is what Telegram
 * keeps of its files, and `ofOthers` that of the other jobs of an album.
 */
export type Shown =
  | ({ readonly as: 'edit' | 'message'; readonly outcome: Outcome } & SentMessage & {
        readonly ofOthers?: ReadonlyMap<JobId, readonly SentFile[]>;
      })
  | { readonly as: 'nothing'; readonly why: string; readonly held: HeldReason };

/** Links to copies of the files of results. */
export type OutcomeLinks = {
  /** Those that the messages of the outcome may show now. */
  of(id: JobId, files: readonly MediaFile[]): Promise<Links>;
  /** The outcome was shown with these. */
  shown(id: JobId, links: Links): Promise<void>;
  /** The outcome is delivered: links that were too late for it may follow. Never rejects. */
  delivered(id: JobId): Promise<void>;
  /** Adds the links that an earlier process did not. */
  resume(): Promise<void>;
};

export type ShowTools = {
  readonly outbox: Outbox;
  readonly service: GenerationService;
  readonly delivery: JobDelivery;
  readonly ledger: EffectLedger;
  readonly results: ResultSource;
  readonly messages: MessageMapper;
  /** Where it is remembered what may not be sent in a chat. */
  readonly chats?: Pick<ChatStore, 'limit'>;
  readonly links?: OutcomeLinks | undefined;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Smaller files arrive before anybody could read an upload notice. */
const longUploadBytes = 1_000_000;

/** A way to show an outcome. */
type Step = { readonly way: 'edit' | 'send'; readonly outcome: Outcome; readonly as: SendAs };

/** How long it is remembered that a kind of message may not be sent in a chat. */
const rightForgottenMs = 15 * 60_000;

/** Shows the whole outcome: in the status message, and in further messages what one cannot hold. Throws TryLater. */
export async function showOutcome(claim: Claim, outcome: Outcome, tools: ShowTools): Promise<Shown> {
  const all = outcome.kind === 'result' ? filesOf(outcome.payload) : [];
  const links = (await tools.links?.of(claim.job.id, all)) ?? new Map();
  const shown = await showFirstMessage(claim, outcome, links.get(0), tools);
  if (shown.as === 'nothing' || shown.outcome.kind !== 'result') return shown;
  const isText = shown.outcome.payload.kind === 'text';
  const [, ...others] = isText ? await viewsFor(claim.job, shown.outcome, tools) : [];
  const [, ...files] = filesOf(shown.outcome.payload);
  const parts = [
    ...others.map((view) => ({ view })),
    ...files.map((file, index) => ({
      file: { file, number: index + 1 },
      view: withLink(emptyView, links.get(index + 1), claim.job, tools),
    })),
  ];
  const { outbox } = tools;
  const sent = await sendFurtherParts(claim, parts, { ...tools, api: outbox.api, health: outbox.health });
  await tools.links?.shown(claim.job.id, links);
  return sent.isUnsure
    ? { as: 'nothing', why: 'a part was sent twice, and may have arrived', held: 'unsure' }
    : { ...shown, sent: [...shown.sent, ...sent.sent] };
}

/**
 * Edits the outcome into the status message, which may be repeated without a visible double; only when that message cannot
 * be edited a new one is sent, after an intent row, and the status message is deleted. A file that Telegram refuses as a
 * picture is shown as a document, and one that it refuses entirely becomes words. Throws TryLater.
 */
async function showFirstMessage(
  claim: Claim,
  outcome: Outcome,
  link: string | undefined,
  tools: ShowTools,
): Promise<Shown> {
  const { outbox, results } = tools;
  const { job } = claim;
  const { statusMessageId } = job;
  const opened = firstFile(outcome) && (await results.open(job.id));
  const given = firstOutcome(outcome, opened);
  if ((firstFile(given)?.bytes ?? 0) >= longUploadBytes) await showUploading(job, outbox);
  const failures: (Step & { readonly failure: TelegramError })[] = [];
  const first = firstFile(given);
  // Beside a message that may have arrived, an edit would show the outcome a second time.
  const mayEdit = claim.isMessageBegun !== true && (first === undefined || canReplaceText(first, job));
  const editable = mayEdit ? statusMessageId : undefined;
  const forms: readonly SendAs[] =
    first === undefined ? ['fitting'] : job.wishes?.asFile === true ? ['document'] : ['fitting', 'document'];
  for (let step = nextStep(given, editable, failures, forms); step !== undefined;) {
    const file = firstFile(step.outcome);
    const [own] = await viewsFor(job, step.outcome, tools);
    const view = file === undefined ? own : withLink(own, link, job, tools);
    const form = { file: file && opened && { file, opened }, as: step.as, view };
    const tried = await tryStep(claim, step.way === 'edit' ? statusMessageId : undefined, form, tools);
    if (tried.kind === 'unsure') {
      return { as: 'nothing', why: 'two messages were sent, and both may have arrived', held: 'unsure' };
    }
    if (tried.kind === 'sent') {
      if (step.way === 'send' && statusMessageId !== undefined) await removeStatusMessage(claim, step.outcome, tools);
      const { messageId, sent } = tried;
      return { as: step.way === 'edit' ? 'edit' : 'message', messageId, sent, outcome: step.outcome };
    }
    // A process that died has shown the file, and had it on a disk of its own.
    const isShown = tried.holdsFile === true && firstFile(outcome) !== undefined;
    if (isShown && statusMessageId !== undefined) {
      return { as: 'edit', messageId: statusMessageId, sent: [], outcome };
    }
    const { failure } = tried;
    if (failure === 'closed') return { as: 'nothing', why: 'the chat is closed to the bot', held: 'closed' };
    if (failure === 'topic-closed') return { as: 'nothing', why: 'the topic is closed to the bot', held: 'closed' };
    failures.push({ ...step, failure });
    const next = nextStep(given, editable, failures, forms);
    if (next?.outcome.kind === 'failed' && next.outcome.code === 'media-not-allowed') await rememberRight(job, tools);
    step = next;
  }
  return { as: 'nothing', why: failures.at(-1)?.failure ?? 'refused', held: 'unsure' };
}

/** The next way to show the outcome after those that failed; none after words were refused too. */
export function nextStep(
  given: Outcome,
  statusMessageId: number | undefined,
  failures: readonly (Step & { readonly failure: TelegramError })[],
  forms: readonly SendAs[] = firstFile(given) === undefined ? ['fitting'] : ['fitting', 'document'],
): Step | undefined {
  const isGone = statusMessageId === undefined || failures.some(({ failure }) => failure === 'no-message');
  const isTooBig = failures.some(({ failure }) => failure === 'too-big');
  const isUnfit = (as: SendAs) =>
    failures.some((one) => one.outcome === given && one.as === as && unfit.has(one.failure));
  const was = (way: Step['way'], as: SendAs, isInstead: boolean) =>
    failures.some((one) => one.way === way && one.as === as && (one.outcome !== given) === isInstead);
  for (const way of ['edit', 'send'] as const) {
    if ((way === 'edit' && isGone) || isTooBig) continue;
    for (const as of forms) {
      if (!was(way, as, false) && !isUnfit(as)) return { way, outcome: given, as };
    }
  }
  if (given.kind !== 'result') return undefined;
  const outcome = insteadOf(failures);
  const way = isGone || was('edit', 'fitting', true) ? 'send' : 'edit';
  return was(way, 'fitting', true) ? undefined : { way, outcome, as: 'fitting' };
}

/** Failures of a form: sending it as a message of its own would be refused too. */
const unfit: ReadonlySet<TelegramError> = new Set(['bad-media', 'no-right']);

/** The words that stand for a result which Telegram refused in every form. */
function insteadOf(failures: readonly { readonly failure: TelegramError }[]): Outcome {
  const has = (failure: TelegramError) => failures.some((one) => one.failure === failure);
  const code = has('too-big') ? 'too-large' : has('no-right') ? 'media-not-allowed' : 'result-unavailable';
  return { kind: 'failed', code };
}

async function rememberRight({ kind, origin: { chatId } }: Job, { chats, clock }: ShowTools): Promise<void> {
  await chats?.limit(chatId, carrierLimit(kind), clock.now() + rightForgottenMs);
}

async function tryStep(
  claim: Claim,
  statusMessageId: number | undefined,
  form: OutcomeForm,
  tools: ShowTools,
): Promise<SentOnce> {
  const { outbox, delivery, emit } = tools;
  const { job } = claim;
  if (statusMessageId === undefined) {
    return sendOnce(claim, form, { ...tools, api: outbox.api, health: outbox.health });
  }
  await assertLeaseHeld(delivery, claim);
  try {
    return { kind: 'sent', ...(await editIntoOutcome(outbox.api, job, statusMessageId, form)) };
  } catch (error) {
    const failure = reportTelegramError(emit, 'edit', error);
    const kind = form.file === undefined ? 'edit-text' : 'edit-media';
    return { kind: 'refused', failure: settled(failure, job, { kind, isUndone: true }), holdsFile: holdsFile(error) };
  }
}

/**
 * Deletes the status message whose outcome was sent as a message of its own, so that no button of an ended request stays;
 * where Telegram does not delete it, it says how the request ended. Throws TryLater for some tries.
 */
export async function removeStatusMessage(claim: Claim, outcome: Outcome, tools: ShowTools): Promise<void> {
  const { outbox, messages, clock, emit } = tools;
  const { job } = claim;
  const { chatId } = job.origin;
  if (job.statusMessageId === undefined) return;
  try {
    await outbox.api.deleteMessage(chatId, job.statusMessageId);
    return;
  } catch (error) {
    const failure = reportTelegramError(emit, 'deleteMessage', error);
    if ((job.deliveryTries ?? 0) < maxTidyTries) settled(failure, job, { kind: 'edit-text', isUndone: true });
  }
  const found = await tools.service.find(job.id);
  if (found === undefined) return;
  const view = messages.ended({ ...found.view, phase: { kind: 'ended', outcome } }, job.locale, clock.now());
  await editIntoOutcome(outbox.api, job, job.statusMessageId, { as: 'fitting', view }).catch((error: unknown) => {
    reportTelegramError(emit, 'edit', error);
  });
}

/** A status message that cannot be removed must not keep its outcome from being told. */
const maxTidyTries = 6;

/** A file that was removed, or that is too large for a bot, is replaced by a failure message. */
function firstOutcome(outcome: Outcome, opened: OpenedResult | undefined): Outcome {
  const file = firstFile(outcome);
  if (file !== undefined && opened === undefined) return { kind: 'failed', code: 'result-unavailable' };
  if (file !== undefined && file.bytes > uploadLimitBytes) return { kind: 'failed', code: 'too-large' };
  return outcome;
}

/** The file that the first message shows. */
function firstFile(outcome: Outcome): MediaFile | undefined {
  return outcome.kind === 'result' ? filesOf(outcome.payload)[0] : undefined;
}

function withLink(view: MessageView, url: string | undefined, { locale }: Job, { messages }: ShowTools): MessageView {
  return url === undefined ? view : messages.linked(view, url, locale);
}

/** The views of the outcome: the text or the caption; several where the result is a long text. */
export async function viewsFor(
  job: Job,
  outcome: Outcome,
  { service, messages, clock }: Pick<ShowTools, 'service' | 'messages' | 'clock'>,
): Promise<readonly [MessageView, ...MessageView[]]> {
  const jobView = { ...(await service.view(job)), phase: { kind: 'ended' as const, outcome } };
  if (outcome.kind !== 'result') return [messages.ended(jobView, job.locale, clock.now())];
  const seconds = Math.max(1, Math.round((clock.now() - job.acceptedAtMs) / 1_000));
  const label = service.models.labelOf(job.kind, outcome.model);
  const facts = { model: outcome.model, seconds, ...(label === undefined ? {} : { label }) };
  const views =
    outcome.payload.kind === 'text'
      ? messages.textResult(jobView, job.locale, facts, outcome.payload)
      : ([messages.caption(jobView, job.locale, facts)] as const);
  if (job.origin.chatType === 'private') return views;
  const [first, ...others] = views;
  return [messages.withReport(first, job), ...others];
}

/** Stored with the effect, so that after a crash the person still gets the day's credit back. */
export const textInstead = 'words-instead';

/** What is stored of an outcome that was shown: its message, and whether words stand for the result. */
export function noteOf(shown: Exclude<Shown, { as: 'nothing' }>, outcome: Outcome): string {
  const isInstead = outcome.kind === 'result' && shown.outcome.kind !== 'result';
  return isInstead ? `${textInstead} ${shown.messageId}` : String(shown.messageId);
}
