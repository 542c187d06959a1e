import PQueue from 'p-queue';
import type { EffectLedger } from '../../domain/effect-ledger.ts';
import type { JobDelivery, Claim, JobReader } from '../../domain/job-engine.ts';
import { type Emit, type OnCheckpoint, ignoreCheckpoints } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Outcome } from '../../domain/job.ts';
import type { ResultSource } from '../../domain/result-store.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import { placeOf, textOptions, reportTelegramError, TryLater } from './media-message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { StatusMessages } from './status-messages.ts';
import { showOutcome, type Shown } from './show-outcome.ts';

const maxLookups = 8;
const lookupRetryMs = 5_000;
/** Edits do not notify: after a wait this long a short reply follows, which does. */
const pingAfterMs = 30_000;

export type DeliveryOptions = {
  readonly outbox: Outbox;
  readonly service: GenerationService;
  readonly jobs: JobReader;
  readonly delivery: JobDelivery;
  readonly ledger: EffectLedger;
  readonly results: ResultSource;
  readonly statusMessages: StatusMessages;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called at the points where crash tests stop the process. */
  readonly onCheckpoint?: OnCheckpoint;
};

/**
 * Delivers the outcome of each ended job, once: posted to the outbox as soon as the job ends, and repeated there until it
 * is delivered or known to be undeliverable.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #lookups = new PQueue({ concurrency: maxLookups });
  readonly #listening: Disposable;
  readonly #closing = new AbortController();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#listening = options.service.onEnded((id) => this.#enqueue(id));
  }

  /** Delivers what an earlier process did not. */
  async resume(): Promise<void> {
    for (const id of await this.#options.delivery.pending()) this.#enqueue(id);
  }

  /** Resolves when everything that can be delivered now is delivered; the rest is left to the next start. */
  async drain(): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#closing.abort(new Error('The app is stopping'));
    await this.#lookups.onIdle();
    await this.#options.outbox.drain();
  }

  #enqueue(id: JobId): void {
    void this.#lookups.add(() => this.#post(id));
  }

  async #post(id: JobId): Promise<void> {
    const { jobs, outbox, clock, emit } = this.#options;
    try {
      const job = await jobs.find(id);
      if (job === undefined) return;
      const { chatId } = job.origin;
      const call =
        job.statusMessageId === undefined
          ? ({ kind: 'send' } as const)
          : { kind: 'edit' as const, messageId: job.statusMessageId };
      outbox.post({ chatId, ...call, priority: 'answer', run: () => this.#tryToDeliver(id) });
    } catch (error) {
      emit({ event: 'app.error', what: `look up the chat of job ${id}`, error });
      clock.sleep(lookupRetryMs, this.#closing.signal).then(
        () => this.#enqueue(id),
        () => undefined,
      );
    }
  }

  async #tryToDeliver(id: JobId): Promise<'done' | 'again'> {
    try {
      await this.#deliver(id);
      return 'done';
    } catch (error) {
      if (!(error instanceof TryLater)) {
        this.#options.emit({ event: 'app.error', what: `deliver the outcome of job ${id}`, error });
      }
      return 'again';
    }
  }

  async #deliver(id: JobId): Promise<void> {
    const { jobs, delivery, statusMessages, ledger, onCheckpoint = ignoreCheckpoints } = this.#options;
    const claim = await delivery.claim(id);
    if (claim === undefined || claim.job.state.kind !== 'ended') return;
    const { outcome } = claim.job.state;
    await statusMessages.close(id);
    // The status message may have been sent while the job was claimed.
    const job = (await jobs.find(id)) ?? claim.job;
    const { lease } = claim;
    const start = await ledger.begin(lease, 'result', 'idempotent');
    if (start.kind === 'fenced') throw new TryLater();
    let note = start.kind === 'done' ? start.note : '';
    if (start.kind !== 'done') {
      onCheckpoint('delivering', id);
      const shown = await this.#show({ ...claim, job }, outcome);
      onCheckpoint('delivered-not-told', id);
      note = noteOf(shown, outcome);
      await ledger.end(lease, 'result', note);
      this.#report({ job, lease }, shown);
    }
    await delivery.done(lease, note.startsWith(textInstead) ? textInstead : undefined);
  }

  async #show(claim: Claim, outcome: Outcome): Promise<Shown> {
    try {
      return await showOutcome(claim, outcome, this.#options);
    } catch (error) {
      // No call is in flight: a crash during the wait for the next try is not counted against this effect.
      if (error instanceof TryLater) await this.#options.ledger.undo(claim.lease, 'result');
      throw error;
    }
  }

  #report({ job, lease }: Claim, shown: Shown): void {
    const { clock, emit } = this.#options;
    const { id: jobId } = job;
    if (shown.as === 'nothing') return emit({ event: 'job.undeliverable', jobId, why: shown.why });
    const { as, outcome } = shown;
    const ms = clock.now() - job.acceptedAtMs;
    if (outcome.kind === 'result') emit({ event: 'job.delivered', jobId, ms, as });
    else emit({ event: 'job.notified', jobId, code: outcome.kind === 'failed' ? outcome.code : 'cancelled' });
    // Who has cancelled a request knows that it ended.
    if (as === 'message' || ms <= pingAfterMs || outcome.kind === 'cancelled') return;
    const { chatId } = job.origin;
    const run = () => this.#ping({ job, lease }, { ...shown, outcome });
    this.#options.outbox.post({ chatId, kind: 'send', priority: 'proactive', run });
  }

  /** Sent at most once, and never repeated when it may have arrived. */
  async #ping({ job, lease }: Claim, { messageId, outcome }: Ended): Promise<'done'> {
    const { outbox, ledger, messages, emit } = this.#options;
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
}

type Ended = { readonly messageId: number; readonly outcome: Outcome };

/** Stored with the effect, so that after a crash the person still gets the day's credit back. */
const textInstead = 'words-instead';

function noteOf(shown: Shown, outcome: Outcome): string {
  if (shown.as === 'nothing') return shown.why;
  const isInstead = outcome.kind === 'result' && shown.outcome.kind !== 'result';
  return isInstead ? `${textInstead} ${shown.messageId}` : String(shown.messageId);
}
