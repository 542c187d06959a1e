import type { KeyId } from '../../domain/ids.ts';
import type { OthersView, SeatClaim, SharedKeys, SharedNews } from '../../domain/shared/shared-keys.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import { FactBoard } from './fact-board.ts';
import { SeatHolder, type Taking } from './seat-holder.ts';

export type SharingOptions = {
  readonly shared: SharedKeys;
  readonly clock: Clock;
  /** Names that were never used before, also not by other processes. */
  readonly newId: () => string;
};

/** The part of the key pool that others' news concern. */
export type SharingPool = {
  takeInOthers(view: OthersView, isAll: boolean): void;
  /** The store is there again: seats may be had. */
  onBack(): void;
};

/** What was found out last is published for no longer than this when the process ends. */
const patienceMs = 3_000;

type Turn = { readonly forMs: number; readonly restMs: number };

/** This process among those that work with the same keys. */
export class Sharing implements AsyncDisposable {
  readonly board: FactBoard;
  readonly #options: SharingOptions;
  readonly #seats: SeatHolder;
  readonly #listeners = new Set<(news: SharedNews) => void>();
  readonly #stale = new Set<KeyId>();
  #looking: Promise<void> | undefined;
  #pool: SharingPool | undefined;
  #listening: Disposable | undefined;

  constructor(options: SharingOptions) {
    const { shared, clock } = options;
    this.#options = options;
    this.board = new FactBoard({ shared, clock, holder: () => this.#seats.holder });
    this.#seats = new SeatHolder({
      ...options,
      onView: (view, isAll) => this.#pool?.takeInOthers(view, isAll),
      onAway: (isAway) => {
        if (!isAway) this.#isBack();
      },
      onFenced: () => this.board.forgetUnsaid(),
    });
  }

  attach(pool: SharingPool): void {
    this.#pool = pool;
  }

  /** Joins the others and takes over what they know; rejects when the store is away. */
  async start(): Promise<void> {
    // Heard from here on, read afterwards: nothing is missed between.
    this.#listening = this.#options.shared.subscribe((news) => this.#hear(news));
    await this.#seats.start();
    await this.board.load();
  }

  take(claim: Omit<SeatClaim, 'seatId' | 'holder'>): Promise<Taking> {
    return this.#seats.take(claim);
  }

  /** Does the work when it is this process's turn; undefined when it is another one's, or the store is away. */
  async inTurn<Result>(name: string, turn: Turn, work: () => Promise<Result>): Promise<Result | undefined> {
    const end = await this.beginTurn(name, turn);
    if (end === undefined) return undefined;
    try {
      return await work();
    } finally {
      await end();
    }
  }

  /** Begins a turn of this process and returns what ends it; undefined when it is another one's, or the store is away. */
  async beginTurn(name: string, turn: Turn): Promise<(() => Promise<void>) | undefined> {
    const { shared } = this.#options;
    const { holder } = this.#seats;
    if (!(await shared.takeTurn(name, holder, turn).catch(() => false))) return undefined;
    // One that nobody could end is over after its time.
    return () => shared.endTurn(name, holder).catch(() => undefined);
  }

  /** Tells the other processes; nothing is said again when the store is away. */
  tell(news: Parameters<SharedKeys['tell']>[0]): void {
    void this.#options.shared.tell({ ...news, by: this.#seats.holder }).catch(() => undefined);
  }

  /** Hears what other processes tell, and when something may have been missed. */
  onNews(listener: (news: SharedNews) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    await atMost(this.#options.clock, patienceMs, this.board.settled());
    this.board[Symbol.dispose]();
    await this.#seats[Symbol.asyncDispose]();
  }

  #hear(news: SharedNews): void {
    if (news.by === this.#seats.holder) return;
    if (news.kind === 'missed') return this.#isBack();
    if (news.kind === 'fact') this.board.heardOf(news.name);
    if (news.kind === 'seats') this.#look(news.keyId);
    for (const listener of this.#listeners) listener(news);
  }

  #look(keyId: KeyId): void {
    this.#stale.add(keyId);
    if (this.#looking !== undefined) return;
    this.#looking = this.#lookAtStale().finally(() => {
      this.#looking = undefined;
      // Heard after the last look, and before this.
      const [next] = this.#stale;
      if (next !== undefined) this.#look(next);
    });
  }

  async #lookAtStale(): Promise<void> {
    // What is told at once is read at once.
    await Promise.resolve();
    while (this.#stale.size > 0) {
      const keys = [...this.#stale];
      this.#stale.clear();
      await this.#seats.look(keys);
    }
  }

  /** Whatever happened meanwhile was not heard. */
  #isBack(): void {
    void this.#seats
      .refresh()
      .then(() => this.board.load())
      // The next beat finds that the store is away.
      .catch(() => undefined);
    this.#pool?.onBack();
    for (const listener of this.#listeners) listener({ kind: 'missed' });
  }
}
