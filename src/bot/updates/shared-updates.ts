import type { Update } from 'grammy/types';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { SharedInbox } from '../../domain/inbox.ts';
import type { Processes, RoleTerm } from '../../domain/shared/processes.ts';
import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import { handedKey } from '../message-words.ts';
import type { UpdateHandler } from './update-handler.ts';
import type { UpdateSink, UpdateSource } from './update-source.ts';

/** The inbox is looked at so often although nobody has told of an update. */
const lookEveryMs = 1_000;

/** What several processes over one inbox need besides it. */
export type SharedUpdatesStores = {
  readonly processes: Processes;
  readonly inbox: SharedInbox;
};

export type SharedUpdatesOptions = SharedUpdatesStores & {
  readonly handler: UpdateHandler;
  readonly source: UpdateSource;
  /** Resolves with whether the update was answered before it was stored; forgets it. */
  readonly answeredBefore: (updateId: number) => Promise<boolean> | undefined;
  readonly clock: Clock;
  readonly emit: Emit;
};

/**
 * The updates of several processes over one inbox. Any of them stores what reaches it, which needs no fence: an update is
 * stored once, by any process. The holder of the role `telegram` alone polls, and has the stored updates in hand in the
 * order in which they were stored; the fence of its term is checked in the statement that takes them. So the order of a
 * chat is that of one process, and another one goes on where a dead one stopped.
 */
export class SharedUpdates {
  readonly #options: SharedUpdatesOptions;
  #onWake: (() => void) | undefined;
  #isAwake = false;
  #earlierFence: number | undefined;
  #lastTerm: Promise<void> = Promise.resolve();

  constructor(options: SharedUpdatesOptions) {
    this.#options = options;
  }

  /** An update was stored here: the process with the role takes it in hand. */
  kept(): void {
    const { processes } = this.#options;
    if (processes.termOf('telegram') === undefined) processes.tell({ kind: 'updates' });
    else this.#wake();
  }

  /** A key that is handed over is kept by no row: only the process that handles the update may take it from Telegram. */
  isForHolder(batch: readonly Update[]): boolean {
    if (this.#options.processes.termOf('telegram') !== undefined) return false;
    return batch.some(({ message }) => handedKey(message?.text ?? message?.caption ?? '') !== undefined);
  }

  /** Takes updates until the signal aborts, and handles all that are stored while this process has the role. */
  async run(sink: UpdateSink, signal: AbortSignal): Promise<void> {
    const { processes, source } = this.#options;
    const ended = Promise.withResolvers<void>();
    using _hearing = processes.onNews(({ kind }) => {
      if (kind === 'updates' || kind === 'missed') this.#wake();
    });
    using _holding = processes.hold('telegram', (term) => {
      this.#lastTerm = this.#lastTerm.then(() => this.#lead(term, sink, signal));
      this.#lastTerm.catch(ended.reject);
    });
    source.listen?.(sink, signal);
    if (signal.aborted) ended.resolve();
    else signal.addEventListener('abort', () => ended.resolve(), { once: true });
    await ended.promise;
    await this.#lastTerm;
  }

  async #lead(term: RoleTerm, sink: UpdateSink, closing: AbortSignal): Promise<void> {
    const { handler, inbox, source } = this.#options;
    const signal = AbortSignal.any([closing, term.signal]);
    if (signal.aborted) return;
    // Some of what it had in hand before may still wait for an answer of Telegram: only the same chat waits for that.
    await this.#surviveEarlierTerm();
    await handler.resume(signal, () => inbox.takeUp(term.fence));
    const capacity = async () => {
      await sink.capacity();
      // Aborts the signal where the process was frozen, before anything is confirmed to Telegram.
      term.isOn();
    };
    const polling = source.deliver({ capacity, take: (batch, stop) => sink.take(batch, stop) }, signal);
    await Promise.all([polling, this.#takeNew(term, signal)]);
    this.#earlierFence = term.fence;
    // At the end of the process its closer does this, and gives the role back.
    if (!closing.aborted) void this.#surviveEarlierTerm();
  }

  /** What this process had in hand when it lost the role did not kill it; said again where the database was away. */
  async #surviveEarlierTerm(): Promise<void> {
    const { inbox, emit } = this.#options;
    const fence = this.#earlierFence;
    if (fence === undefined) return;
    await inbox.survived(fence).catch((error: unknown) => {
      if (!isStorageRefusal(error)) emit({ event: 'app.error', what: 'note that updates crashed nothing', error });
    });
  }

  async #takeNew(term: RoleTerm, signal: AbortSignal): Promise<void> {
    const { handler, inbox, answeredBefore, emit } = this.#options;
    while (!signal.aborted) {
      this.#isAwake = false;
      try {
        await handler.capacity();
        if (!term.isOn()) return;
        const taken = await inbox.takeNew(term.fence);
        if (!term.isOn()) return;
        for (const update of taken) {
          void handler.start(update, signal, { before: answeredBefore(update.updateId) });
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isStorageRefusal(error)) emit({ event: 'app.error', what: 'take stored updates in hand', error });
        await this.#sleep(signal);
        continue;
      }
      if (!this.#isAwake) await this.#sleep(signal);
    }
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const waking = new AbortController();
    this.#onWake = () => waking.abort();
    await this.#options.clock.sleep(lookEveryMs, AbortSignal.any([signal, waking.signal])).catch(() => undefined);
    this.#onWake = undefined;
  }

  #wake(): void {
    this.#isAwake = true;
    this.#onWake?.();
  }
}
