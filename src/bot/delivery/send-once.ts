import type { Api } from 'grammy';
import type { Effect, EffectLedger } from '../../domain/effect-ledger.ts';
import type { Emit } from '../../domain/events.ts';
import type { Claim } from '../../domain/job-engine.ts';
import type { Job } from '../../domain/job.ts';
import type { SentFile } from '../../domain/personal/past-requests.ts';
import type { MediaFile, ResultSource } from '../../domain/media.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageView } from '../../messages/view.ts';
import type { MethodHealth, MethodKind } from '../outbox/bot-api.ts';
import { type TelegramError, isLikelyUndone, isShut, isTransient } from '../outbox/telegram-error.ts';
import {
  type ShownFile,
  type OutcomeForm,
  TryLater,
  reportTelegramError,
  sendOutcome,
  type SentMessage,
  uploadLimitBytes,
  type FailedTry,
  type SendAs,
} from './media-message.ts';

/** How the one send ended. */
export type SentOnce =
  | ({ readonly kind: 'sent' } & SentMessage)
  /** `holdsFile`: words were to be edited into a message that holds a file. */
  | { readonly kind: 'refused'; readonly failure: TelegramError; readonly holdsFile?: boolean }
  /** Two were sent, and both may have arrived. */
  | { readonly kind: 'unsure' };

type SendTools = {
  readonly api: Api;
  readonly health: MethodHealth;
  readonly ledger: EffectLedger;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly emit: Emit;
};

/**
 * Sends the outcome, or a part of it, as a message of its own. A repetition would be visible, so an intent row is stored
 * first; a message that may have arrived is repeated once, with a row of its own, because a missing result is worse. One
 * that a server refused at once was most likely not sent: its row is taken back. `part` counts the messages of one outcome
 * from 1. Throws TryLater.
 */
export async function sendOnce(claim: Claim, form: OutcomeForm, tools: SendTools, part = 1): Promise<SentOnce> {
  const kind: MethodKind = form.file === undefined ? 'send-text' : 'send-media';
  const effects: Once['effects'] = part === 1 ? ['message', 'message-again'] : [`part-${part}`, `part-${part}-again`];
  return sendOnceAs(claim, { kind, effects, send: () => sendOutcome(tools.api, claim.job, form) }, tools);
}

/** A send of its own: the effect, the one of its repetition, and the call. */
type Once = {
  readonly kind: MethodKind;
  readonly effects: readonly [Effect, Effect];
  readonly send: () => Promise<SentMessage>;
};

/** As `sendOnce`, for any call. Throws TryLater. */
export async function sendOnceAs(claim: Claim, { kind, effects, send }: Once, tools: SendTools): Promise<SentOnce> {
  const { ledger, clock, emit } = tools;
  let [effect] = effects;
  let start = await ledger.begin(claim.lease, effect, 'once');
  const isRepetition = start.kind === 'unsure';
  if (isRepetition) {
    await assertMayRepeat(claim.job, kind, tools);
    [, effect] = effects;
    start = await ledger.begin(claim.lease, effect, 'once');
  }
  if (start.kind === 'done') return { kind: 'sent', messageId: Number.parseInt(start.note, 10), sent: [] };
  if (start.kind === 'unsure') return { kind: 'unsure' };
  if (start.kind === 'fenced') throw new TryLater();
  const startedMs = clock.monotonicMs();
  try {
    const message = await send();
    await ledger.end(claim.lease, effect, [message.messageId, ...(message.otherIds ?? [])].join(' '));
    return { kind: 'sent', ...message };
  } catch (error) {
    const failure = reportTelegramError(emit, 'send', error);
    const isUndone = failure !== 'unsure' || isLikelyUndone(error, clock.monotonicMs() - startedMs);
    if (isUndone) await ledger.undo(claim.lease, effect);
    if (failure === 'unsure' && isRepetition && !isUndone) return { kind: 'unsure' };
    return { kind: 'refused', failure: settled(failure, claim.job, { kind, isUndone }) };
  }
}

/** Throws TryLater for a failure after which the same call may succeed; returns the others. */
export function settled(failure: TelegramError, job: Job, failed: ConstructorParameters<typeof TryLater>[0]) {
  if (failure === 'gateway' && (job.deliveryTries ?? 0) >= maxGatewayTries) return 'refused';
  if (failure === 'unsure' || failure === 'gateway') throw new TryLater(failed);
  if (isTransient(failure)) throw new TryLater();
  return failure;
}

/**
 * The one repetition is not spent while its kind of method fails, or on a dead connection. Only a message of that kind
 * shows that the kind works; after some waits the repetition itself is the trial.
 */
async function assertMayRepeat(job: Job, kind: MethodKind, { api, health, emit }: SendTools): Promise<void> {
  const waits = job.deliveryTries ?? 0;
  if (health.isFailing(kind) && waits < maxWaitsForRecovery) throw new TryLater({ kind, isUndone: false });
  try {
    await api.getMe();
  } catch (error) {
    reportTelegramError(emit, 'getMe', error);
    throw new TryLater();
  }
}

/** A message after the first one of a result: a file without a caption, or text. */
type FurtherPart = {
  /** With its number among the files of the result, from 0. */
  readonly file?: { readonly file: MediaFile; readonly number: number };
  readonly view: MessageView;
};

type FurtherPartsTools = SendTools & { readonly results: ResultSource };

export const emptyView: MessageView = { text: '', rows: [] };

/**
 * Sends the parts that do not fit into the first message, in order, each once. A file that Telegram refuses is sent as a
 * document, and left out when that is refused too, since the first message shows the result. `unsure`: one of them was
 * sent twice and may not have arrived; `sent` are the files as Telegram keeps them. Throws TryLater.
 */
export async function sendFurtherParts(
  claim: Claim,
  parts: readonly FurtherPart[],
  tools: FurtherPartsTools,
): Promise<{ readonly isUnsure: boolean; readonly sent: readonly SentFile[] }> {
  let isUnsure = false;
  const files: SentFile[] = [];
  const first: SendAs = claim.job.wishes?.asFile === true ? 'document' : 'fitting';
  for (const [index, { file: further, view }] of parts.entries()) {
    const file = further && (await shownFile(claim, further, tools));
    if (further !== undefined && file === undefined) continue;
    const part = index + 2;
    const sent = await sendOnce(claim, { file, as: first, view }, tools, part);
    isUnsure ||= sent.kind === 'unsure';
    if (sent.kind === 'sent') files.push(...sent.sent);
    if (sent.kind !== 'refused') continue;
    if (isShut(sent.failure)) break;
    if (file === undefined) continue;
    const other = await sendOnce(claim, { file, as: 'document', view }, tools, part);
    isUnsure ||= other.kind === 'unsure';
    if (other.kind === 'sent') files.push(...other.sent);
  }
  return { isUnsure, sent: files };
}

async function shownFile(
  { job }: Claim,
  { file, number }: NonNullable<FurtherPart['file']>,
  { results }: FurtherPartsTools,
): Promise<ShownFile | undefined> {
  const opened = file.bytes > uploadLimitBytes ? undefined : await results.open(job.id, number);
  return opened && { file, opened };
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** An edit may be repeated without being seen twice: seconds at first, then minutes; about 100 minutes in all. */
const editDelaysMs = [
  ...[1, 2, 4, 8, 15, 30].map((seconds) => seconds * secondMs),
  ...[1, 2, 5].map((minutes) => minutes * minuteMs),
  ...Array.from({ length: 6 }, () => 15 * minuteMs),
];
/** Each repetition of a message could be seen, even if the first was most likely not sent. */
const undoneDelaysMs = [3 * secondMs, 30 * secondMs, ...[2, 5, 10, 15].map((minutes) => minutes * minuteMs)];
/** A message that may have arrived is repeated once, and waits for its kind of method to work again before. */
const unsureDelaysMs = [30 * secondMs, 2 * minuteMs, 5 * minuteMs] as const;

/** Milliseconds until the next try after this many failed ones; undefined when there is none. */
export function redeliveryDelayMs({ kind, isUndone }: FailedTry, tries: number): number | undefined {
  if (kind === 'edit-text' || kind === 'edit-media') return editDelaysMs[tries - 1];
  if (isUndone) return undoneDelaysMs[tries - 1];
  // The effect ledger ends these tries.
  return unsureDelaysMs[tries - 1] ?? unsureDelaysMs[2];
}

/** After this many tries a message that may have arrived is repeated even where its kind of method still fails. */
const maxWaitsForRecovery = unsureDelaysMs.length;

/** A gateway that refuses a call is asked this often; then its refusal counts like one of Telegram. */
const maxGatewayTries = 3;

/** What is not delivered by then is held, whatever the reason. */
export const maxDeliveryAgeMs = 24 * 60 * minuteMs;

/** The longest wait between two tries; a later stored one comes from a clock that was set back. */
export const maxRedeliveryDelayMs = 15 * minuteMs;
