import { filesOf, type Job, type Outcome } from '../../domain/job.ts';
import { editIntoOutcome, reportTelegramError } from './media-message.ts';
import { isTransient } from '../outbox/telegram-error.ts';
import { type Shown, type ShowTools, viewsFor } from './show-outcome.ts';

/** How long after the death of a process Telegram may still carry out what it was asked for. */
const lateForMs = 35_000;

type LateEditsOptions = Omit<ShowTools, 'delivery' | 'ledger' | 'results'> & {
  /** Other processes edit the same messages. */
  readonly hasOthers?: boolean;
};

/**
 * Words that ended a request are shown once more where another process, or one that died shortly before, may have asked for
 * another edit of the same message: carried out late, that one would show the request as unfinished for good. Telegram does not change
 * a file into words, so a file is safe. An edit that changes nothing is refused and does no harm.
 */
export class LateEdits implements Disposable {
  readonly #options: LateEditsOptions;
  readonly #beganAtMs: number;
  readonly #beganMonotonicMs: number;
  readonly #timers = new Set<Disposable>();

  constructor(options: LateEditsOptions) {
    this.#options = options;
    this.#beganAtMs = options.clock.now();
    this.#beganMonotonicMs = options.clock.monotonicMs();
  }

  /** The outcome of the job was shown. */
  follow(job: Job, { as, sent, outcome, messageId }: Exclude<Shown, { as: 'nothing' }>): void {
    const { clock, outbox, hasOthers } = this.#options;
    const isFile = sent.length > 0 || (outcome.kind === 'result' && filesOf(outcome.payload).length > 0);
    if (as !== 'edit' || isFile) return;
    const sinceMs = hasOthers === true ? clock.monotonicMs() : this.#beganMonotonicMs;
    const leftMs = sinceMs + lateForMs - clock.monotonicMs();
    if (leftMs <= 0 || (hasOthers !== true && job.acceptedAtMs >= this.#beganAtMs)) return;
    const run = () => this.#repeat(job, outcome, messageId);
    const timer = clock.schedule(leftMs, () => {
      this.#timers.delete(timer);
      outbox.post({ chatId: job.origin.chatId, kind: 'edit', messageId, priority: 'proactive', run });
    });
    this.#timers.add(timer);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  /** Until Telegram answers: while it is in trouble, it may be late as well. */
  async #repeat(job: Job, outcome: Outcome, messageId: number): Promise<'done' | 'again'> {
    try {
      const [view] = await viewsFor(job, outcome, this.#options);
      await editIntoOutcome(this.#options.outbox.api, job, messageId, { as: 'fitting', view });
    } catch (error) {
      if (isTransient(reportTelegramError(this.#options.emit, 'edit', error))) return 'again';
    }
    return 'done';
  }
}
