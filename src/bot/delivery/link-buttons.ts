import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { JobId } from '../../domain/ids.ts';
import type { JobReader } from '../../domain/job-engine.ts';
import type { Links, MediaFile, ResultCopies } from '../../domain/media.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import type { Clock } from '../../kit/clock.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { classifyTelegramError, describeTelegramError, isTransient } from '../outbox/telegram-error.ts';
import { keyboardFor } from './media-message.ts';
import { emptyView } from './send-once.ts';
import { type OutcomeLinks, viewsFor } from './show-outcome.ts';

export type LinkButtonsOptions = {
  readonly copies: ResultCopies;
  readonly outbox: Outbox;
  readonly jobs: Pick<JobReader, 'find'>;
  readonly service: GenerationService;
  readonly messages: MessageMapper;
  readonly clock: Clock;
  readonly emit: Emit;
};

const noLinks: Links = new Map();

/**
 * Each message that shows a file of a result gets a button with the link to its copy. A copy that is there in time has its
 * button in the message itself; one that comes later is added by an edit of the buttons alone, so no result waits for its
 * copy. Telegram refuses a whole message because of the address of one button: until it has taken one, links are only
 * added afterwards, where a refusal takes nothing from the person.
 */
export class LinkButtons implements OutcomeLinks, Disposable {
  readonly #options: LinkButtonsOptions;
  readonly #listening: Disposable;
  #addresses: 'untried' | 'taken' | 'refused' = 'untried';

  constructor(options: LinkButtonsOptions) {
    this.#options = options;
    this.#listening = options.copies.onKept((id) => void this.#addMissing(id));
  }

  async of(id: JobId, files: readonly MediaFile[]): Promise<Links> {
    const { copies, emit } = this.#options;
    try {
      const links = await copies.linksOf(id, files);
      return this.#addresses === 'taken' ? links : noLinks;
    } catch (error) {
      if (isStorageRefusal(error)) throw error;
      emit({ event: 'app.error', what: `find the copies of job ${id}`, error });
      return noLinks;
    }
  }

  async shown(id: JobId, links: Links): Promise<void> {
    if (links.size > 0) await this.#options.copies.linked(id, [...links.keys()]);
  }

  async delivered(id: JobId): Promise<void> {
    await this.#addMissing(id);
  }

  async resume(): Promise<void> {
    for (const id of await this.#options.copies.jobsWithoutLinks()) await this.#addMissing(id);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  async #addMissing(id: JobId): Promise<void> {
    const { copies, jobs, outbox, emit } = this.#options;
    if (this.#addresses === 'refused') return;
    try {
      const missing = await copies.unlinked(id);
      const job = missing.length === 0 ? undefined : await jobs.find(id);
      if (job === undefined) return;
      const { chatId } = job.origin;
      for (const { part, messageId } of missing) {
        const run = () => this.#add(id, part);
        outbox.post({ chatId, kind: 'edit', messageId, priority: 'status', name: `link ${messageId}`, run });
      }
    } catch (error) {
      if (!isStorageRefusal(error)) emit({ event: 'app.error', what: `add the links of job ${id}`, error });
    }
  }

  async #add(id: JobId, part: number): Promise<'done' | 'again'> {
    const { copies, jobs, outbox, messages, emit } = this.#options;
    // The job may be deleted by now.
    const [job, missing] = [await jobs.find(id), await copies.unlinked(id)];
    const found = missing.find((one) => one.part === part);
    if (job === undefined || found === undefined || this.#addresses === 'refused') return 'done';
    if (!('outcome' in job.state)) return 'done';
    const [view] = part === 0 ? await viewsFor(job, job.state.outcome, this.#options) : [emptyView];
    const keyboard = keyboardFor(messages.linked(view, found.url, job.locale));
    try {
      await outbox.api.editMessageReplyMarkup(job.origin.chatId, found.messageId, { reply_markup: keyboard });
      this.#addresses = 'taken';
    } catch (error) {
      const failure = classifyTelegramError(error);
      const detail = describeTelegramError(error);
      if (failure === 'refused' && isAboutAddress.test(detail)) {
        this.#addresses = 'refused';
        emit({ event: 'link.refused', jobId: id, detail });
        return 'done';
      }
      // A message that the person has deleted needs no link.
      const isOver = failure === 'not-modified' || failure === 'no-message';
      if (!isOver && failure !== 'too-many') emit({ event: 'telegram.error', method: 'edit', detail });
      if (isTransient(failure)) return 'again';
    }
    await copies.linked(id, [part]);
    return 'done';
  }
}

/** What Telegram says of a button whose address it does not take. */
const isAboutAddress = /BUTTON_URL_INVALID|button URL|wrong HTTP URL/i;
