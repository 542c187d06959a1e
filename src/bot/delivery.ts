import type { Api } from 'grammy';
import { existsSync } from 'node:fs';
import PQueue from 'p-queue';
import type { EffectLedger } from '../domain/effect-ledger.ts';
import type { Tell } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import type { Claim, JobEngine } from '../domain/job-engine.ts';
import type { Job } from '../domain/job.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { GenerationService } from '../generation/generation-service.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { MessageMapper } from '../messages/message-mapper.ts';
import type { Screen } from '../messages/screen.ts';
import type { SendAs } from './media-message.ts';
import { editIntoOutcome, placeOf } from './outcome-message.ts';
import { assertHeld, sendOnce, sortTrouble, TryLater, type Shown } from './send-once.ts';
import type { Receipts } from './receipts.ts';
import { textOptions } from './screen-options.ts';
import type { TelegramTrouble } from './telegram-trouble.ts';

const deliveriesAtOnce = 8;
/** Edits do not ring: after a wait this long a short reply does. */
const pingAfterMs = 30_000;

export type DeliveryOptions = {
  readonly api: Api;
  readonly service: GenerationService;
  readonly engine: JobEngine;
  readonly ledger: EffectLedger;
  readonly receipts: Receipts;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
};

/**
 * Tells each ended job's person, once: the outcome is edited into the receipt, which may be repeated without being seen
 * twice; only when that message is gone a new one is sent, behind an intent row.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #queue = new PQueue({ concurrency: deliveriesAtOnce });
  readonly #failures = new Map<JobId, number>();
  readonly #timers = new Set<Disposable>();
  readonly #listening: Disposable;
  #closing = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#listening = options.service.onEnded((id) => this.#enqueue(id));
  }

  /** Takes up what an earlier run did not tell. */
  async resume(): Promise<void> {
    for (const id of await this.#options.engine.untold()) this.#enqueue(id);
  }

  /** Resolves when everything that can be told now has been told; later attempts are left to the next run. */
  async drain(): Promise<void> {
    this.#closing = true;
    this.#listening[Symbol.dispose]();
    for (const timer of this.#timers) timer[Symbol.dispose]();
    await this.#queue.onIdle();
  }

  #enqueue(id: JobId): void {
    void this.#queue.add(async () => {
      try {
        await this.#deliver(id);
        this.#failures.delete(id);
      } catch (error) {
        if (!(error instanceof TryLater)) {
          this.#options.tell({ event: 'house.trouble', what: `tell the person of job ${id}`, error });
        }
        this.#retryLater(id);
      }
    });
  }

  #retryLater(id: JobId): void {
    if (this.#closing) return;
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    const { clock, random } = this.#options;
    const timer = clock.schedule(backoffMs(failures, { baseMs: 5_000, capMs: 300_000 }, random), () => {
      this.#timers.delete(timer);
      this.#enqueue(id);
    });
    this.#timers.add(timer);
  }

  async #deliver(id: JobId): Promise<void> {
    const { engine, receipts, ledger, clock, tell } = this.#options;
    const claim = await engine.claimTelling(id);
    if (claim === undefined || claim.job.state.kind !== 'ended') return;
    const outcome = showable(claim.job.state.outcome);
    await receipts.close(id);
    // The receipt may have been on its way while the job was claimed.
    const job = (await engine.find(id)) ?? claim.job;
    const start = await ledger.begin(id, 'result', 'idempotent');
    if (start.kind !== 'done') {
      const shown = await this.#show({ ...claim, job }, outcome);
      if (shown.as === 'nothing') tell({ event: 'job.undeliverable', jobId: id, why: shown.why });
      await ledger.end(
        id,
        'result',
        shown.as === 'nothing' ? shown.why : String(shown.messageId ?? job.receiptId ?? ''),
      );
      const ms = clock.now() - job.acceptedAtMs;
      if (shown.as !== 'nothing' && outcome.kind === 'result') {
        tell({ event: 'job.delivered', jobId: id, ms, as: shown.as });
        if (shown.as === 'edit' && ms > pingAfterMs) await this.#ping(job);
      } else if (shown.as !== 'nothing') {
        tell({ event: 'job.told', jobId: id, code: outcome.kind === 'failed' ? outcome.code : 'cancelled' });
      }
    }
    await engine.told(claim.lease, clock.now());
  }

  async #show(claim: Claim, outcome: Outcome): Promise<Shown> {
    const { engine } = this.#options;
    const screen = await this.#screenFor(claim.job, outcome);
    if (outcome.kind === 'result') this.#showUploading(claim.job);
    let as: SendAs = 'fitting';
    if (claim.job.receiptId !== undefined) {
      for (;;) {
        await assertHeld(engine, claim);
        const trouble = await this.#edit(claim.job, claim.job.receiptId, outcome, screen, as);
        if (trouble === undefined || trouble === 'not-modified') return { as: 'edit' };
        if (trouble === 'bad-media' && as === 'fitting') as = 'document';
        else if (trouble === 'closed') return { as: 'nothing', why: 'the chat is closed to the bot' };
        else if (trouble === 'no-message' || trouble === 'refused' || trouble === 'bad-media') break;
        else throw new TryLater();
      }
    }
    return sendOnce({ claim, outcome, screen, first: as }, this.#options);
  }

  /** "Sending a picture…" for the seconds an upload takes; nobody waits for it and nobody misses it. */
  #showUploading({ kind, origin: { chatId, threadId } }: Job): void {
    const topic = threadId === undefined ? {} : { message_thread_id: threadId };
    const action = kind === 'image' ? 'upload_photo' : 'upload_video';
    this.#options.api.sendChatAction(chatId, action, topic).catch(() => undefined);
  }

  async #screenFor(job: Job, outcome: Outcome): Promise<Screen> {
    const { service, messages, clock } = this.#options;
    const found = await service.find(job.id);
    if (found === undefined) throw new Error(`Cannot tell about job ${job.id}: it is not in the ledger`);
    const view = { ...found.view, phase: { kind: 'ended' as const, outcome } };
    if (outcome.kind !== 'result') return messages.ended(view, job.locale, clock.now());
    const seconds = Math.max(1, Math.round((clock.now() - job.acceptedAtMs) / 1_000));
    return messages.caption(view, job.locale, { model: outcome.model, seconds });
  }

  async #edit(
    job: Job,
    receiptId: number,
    outcome: Outcome,
    screen: Screen,
    as: SendAs,
  ): Promise<TelegramTrouble | undefined> {
    try {
      await editIntoOutcome(this.#options.api, job.origin.chatId, receiptId, outcome, screen, as);
      return undefined;
    } catch (error) {
      return sortTrouble(this.#options.tell, 'edit', error);
    }
  }

  /** At most once, and never again when it is not sure that it arrived. */
  async #ping(job: Job): Promise<void> {
    const { api, ledger, messages } = this.#options;
    const start = await ledger.begin(job.id, 'ping', 'once');
    if (start.kind !== 'go' || job.receiptId === undefined) return;
    const screen = messages.ready(job.locale);
    try {
      const options = { ...textOptions(screen), ...placeOf(job, job.receiptId) };
      const sent = await api.sendMessage(job.origin.chatId, screen.text, options);
      await ledger.end(job.id, 'ping', String(sent.message_id));
    } catch (error) {
      sortTrouble(this.#options.tell, 'ping', error);
    }
  }
}

/** A file that somebody has removed from the disk cannot be shown, however often it is tried. */
function showable(outcome: Outcome): Outcome {
  if (outcome.kind !== 'result' || existsSync(outcome.file.path)) return outcome;
  return { kind: 'failed', code: 'result-unavailable' };
}
