import type { Api } from 'grammy';
import type { EffectLedger } from '../../domain/effect-ledger.ts';
import type { JobDelivery } from '../../domain/job-engine.ts';
import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import { firstOfAlbum, type Job } from '../../domain/job.ts';
import type { DayLeft, JobPhase, JobView } from '../../domain/views.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';
import { placeOf, textOptions, reportTelegramError } from './media-message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Presence } from './presence.ts';
import { closeLateStatusMessage, keepStatusMessageId } from './status-message-id.ts';
import { albumView } from './show-album.ts';
import { isShut, isTransient } from '../outbox/telegram-error.ts';

/** Queue positions change often, so they are shown at this interval. */
const positionIntervalMs = 5_000;
const maxPositionsPerRound = 20;
/** Most results are shown sooner than this; only slower ones are announced. */
const deliveringShownAfterMs = 2_000;
/** Edits of one status message before its outcome: so many at first, and one more with each minute. */
const maxEdits = 6;
const oneMoreEveryMs = 60_000;
/** The place in line is updated after this time, then after twice this time, and so on. */
const positionShownAgainMs = 5_000;
/** A status message that another process sends is looked for so often. */
const [lookAgainMs, maxLooks] = [500, 8];

export type StatusMessagesOptions = {
  /** For the first answer to a request; edits go through the outbox. */
  readonly api: Api;
  readonly outbox: Outbox;
  readonly service: GenerationService;
  readonly delivery: Pick<JobDelivery, 'keepStatusMessage'>;
  readonly ledger: EffectLedger;
  readonly messages: MessageMapper;
  readonly presence?: Pick<Presence, 'accepted'>;
  /** What is left of the person's day, for requests of this kind. */
  readonly leftToday?: (job: Job) => Promise<DayLeft | undefined>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Other processes run jobs that were accepted here, and the other way round. */
  readonly hasOthers?: boolean;
};

type Tracked = {
  readonly chatId: number;
  readonly messageId: number;
  /** Undefined when it is not known what the message shows. */
  shown: JobView | undefined;
  edits: number;
  /** The phase that is shown, and when its place in line may be updated. */
  phase: JobPhase['kind'] | undefined;
  placeAtMs: number;
  placeEveryMs: number;
  /** Its person has asked for the latest state. */
  isAsked?: boolean;
  /** The message was deleted, or the chat is closed. */
  isGone?: boolean;
  deliveringSinceMs?: number;
  timer?: Disposable;
};

/**
 * The status message of each job: sent once, then edited as the job goes on, always to the latest state. It is closed
 * before the outcome is shown, so that no old state overwrites the outcome.
 */
export class StatusMessages {
  readonly #options: StatusMessagesOptions;
  readonly #tracked = new Map<JobId, Tracked>();
  readonly #sending = new Map<JobId, Promise<void>>();
  /** Jobs that changed while their status message was being sent. */
  readonly #changedMeanwhile = new Set<JobId>();
  readonly #listening = new DisposableStack();
  readonly #closing = new AbortController();
  #positionsTimer: Disposable | undefined;

  constructor(options: StatusMessagesOptions) {
    this.#options = options;
    const onProgress = (one: JobId) => {
      const id = firstOfAlbum(one);
      if (this.#sending.has(id)) this.#changedMeanwhile.add(id);
      else this.refresh(id);
      this.#schedulePositions();
    };
    this.#listening.use(options.service.onProgress(onProgress));
    const onEnded = (id: JobId) => {
      if (firstOfAlbum(id) !== id) this.refresh(firstOfAlbum(id));
      this.#schedulePositions();
    };
    this.#listening.use(options.service.onEnded(onEnded));
  }

  /**
   * Sends the first answer to a request; a second call for the same job sends nothing. `isBegun`: the effect was begun for
   * this call when the job was accepted.
   */
  async send(job: Job, jobView: JobView, isBegun = false): Promise<void> {
    const { id } = job;
    const sending = this.#send(job, jobView, isBegun);
    const keeping = sending
      .then(async (sent) => {
        await sent?.kept;
      })
      .finally(() => {
        this.#sending.delete(id);
        if (this.#changedMeanwhile.delete(id)) this.refresh(id);
      });
    this.#sending.set(id, keeping);
    keeping.catch(() => undefined);
    await sending;
  }

  /** Resolves when the message is sent; its number is kept in the commit of what the caller stores next. */
  async #send(job: Job, jobView: JobView, isBegun: boolean): Promise<{ readonly kept: Promise<unknown> } | undefined> {
    const { api, ledger, presence, emit } = this.#options;
    const by = { jobId: job.id };
    if (!isBegun && (await ledger.begin(by, 'receipt', 'once')).kind !== 'go') return undefined;
    const view = await this.#viewOf(job, jobView);
    const { chatId, messageId } = job.origin;
    try {
      const sent = await api.sendMessage(chatId, view.text, { ...textOptions(view), ...placeOf(job, messageId) });
      const tracked = this.#newlyTracked(chatId, sent.message_id);
      this.#tracked.set(job.id, { ...tracked, shown: jobView, phase: jobView.phase.kind });
      return { kept: this.#keep(job.id, sent.message_id, chatId) };
    } catch (error) {
      const failure = reportTelegramError(emit, 'sendMessage', error);
      // Without a status message the outcome is sent as a new message. A certain failure may be tried again.
      if (failure !== 'unsure') await ledger.undo(by, 'receipt');
      return undefined;
    } finally {
      // A sign beside the answer does not delay it.
      presence?.accepted(job);
    }
  }

  async #keep(id: JobId, messageId: number, chatId: number): Promise<void> {
    const kept = await keepStatusMessageId(id, messageId, this.#options, this.#closing.signal);
    if (kept !== 'late') return;
    this.#tracked.delete(id);
    closeLateStatusMessage(id, chatId, messageId, this.#options);
  }

  /** Shows the job's state as soon as the rate limit allows, also in a status message of an earlier process. */
  refresh(id: JobId): void {
    const tracked = this.#tracked.get(id);
    if (tracked === undefined) void this.#adopt(id);
    else this.#post(id, tracked);
  }

  /**
   * Refreshes the status message whose button was pressed. One whose send was never answered is learned that way while its
   * job is undelivered. Resolves with false when the message is not the job's status message.
   */
  async refreshPressed(job: Job, messageId: number): Promise<boolean> {
    if (job.statusMessageId === undefined && job.state.kind !== 'told') {
      await this.#options.delivery.keepStatusMessage(job.id, messageId);
    } else if (job.statusMessageId !== messageId) return false;
    const tracked = this.#tracked.get(job.id);
    if (tracked !== undefined) tracked.isAsked = true;
    this.refresh(job.id);
    return true;
  }

  #newlyTracked(chatId: number, messageId: number): Tracked {
    const placeAtMs = this.#options.clock.monotonicMs() + positionShownAgainMs;
    return {
      chatId,
      messageId,
      shown: undefined,
      edits: 0,
      phase: undefined,
      placeAtMs,
      placeEveryMs: positionShownAgainMs,
    };
  }

  async #viewOf(job: Job, jobView: JobView): Promise<MessageView> {
    const { messages, leftToday, clock } = this.#options;
    const left = await leftToday?.(job);
    return messages.statusMessage(left === undefined ? jobView : { ...jobView, left }, job.locale, clock.now());
  }

  /** Whether an edit would change nothing that is worth one: the times of day and what is left of the day are not. */
  #showsTheSame({ locale }: Job, shown: JobView, jobView: JobView): boolean {
    const show = (view: JobView) => JSON.stringify(this.#options.messages.statusMessage(view, locale));
    return show(shown) === show(jobView);
  }

  /** Whether an edit now would exceed what one message may have, or only show a place that was shown a moment ago. */
  #isTooMuch(tracked: Tracked, { phase, ageMs }: JobView): boolean {
    if (tracked.isAsked === true || (phase.kind === 'making' && phase.text !== undefined)) return false;
    if (tracked.edits >= maxEdits + Math.floor(ageMs / oneMoreEveryMs)) return true;
    return (
      phase.kind === 'queued' && tracked.phase === 'queued' && this.#options.clock.monotonicMs() < tracked.placeAtMs
    );
  }

  /** The status message of a job under way, as far as this process knows it. */
  messageIdOf(id: JobId): number | undefined {
    return this.#tracked.get(id)?.messageId;
  }

  /** Ends the edits for this job; resolves when a status message that is being sent has arrived. */
  async close(id: JobId): Promise<void> {
    await this.#sending.get(id)?.catch(() => undefined);
    const tracked = this.#tracked.get(id);
    if (tracked === undefined) return;
    tracked.timer?.[Symbol.dispose]();
    this.#tracked.delete(id);
    this.#options.outbox.withdraw({ chatId: tracked.chatId, name: id });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#listening[Symbol.dispose]();
    this.#positionsTimer?.[Symbol.dispose]();
    await Promise.all([...this.#tracked.keys()].map((id) => this.close(id)));
  }

  async #adopt(id: JobId, looks = 1): Promise<void> {
    const { service, hasOthers, clock } = this.#options;
    try {
      const found = await service.find(id);
      if (found === undefined || this.#tracked.has(id)) return;
      if (found.job.statusMessageId === undefined) {
        const isDue = hasOthers === true && looks < maxLooks && found.view.phase.kind !== 'ended';
        return void (isDue && clock.schedule(lookAgainMs, () => void this.#adopt(id, looks + 1)));
      }
      const tracked = this.#newlyTracked(found.job.origin.chatId, found.job.statusMessageId);
      this.#tracked.set(id, tracked);
      this.#post(id, tracked);
    } catch (error) {
      this.#options.emit({ event: 'app.error', what: `look up the state of job ${id}`, error });
    }
  }

  #post(id: JobId, tracked: Tracked): void {
    const run = () => this.#edit(id, tracked);
    this.#options.outbox.post({ chatId: tracked.chatId, kind: 'edit', priority: 'status', name: id, run });
  }

  #schedulePositions(): void {
    this.#positionsTimer ??= this.#options.clock.schedule(positionIntervalMs, () => {
      this.#positionsTimer = undefined;
      for (const [id, tracked] of [...this.#tracked].slice(0, maxPositionsPerRound)) this.#post(id, tracked);
    });
  }

  async #edit(id: JobId, tracked: Tracked): Promise<'done' | 'again'> {
    const { outbox, service, hasOthers, clock, emit } = this.#options;
    if (this.#tracked.get(id) !== tracked || tracked.isGone === true) return 'done';
    const found = await service.find(id);
    if (found?.job.statusMessageId === undefined || this.#tracked.get(id) !== tracked) return 'done';
    const { job } = found;
    const jobView = job.album === undefined ? found.view : await albumView(job.id, found.view, job.album.size, service);
    // The process that runs it shows how it goes, and knows better.
    const isElsewhere = hasOthers === true && job.state.kind === 'running' && !service.isRunningHere(id);
    if (jobView.phase.kind === 'ended' || (isElsewhere && tracked.isAsked !== true)) {
      this.#tracked.delete(id);
      return 'done';
    }
    if (jobView.phase.kind !== 'delivering') delete tracked.deliveringSinceMs;
    else if (this.#isTooSoon(id, tracked)) return 'done';
    if (tracked.shown !== undefined && this.#showsTheSame(job, tracked.shown, jobView)) return 'done';
    if (this.#isTooMuch(tracked, jobView)) {
      this.#schedulePositions();
      return 'done';
    }
    try {
      const view = await this.#viewOf(job, jobView);
      await outbox.api.editMessageText(tracked.chatId, found.job.statusMessageId, view.text, textOptions(view));
      if (jobView.phase.kind === 'queued' && tracked.phase === 'queued') tracked.placeEveryMs *= 2;
      tracked.placeAtMs = clock.monotonicMs() + tracked.placeEveryMs;
      const { kind: phase } = jobView.phase;
      Object.assign(tracked, { shown: jobView, phase, edits: tracked.edits + 1, isAsked: false });
      return 'done';
    } catch (error) {
      const failure = reportTelegramError(emit, 'editMessageText', error);
      tracked.isGone = failure === 'no-message' || isShut(failure);
      return isTransient(failure) ? 'again' : 'done';
    }
  }

  #isTooSoon(id: JobId, tracked: Tracked): boolean {
    const { clock } = this.#options;
    tracked.deliveringSinceMs ??= clock.monotonicMs();
    const leftMs = tracked.deliveringSinceMs + deliveringShownAfterMs - clock.monotonicMs();
    if (leftMs <= 0) return false;
    tracked.timer ??= clock.schedule(leftMs, () => {
      delete tracked.timer;
      this.#post(id, tracked);
    });
    return true;
  }
}
