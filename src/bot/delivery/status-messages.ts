import type { Api } from 'grammy';
import type { EffectLedger, JobDelivery } from '../../domain/job-engine.ts';
import type { Emit } from '../../domain/events.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { JobView } from '../../domain/views.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';
import { placeOf } from './media-message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { textOptions } from './view-options.ts';
import { reportTelegramError } from './send-once.ts';
import { isTransient } from '../outbox/telegram-error.ts';

/** Places in line move often and matter little: they are shown this late at the most. */
const placeSpacingMs = 5_000;
const placesShownAtOnce = 20;
/** Most results are shown sooner than this after they were made, and then nobody needs to read that they will be. */
const deliveringShownAfterMs = 2_000;

export type StatusMessagesOptions = {
  /** For the answer to whoever has just asked; what follows goes through the outbox. */
  readonly api: Api;
  readonly outbox: Outbox;
  readonly service: GenerationService;
  readonly delivery: Pick<JobDelivery, 'keepStatusMessage'>;
  readonly ledger: EffectLedger;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly emit: Emit;
};

type Tracked = {
  readonly chatId: number;
  shown: string;
  /** The message was deleted, or the chat was shut: nobody wants the news. */
  isGone?: boolean;
  deliveringSinceMs?: number;
  timer?: Disposable;
};

/**
 * The status message of each job: sent once, then edited as the job goes on, the latest news only. Whoever shows the
 * outcome closes it first, so that old news never overwrites it.
 */
export class StatusMessages {
  readonly #options: StatusMessagesOptions;
  readonly #tracked = new Map<JobId, Tracked>();
  readonly #sending = new Map<JobId, Promise<void>>();
  /** Of which there was news while their receipt was on its way. */
  readonly #missed = new Set<JobId>();
  readonly #listening: Disposable;
  #placesTimer: Disposable | undefined;

  constructor(options: StatusMessagesOptions) {
    this.#options = options;
    const progress = options.service.onProgress((id) => {
      if (this.#sending.has(id)) this.#missed.add(id);
      else this.refresh(id);
      this.#schedulePlaces();
    });
    const ended = options.service.onEnded(() => this.#schedulePlaces());
    this.#listening = {
      [Symbol.dispose]: () => {
        progress[Symbol.dispose]();
        ended[Symbol.dispose]();
      },
    };
  }

  /** Sends the first answer to a request; a second call for the same job sends nothing. */
  async send(job: Job, jobView: JobView): Promise<void> {
    const { id } = job;
    const sending = this.#send(job, jobView).finally(() => {
      this.#sending.delete(id);
      if (this.#missed.delete(id)) this.refresh(id);
    });
    this.#sending.set(id, sending);
    await sending;
  }

  async #send(job: Job, jobView: JobView): Promise<void> {
    const { api, delivery, ledger, messages, emit } = this.#options;
    const by = { jobId: job.id };
    const start = await ledger.begin(by, 'receipt', 'once');
    if (start.kind !== 'go') return;
    const view = messages.statusMessage(jobView, job.locale);
    const { chatId, messageId } = job.origin;
    try {
      const sent = await api.sendMessage(chatId, view.text, { ...textOptions(view), ...placeOf(job, messageId) });
      await delivery.keepStatusMessage(job.id, sent.message_id);
      await ledger.end(by, 'receipt', String(sent.message_id));
    } catch (error) {
      const trouble = reportTelegramError(emit, 'sendMessage', error);
      // Without a receipt the outcome comes as a message of its own; only a certain failure is known not to have arrived.
      if (trouble !== 'unsure') await ledger.undo(by, 'receipt');
      return;
    }
    this.#tracked.set(job.id, { chatId, shown: fingerprintOf(view) });
  }

  /** Shows where the job stands as soon as Telegram bears it, also when an earlier run of the process sent the receipt. */
  refresh(id: JobId): void {
    const tracked = this.#tracked.get(id);
    if (tracked === undefined) void this.#adopt(id);
    else this.#post(id, tracked);
  }

  /**
   * Somebody pressed a button of this message. A receipt whose sending was never answered is known by that, and taken up
   * while its request is not told; answers false when it is too late, since the request was told in another message.
   */
  async meet(job: Job, messageId: number): Promise<boolean> {
    if (job.statusMessageId === undefined && job.state.kind !== 'told') {
      await this.#options.delivery.keepStatusMessage(job.id, messageId);
    } else if (job.statusMessageId !== messageId) return false;
    this.refresh(job.id);
    return true;
  }

  /** No more news of this job; resolves when the receipt itself has arrived, if it is on its way. */
  async close(id: JobId): Promise<void> {
    await this.#sending.get(id)?.catch(() => undefined);
    this.#tracked.get(id)?.timer?.[Symbol.dispose]();
    this.#tracked.delete(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#placesTimer?.[Symbol.dispose]();
    await Promise.all([...this.#tracked.keys()].map((id) => this.close(id)));
  }

  async #adopt(id: JobId): Promise<void> {
    try {
      const found = await this.#options.service.find(id);
      if (found?.job.statusMessageId === undefined || this.#tracked.has(id)) return;
      const tracked: Tracked = { chatId: found.job.origin.chatId, shown: '' };
      this.#tracked.set(id, tracked);
      this.#post(id, tracked);
    } catch (error) {
      this.#options.emit({ event: 'app.error', what: `look where job ${id} stands`, error });
    }
  }

  #post(id: JobId, tracked: Tracked): void {
    const { chatId } = tracked;
    const run = () => this.#edit(id, tracked);
    this.#options.outbox.post({ chatId, kind: 'edit', priority: 'status', name: id, run });
  }

  #schedulePlaces(): void {
    this.#placesTimer ??= this.#options.clock.schedule(placeSpacingMs, () => {
      this.#placesTimer = undefined;
      for (const [id, tracked] of [...this.#tracked].slice(0, placesShownAtOnce)) this.#post(id, tracked);
    });
  }

  async #edit(id: JobId, tracked: Tracked): Promise<'done' | 'again'> {
    const { outbox, service, messages, emit } = this.#options;
    if (this.#tracked.get(id) !== tracked || tracked.isGone === true) return 'done';
    const found = await service.find(id);
    const statusMessageId = found?.job.statusMessageId;
    if (found === undefined || statusMessageId === undefined || this.#tracked.get(id) !== tracked) return 'done';
    const { job, view: jobView } = found;
    if (jobView.phase.kind === 'ended') {
      this.#tracked.delete(id);
      return 'done';
    }
    if (jobView.phase.kind !== 'delivering') delete tracked.deliveringSinceMs;
    else if (this.#isTooSoon(id, tracked)) return 'done';
    const view = messages.statusMessage(jobView, job.locale);
    const news = fingerprintOf(view);
    if (tracked.shown === news) return 'done';
    try {
      await outbox.api.editMessageText(job.origin.chatId, statusMessageId, view.text, textOptions(view));
      tracked.shown = news;
      return 'done';
    } catch (error) {
      const trouble = reportTelegramError(emit, 'editMessageText', error);
      tracked.isGone = trouble === 'no-message' || trouble === 'closed';
      return isTransient(trouble) ? 'again' : 'done';
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

function fingerprintOf(view: MessageView): string {
  return JSON.stringify(view);
}
