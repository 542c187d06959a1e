import PQueue from 'p-queue';
import type { Claim, JobReader } from '../../domain/job-engine.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { firstOfAlbum, type Job, type OnCheckpoint, type Outcome } from '../../domain/job.ts';
import type { JobId } from '../../domain/ids.ts';
import { type FailedTry, TryLater, reportTelegramError, textOptions } from './media-message.ts';
import { maxDeliveryAgeMs, maxRedeliveryDelayMs, redeliveryDelayMs } from './send-once.ts';
import type { WayBack } from '../outbox/undeliverable.ts';
import type { MethodKind } from '../outbox/bot-api.ts';
import { isTransient } from '../outbox/telegram-error.ts';
import type { Presence } from './presence.ts';
import { sendReadyNote } from './ready-note.ts';
import { closeWhenKnown, statusMessageKnown } from './status-message-id.ts';
import type { StatusLists } from './status-lists.ts';
import { LateEdits } from './late-edits.ts';
import { endedAlbum, finishAlbum, showAlbum } from './show-album.ts';
import type { StatusMessages } from './status-messages.ts';
import { noteOf, textInstead, showOutcome, type Shown, type ShowTools } from './show-outcome.ts';

const maxLookups = 8;
const lookupRetryMs = 5_000;
/** Edits do not notify: after a wait this long a short reply follows, which does. */
const pingAfterMs = 30_000;

export type DeliveryOptions = ShowTools & {
  readonly jobs: JobReader;
  readonly statusMessages: StatusMessages;
  /** Shown again once an outcome is told: nothing that waits for its own message waits for them. */
  readonly lists?: Pick<StatusLists, 'refresh'>;
  readonly wayBack?: Pick<WayBack, 'isOpen'>;
  readonly presence?: Pick<Presence, 'ended'>;
  /** Other processes run and deliver jobs of the same store. */
  readonly hasOthers?: boolean;
  /** Called at the points where crash tests stop the process. */
  readonly onCheckpoint?: OnCheckpoint | undefined;
};

/** A failed delivery until its next try. */
type Waiting = { readonly kind: MethodKind | undefined; readonly timer: Disposable };

/**
 * Delivers the outcome of each ended job, once. Job ends -> posted to the outbox -> delivered; or failed and postponed, in
 * the database, to a later time or until its kind of method works again; or, when its tries are used up or the chat is
 * closed, held: its person can ask for it again, or it follows when the chat opens.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #lookups = new PQueue({ concurrency: maxLookups });
  readonly #listening = new DisposableStack();
  readonly #lateEdits: LateEdits;
  readonly #waiting = new Map<JobId, Waiting>();
  /** Held outcomes whose status message does not say so yet. */
  readonly #withoutNotice = new Set<JobId>();
  readonly #closing = new AbortController();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#lateEdits = this.#listening.use(new LateEdits(options));
    this.#listening.use(options.service.onEnded((id, job) => this.#enqueue(id, job)));
    this.#listening.use(options.outbox.health.onRecovery((kind) => this.#recovered(kind)));
  }

  /** Delivers what an earlier process did not; of several processes, what is orphaned is told of one by one. */
  async resume(): Promise<void> {
    const { delivery, hasOthers } = this.#options;
    if (hasOthers !== true) for (const id of await delivery.pending()) this.#enqueue(id);
    await this.#options.links?.resume();
    await this.#options.lists?.refresh();
  }

  /** Shows a held outcome because its person wants it; false when it is not held. */
  async showAgain(id: JobId): Promise<boolean> {
    if (!(await this.#options.delivery.release(id))) return false;
    this.#enqueue(id);
    return true;
  }

  /** Delivers what was held because the chat was closed: of one person who wrote there, or of all. */
  async chatOpened(chatId: number, userId?: number): Promise<void> {
    const { delivery, jobs, wayBack } = this.#options;
    for (const id of await delivery.heldFor(chatId, userId)) {
      const job = await jobs.find(id);
      // Its topic may still be closed.
      if (job !== undefined && (await wayBack?.isOpen(job)) !== false) await this.showAgain(id);
    }
  }

  /** Resolves when everything that can be delivered now is delivered; the rest is left to the next start. */
  async drain(): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#closing.abort(new Error('The app is stopping'));
    for (const { timer } of this.#waiting.values()) timer[Symbol.dispose]();
    this.#waiting.clear();
    await this.#lookups.onIdle();
    await this.#options.outbox.drain();
  }

  #enqueue(id: JobId, job?: Job): void {
    // One that ran here and is of no album needs no look: it was not tried before.
    if (job !== undefined && job.album === undefined) this.#postOutcome(job);
    else void this.#lookups.add(() => this.#post(id));
  }

  #postOutcome({ id, origin: { chatId }, statusMessageId: known }: Job): void {
    const messageId = known ?? this.#options.statusMessages.messageIdOf(id);
    const call = messageId === undefined ? ({ kind: 'send' } as const) : ({ kind: 'edit', messageId } as const);
    this.#options.outbox.post({ chatId, ...call, priority: 'answer', run: () => this.#tryToDeliver(id) });
  }

  async #post(id: JobId, isDue = false): Promise<void> {
    const { jobs, clock, emit } = this.#options;
    try {
      const job = await jobs.find(id);
      if (job === undefined) return;
      if (job.album !== undefined) {
        if (firstOfAlbum(id) !== id) return await this.#post(firstOfAlbum(id), isDue);
        if ((await endedAlbum(job, jobs)) === undefined) return;
      }
      const waitMs = Math.min((job.deliverAtMs ?? 0) - clock.now(), maxRedeliveryDelayMs);
      if (waitMs > 0 && !isDue) return this.#wait(id, waitMs, undefined);
      this.#postOutcome(job);
    } catch (error) {
      emit({ event: 'app.error', what: `look up the chat of job ${id}`, error });
      clock.sleep(lookupRetryMs, this.#closing.signal).then(
        () => this.#enqueue(id),
        () => undefined,
      );
    }
  }

  #wait(id: JobId, waitMs: number, kind: MethodKind | undefined): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.get(id)?.timer[Symbol.dispose]();
    const timer = this.#options.clock.schedule(waitMs, () => this.#due(id));
    this.#waiting.set(id, { kind, timer });
  }

  #due(id: JobId): void {
    this.#waiting.get(id)?.timer[Symbol.dispose]();
    this.#waiting.delete(id);
    void this.#lookups.add(() => this.#post(id, true));
  }

  /** What waits for this kind of method, or for an unknown one since a restart, is tried now. */
  #recovered(kind: MethodKind): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.kind === undefined || waiting.kind === kind) this.#due(id);
    }
    if (kind === 'edit-text') for (const id of this.#withoutNotice) this.#tellHeld(id);
  }

  async #tryToDeliver(id: JobId): Promise<'done' | 'again'> {
    const { delivery, statusMessages, jobs, hasOthers, clock, emit } = this.#options;
    const tried: { claim?: Claim } = {};
    try {
      // The claim then knows the number of a status message that is being sent.
      await statusMessages.close(id);
      if (hasOthers === true) await statusMessageKnown(id, jobs, clock, this.#closing.signal);
      const claim = await delivery.claim(id);
      if (claim === undefined) await finishAlbum(id, this.#options.jobs, delivery);
      if (claim === undefined || claim.job.state.kind !== 'ended') return 'done';
      tried.claim = claim;
      await this.#deliver(claim, claim.job.state.outcome);
      return 'done';
    } catch (error) {
      if (!(error instanceof TryLater)) emit({ event: 'app.error', what: `deliver the outcome of job ${id}`, error });
      if (tried.claim === undefined || isStorageRefusal(error)) return 'again';
      const failed = error instanceof TryLater ? error.failed : unforeseen;
      return await this.#tryLater(tried.claim, failed).catch((cause: unknown) => {
        emit({ event: 'app.error', what: `postpone the delivery of job ${id}`, error: cause });
        return 'again' as const;
      });
    }
  }

  /** Stores when the next try follows; holds the outcome when none does. Without a failed call, the outbox repeats it. */
  async #tryLater({ lease, job }: Claim, failed: FailedTry | undefined): Promise<'done' | 'again'> {
    const { delivery, clock, emit } = this.#options;
    // The next process tries at once: the call was most likely aborted by ourselves.
    if (this.#closing.signal.aborted) return 'again';
    const isOld = clock.now() - job.acceptedAtMs > maxDeliveryAgeMs;
    if (failed === undefined && !isOld) return 'again';
    const tries = (job.deliveryTries ?? 0) + 1;
    const inMs = failed === undefined || isOld ? undefined : redeliveryDelayMs(failed, tries);
    if (inMs === undefined) {
      await this.#hold({ lease, job }, { as: 'nothing', why: 'Telegram did not take it in any try', held: 'unsure' });
      return 'done';
    }
    if (await delivery.postpone(lease, { tries, dueAtMs: clock.now() + inMs })) {
      emit({ event: 'job.delivery-postponed', jobId: job.id, tries, inMs });
    }
    this.#wait(job.id, inMs, failed?.kind);
    return 'done';
  }

  async #deliver(claim: Claim, outcome: Outcome): Promise<void> {
    const { jobs, delivery, lists, links, ledger, presence, onCheckpoint } = this.#options;
    const { lease, job } = claim;
    const { id } = job;
    const start = await ledger.begin(lease, 'result', 'idempotent');
    if (start.kind === 'fenced') throw new TryLater();
    let note = start.kind === 'done' ? start.note : '';
    let sent: Pick<Extract<Shown, { as: 'edit' | 'message' }>, 'sent' | 'ofOthers'> = { sent: [] };
    if (start.kind !== 'done') {
      onCheckpoint?.('delivering', id);
      const shown = await this.#show(claim, outcome);
      if (shown.as === 'nothing') return this.#hold({ lease, job }, shown);
      onCheckpoint?.('delivered-not-told', id);
      note = noteOf(shown, outcome);
      sent = shown;
      const isOurs = await ledger.end(lease, 'result', note);
      this.#lateEdits.follow(job, shown);
      presence?.ended(job, shown.outcome);
      // Where this process counted as dead meanwhile, another one shows the outcome, and reports it.
      if (isOurs) this.#report({ job, lease }, shown);
    }
    await delivery.done(lease, note.startsWith(textInstead) ? textInstead : undefined, sent.sent);
    this.#followLate(job);
    if (job.album !== undefined) await finishAlbum(id, jobs, delivery, sent.ofOthers);
    void lists?.refresh(job.origin.userId);
    void links?.delivered(id);
  }

  async #show(claim: Claim, outcome: Outcome): Promise<Shown> {
    try {
      const album = claim.job.album && (await endedAlbum(claim.job, this.#options.jobs));
      if (album !== undefined) return await showAlbum(claim, album, this.#options);
      return await showOutcome(claim, outcome, this.#options);
    } catch (error) {
      // No call is in flight: a crash during the wait for the next try is not counted against this effect.
      if (error instanceof TryLater) await this.#options.ledger.undo(claim.lease, 'result');
      throw error;
    }
  }

  /** Another process may have sent a status message whose number was not known when this delivery began. */
  #followLate(job: Job): void {
    if (this.#options.hasOthers !== true || job.statusMessageId !== undefined) return;
    void closeWhenKnown(job, this.#options, this.#closing.signal);
  }

  /** Ends the tries: the credit is given back, and the outcome is kept for who asks for it again. */
  async #hold({ lease, job }: Claim, { why, held }: Extract<Shown, { as: 'nothing' }>): Promise<void> {
    const { delivery, lists, ledger, emit } = this.#options;
    await ledger.undo(lease, 'result');
    if (!(await delivery.hold(lease, held))) return;
    emit({ event: 'job.undeliverable', jobId: job.id, why, held });
    this.#followLate(job);
    void lists?.refresh(job.origin.userId);
    if (held !== 'unsure' || job.statusMessageId === undefined) return;
    this.#withoutNotice.add(job.id);
    this.#tellHeld(job.id);
  }

  /** The status message says that the outcome is held, and how to get it; also when editing works again later. */
  #tellHeld(id: JobId): void {
    const { outbox, service, messages, emit } = this.#options;
    const run = async (chatId: number): Promise<'done' | 'again'> => {
      const found = await service.find(id);
      const { statusMessageId, held, locale = '' } = found?.job ?? {};
      if (found === undefined || statusMessageId === undefined || held === undefined) {
        this.#withoutNotice.delete(id);
        return 'done';
      }
      try {
        const view = messages.held(found.view, locale);
        await outbox.api.editMessageText(chatId, statusMessageId, view.text, textOptions(view));
      } catch (error) {
        if (isTransient(reportTelegramError(emit, 'edit', error))) return 'again';
      }
      this.#withoutNotice.delete(id);
      return 'done';
    };
    service.find(id).then(
      (found) => {
        if (found === undefined) return;
        const { chatId } = found.job.origin;
        outbox.post({ chatId, kind: 'edit', priority: 'status', name: `held ${id}`, run: () => run(chatId) });
      },
      (error: unknown) => emit({ event: 'app.error', what: `look up the held job ${id}`, error }),
    );
  }

  #report({ job, lease }: Claim, shown: Exclude<Shown, { as: 'nothing' }>): void {
    const { clock, emit } = this.#options;
    const { id: jobId } = job;
    const { as, outcome } = shown;
    const ms = clock.now() - job.acceptedAtMs;
    if (outcome.kind === 'result') emit({ event: 'job.delivered', jobId, ms, as });
    else emit({ event: 'job.notified', jobId, code: outcome.kind === 'failed' ? outcome.code : 'cancelled' });
    // Who has cancelled a request knows that it ended.
    if (as === 'message' || ms <= pingAfterMs || outcome.kind === 'cancelled' || job.wishes?.quiet === true) return;
    const run = () => sendReadyNote({ job, lease }, { ...shown, outcome }, this.#options);
    this.#options.outbox.post({ chatId: job.origin.chatId, kind: 'send', priority: 'proactive', run });
  }
}

/** An error that no rule foresees is repeated like a failed edit. */
const unforeseen: FailedTry = { kind: 'edit-text', isUndone: true };
