import type { Emit } from '../../domain/events.ts';
import { type JobId, jobId } from '../../domain/ids.ts';
import { type Job, type JobRequest, isMadeFromPicture } from '../../domain/job.ts';
import {
  type Moderator,
  type RefusedWords,
  type Refusing,
  type SafetyStore,
  type StrikeRules,
  textsOf,
  type WordGuard,
} from '../../domain/safety/safety.ts';
import type { Clock } from '../../kit/clock.ts';
import type { WordList } from './word-list.ts';

/** A person waits no longer than this for all services together. */
const patienceMs = 8_000;

export type RequestGuardOptions = {
  /** The words of the list in use; absent where none is. */
  readonly words: (() => WordList) | undefined;
  /** The services that are asked, one after the other. */
  readonly moderators: readonly Moderator[];
  /** What becomes of words that a service could not be asked about. */
  readonly whenDown: 'allow' | 'refuse';
  /** The pictures that a job is made from; only services look at them. */
  readonly picturesOf: (job: Job) => Promise<readonly Uint8Array[]>;
  readonly strikes: StrikeRules;
  readonly store: Pick<SafetyStore, 'strike'>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * Decides whether words, and the pictures with them, may go to a provider: first by the list of words, then by the services. A service that is down is
 * told once and asked again with every request; meanwhile the operator's `whenDown` holds.
 */
export class RequestGuard implements WordGuard {
  readonly #options: RequestGuardOptions;
  readonly #down = new Set<Moderator>();

  constructor(options: RequestGuardOptions) {
    this.#options = options;
  }

  get asks(): boolean {
    return this.#options.moderators.length > 0;
  }

  forbids(texts: readonly string[]): boolean {
    const list = this.#options.words?.();
    return list !== undefined && texts.some((text) => list.isIn(text));
  }

  async judge(
    id: JobId,
    texts: readonly string[],
    signal: AbortSignal,
    pictures: readonly Uint8Array[] = [],
  ): Promise<Refusing | undefined> {
    const { moderators, whenDown, clock, emit } = this.#options;
    if (this.forbids(texts)) {
      emit({ event: 'request.refused', jobId: id, by: 'words' });
      return 'refused';
    }
    if (!this.asks) return undefined;
    using patience = clock.deadline(patienceMs, signal);
    for (const moderator of moderators) {
      const answer = await moderator.check(texts, patience, pictures);
      signal.throwIfAborted();
      this.#note(moderator, answer.kind === 'unclear' ? answer.detail : undefined);
      if (answer.kind === 'refused') {
        emit({ event: 'request.refused', jobId: id, by: moderator.name });
        return 'refused';
      }
      if (answer.kind === 'unclear' && whenDown === 'refuse') return 'provider-down';
    }
    return undefined;
  }

  async refuseAtOnce(request: JobRequest): Promise<RefusedWords | undefined> {
    if (!this.forbids(textsOf(request))) return undefined;
    const id = jobId(`tg-${request.updateId}`);
    this.#options.emit({ event: 'request.refused', jobId: id, by: 'words' });
    const restUntilMs = await this.strike(request.origin.userId, id);
    return { kind: 'refused', code: 'words', ...(restUntilMs === undefined ? {} : { restUntilMs }) };
  }

  readonly beforeStart: WordGuard['beforeStart'] = async (job, signal) => {
    if (job.progress.calls > 0) return undefined;
    const pictures = this.asks && isMadeFromPicture(job) ? await this.#options.picturesOf(job) : [];
    return this.judge(job.id, textsOf(job), signal, pictures);
  };

  async strike(userId: number, id: JobId): Promise<number | undefined> {
    const { store, strikes, clock, emit } = this.#options;
    const untilMs = await store.strike(userId, id, clock.now(), strikes);
    if (untilMs !== undefined) emit({ event: 'person.resting', userId, untilMs });
    return untilMs;
  }

  #note(moderator: Moderator, detail: string | undefined): void {
    const { whenDown, emit } = this.#options;
    const { name: by } = moderator;
    if (detail === undefined) {
      if (this.#down.delete(moderator)) emit({ event: 'moderation.recovered', by });
    } else if (!this.#down.has(moderator)) {
      this.#down.add(moderator);
      emit({ event: 'moderation.failing', by, detail, lets: whenDown });
    }
  }
}
