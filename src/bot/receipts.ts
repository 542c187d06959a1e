import type { Api } from 'grammy';
import type { EffectLedger } from '../domain/effect-ledger.ts';
import type { Tell } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobEngine } from '../domain/job-engine.ts';
import type { Job } from '../domain/job.ts';
import type { JobView } from '../domain/views.ts';
import type { GenerationService } from '../generation/generation-service.ts';
import type { Clock } from '../kit/clock.ts';
import type { MessageMapper } from '../messages/message-mapper.ts';
import type { Screen } from '../messages/screen.ts';
import { replyTo, textOptions } from './screen-options.ts';
import { describeTrouble, troubleOf } from './telegram-trouble.ts';

/** Telegram's flood control is not published; edits further apart than this are known to be left alone. */
const editSpacingMs = { private: 1_100, group: 3_100 } as const;
/** Places in line move often and matter little: they are shown this late at the most. */
const placeSpacingMs = 5_000;
const placesShownAtOnce = 20;

export type ReceiptsOptions = {
  readonly api: Api;
  readonly service: GenerationService;
  readonly engine: JobEngine;
  readonly ledger: EffectLedger;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly tell: Tell;
};

type Tracked = {
  shown: string;
  lastEditMs: number;
  timer?: Disposable;
  work: Promise<void>;
};

/**
 * The status message of each job: sent once, then edited as the job goes on, the latest news only and no faster than
 * Telegram bears. Whoever shows the outcome closes it first, so that old news never overwrites it.
 */
export class Receipts {
  readonly #options: ReceiptsOptions;
  readonly #tracked = new Map<JobId, Tracked>();
  readonly #sending = new Map<JobId, Promise<void>>();
  readonly #listening: Disposable;
  #placesTimer: Disposable | undefined;

  constructor(options: ReceiptsOptions) {
    this.#options = options;
    const progress = options.service.onProgress((id) => {
      this.refresh(id);
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
  async send(job: Job, view: JobView): Promise<void> {
    const sending = this.#send(job, view).finally(() => this.#sending.delete(job.id));
    this.#sending.set(job.id, sending);
    await sending;
  }

  async #send(job: Job, view: JobView): Promise<void> {
    const { api, engine, ledger, messages, clock, tell } = this.#options;
    const start = await ledger.begin(job.id, 'receipt', 'once');
    if (start.kind !== 'go') return;
    const screen = messages.receipt(view, job.locale);
    const { chatId, threadId, messageId } = job.origin;
    try {
      const sent = await api.sendMessage(chatId, screen.text, {
        ...textOptions(screen),
        reply_parameters: replyTo(messageId),
        ...(threadId === undefined ? {} : { message_thread_id: threadId }),
      });
      await engine.keepReceipt(job.id, sent.message_id);
      await ledger.end(job.id, 'receipt', String(sent.message_id));
    } catch (error) {
      const trouble = troubleOf(error);
      tell({ event: 'telegram.trouble', method: 'sendMessage', detail: describeTrouble(error) });
      // Without a receipt the outcome comes as a message of its own; only a certain failure is known not to have arrived.
      if (trouble !== 'unsure') await ledger.undo(job.id, 'receipt');
      return;
    }
    this.#track(job.id, screen, clock.now());
    // What happened while the receipt was on its way.
    this.#schedule(job.id);
  }

  /** Shows where the job stands as soon as Telegram bears it, also when an earlier run of the process sent the receipt. */
  refresh(id: JobId): void {
    if (!this.#tracked.has(id)) this.#tracked.set(id, { shown: '', lastEditMs: 0, work: Promise.resolve() });
    this.#schedule(id);
  }

  /** No more news of this job; resolves when what is under way to Telegram has arrived, the receipt itself included. */
  async close(id: JobId): Promise<void> {
    await this.#sending.get(id)?.catch(() => undefined);
    const tracked = this.#tracked.get(id);
    if (tracked === undefined) return;
    this.#tracked.delete(id);
    tracked.timer?.[Symbol.dispose]();
    await tracked.work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#placesTimer?.[Symbol.dispose]();
    await Promise.all([...this.#tracked.keys()].map((id) => this.close(id)));
  }

  #track(id: JobId, screen: Screen, nowMs: number): void {
    this.#tracked.set(id, { shown: fingerprintOf(screen), lastEditMs: nowMs, work: Promise.resolve() });
  }

  #schedule(id: JobId, leastMs = 0): void {
    const tracked = this.#tracked.get(id);
    if (tracked === undefined || tracked.timer !== undefined) return;
    const { clock } = this.#options;
    const waitMs = Math.max(leastMs, tracked.lastEditMs + editSpacingMs.private - clock.now(), 0);
    tracked.timer = clock.schedule(waitMs, () => {
      delete tracked.timer;
      tracked.work = tracked.work.then(() => this.#edit(id, tracked));
    });
  }

  #schedulePlaces(): void {
    this.#placesTimer ??= this.#options.clock.schedule(placeSpacingMs, () => {
      this.#placesTimer = undefined;
      for (const id of [...this.#tracked.keys()].slice(0, placesShownAtOnce)) this.#schedule(id);
    });
  }

  async #edit(id: JobId, tracked: Tracked): Promise<void> {
    const { api, service, messages, clock, tell } = this.#options;
    try {
      const found = await service.find(id);
      if (found === undefined || found.job.receiptId === undefined || this.#tracked.get(id) !== tracked) return;
      const { job, view } = found;
      if (view.phase.kind === 'ended') {
        this.#tracked.delete(id);
        return;
      }
      const waitMs = tracked.lastEditMs + editSpacingMs[job.origin.chatType] - clock.now();
      if (waitMs > 0) return this.#schedule(id, waitMs);
      const screen = messages.receipt(view, job.locale);
      const news = fingerprintOf(screen);
      if (tracked.shown === news) return;
      tracked.lastEditMs = clock.now();
      try {
        await api.editMessageText(job.origin.chatId, found.job.receiptId, screen.text, textOptions(screen));
      } catch (error) {
        if (troubleOf(error) !== 'not-modified') throw error;
      }
      tracked.shown = news;
    } catch (error) {
      // Old news is not worth a second try: the next change brings newer.
      tell({ event: 'telegram.trouble', method: 'editMessageText', detail: describeTrouble(error) });
    }
  }
}

function fingerprintOf(screen: Screen): string {
  return JSON.stringify(screen);
}
