import { isStorageRefusal } from '../../domain/failure.ts';
import type { JobReader } from '../../domain/job-engine.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import type { LeftTold, SharedStores } from '../../domain/shared/shared-stores.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import { every } from '../../kit/clock.ts';
import { LateEdits } from './late-edits.ts';
import { closeWhenKnown, type CloseLateTools } from './status-message-id.ts';

const lookEveryMs = 10_000;

export type LeftToldOptions = Omit<CloseLateTools, 'service'> & {
  readonly service: GenerationService;
  readonly shared: Pick<SharedStores, 'takeLeftTold'>;
  readonly processes: Pick<Processes, 'termOf' | 'seesWhoIsDead'>;
  readonly jobs: Pick<JobReader, 'find'>;
};

/**
 * A process that tells an outcome may have to close the status message beside it, or to show words once more, some time
 * later. When it is gone by then, the process with the role `housekeeping` finds in the database what is left, and does it.
 */
export class LeftToldFollower implements Disposable {
  readonly #options: LeftToldOptions;
  readonly #closing = new AbortController();
  readonly #lateEdits: LateEdits;
  readonly #rounds: Disposable;

  constructor(options: LeftToldOptions) {
    this.#options = options;
    this.#lateEdits = new LateEdits({ ...options, hasOthers: true });
    this.#rounds = every(options.clock, lookEveryMs, () => void this.#look());
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#rounds[Symbol.dispose]();
    this.#lateEdits[Symbol.dispose]();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { shared, processes, emit } = this.#options;
    if (processes.termOf('housekeeping') === undefined || !processes.seesWhoIsDead()) return;
    try {
      for (const left of await shared.takeLeftTold()) await this.#follow(left);
    } catch (error) {
      if (!isStorageRefusal(error))
        emit({ event: 'app.error', what: 'look for status messages that dead processes left', error });
    }
  }

  async #follow({ id, isApart }: LeftTold): Promise<void> {
    const job = await this.#options.jobs.find(id);
    if (job?.state.kind !== 'told') return;
    if (isApart) void closeWhenKnown(job, this.#options, this.#closing.signal);
    else if (job.statusMessageId !== undefined) {
      this.#lateEdits.follow(job, { as: 'edit', messageId: job.statusMessageId, sent: [], outcome: job.state.outcome });
    }
  }
}
