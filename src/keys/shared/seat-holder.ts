import type { KeyId } from '../../domain/ids.ts';
import type { OthersView, SeatBack, SeatClaim, SharedKeys } from '../../domain/shared/shared-keys.ts';
import { atMost, type Clock, every } from '../../kit/clock.ts';

/** Who is silent for this long is taken for dead by the next one who wants one of its seats. */
const leaseMs = 9_000;
const beatEveryMs = 2_000;
/** A store that has not answered by then is away. */
const patienceMs = 3_000;

export type SeatHolderOptions = {
  readonly shared: SharedKeys;
  readonly clock: Clock;
  /** Names that were never used before, also not by other processes. */
  readonly newId: () => string;
  /** Takes in what others do with some keys, or, where `isAll`, with all of them. */
  readonly onView: (view: OthersView, isAll: boolean) => void;
  /** The store is away from now on, or there again. */
  readonly onAway: (isAway: boolean) => void;
  /** This process was taken for dead: a new life begins, and what was not yet said in the old one is void. */
  readonly onFenced: () => void;
};

/** A seat that is held at the store. */
export type HeldSeat = {
  /** True when its holder was taken for dead: the seat may be somebody else's. */
  readonly isLost: boolean;
  giveBack(countsForMs: number): void;
};

export type Taking =
  | { readonly kind: 'seat'; readonly held: HeldSeat; readonly view: OthersView }
  | { readonly kind: 'full'; readonly view: OthersView }
  /** The store did not answer: nobody knows whether there is a seat, so there is none. */
  | { readonly kind: 'away' };

type Life = { readonly holder: string; isOver: boolean };
type Pending = SeatBack & { readonly life: Life; readonly keyIds: readonly KeyId[] };

/**
 * Holds seats at the store for this process: takes them, renews all of them with one beat, and gives them back. What the
 * store could not be told yet is told with the next beat.
 *
 *     away: a question was not answered ──► no seat is given ──► a beat is answered ──► all that others do is read again
 *     fenced: the store says that this life is over ──► its seats are lost, and the next life begins
 */
export class SeatHolder implements AsyncDisposable {
  readonly #options: SeatHolderOptions;
  #life: Life;
  #isAway = false;
  #pending: Pending[] = [];
  #telling: Promise<void> | undefined;
  #beating: Promise<void> | undefined;
  #beats: Disposable | undefined;

  constructor(options: SeatHolderOptions) {
    this.#options = options;
    this.#life = { holder: options.newId(), isOver: false };
  }

  /** The name of the life that goes on. */
  get holder(): string {
    return this.#life.holder;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** Joins and reads what others hold; rejects when the store cannot be asked. */
  async start(): Promise<void> {
    const { shared, clock } = this.#options;
    await shared.join(this.#life.holder, leaseMs);
    await this.refresh();
    this.#beats = every(clock, beatEveryMs, () => void this.beat());
  }

  /** Takes a seat, or a place beyond the limit where the claim names none. Never rejects. */
  async take(claim: Omit<SeatClaim, 'seatId' | 'holder'>): Promise<Taking> {
    const { shared, newId } = this.#options;
    const life = this.#life;
    const seatId = newId();
    // The store would count the ended call beside this one.
    while (!this.#isAway && this.#isPending(claim.accountKeys)) await this.#tell();
    if (this.#isAway) return { kind: 'away' };
    const { holder } = life;
    const asked = shared.take({ ...claim, seatId, holder });
    const taken = await this.#ask(asked);
    if (taken === undefined) {
      const unused = { seatId, countsForMs: 0, life, keyIds: claim.accountKeys };
      this.#giveBack(unused);
      // Where the claim reaches the store later than this.
      void asked.then(
        ({ kind }) => (kind === 'seat' ? this.#giveBack(unused) : undefined),
        () => undefined,
      );
      return { kind: 'away' };
    }
    if (taken.kind === 'fenced') {
      await this.#fenced(life);
      return { kind: 'away' };
    }
    if (taken.kind === 'full') return { kind: 'full', view: taken.view };
    return { kind: 'seat', view: taken.view, held: this.#held(seatId, life, claim.accountKeys) };
  }

  /** Renews the lease, tells what is pending and reads what others hold. Never rejects. */
  beat(): Promise<void> {
    return (this.#beating ??= this.#beat().finally(() => (this.#beating = undefined)));
  }

  /** Reads what others do with these keys, or with all of them; rejects when the store is away. */
  async refresh(keys?: readonly KeyId[]): Promise<void> {
    const { shared, onView } = this.#options;
    onView(await shared.view(this.#life.holder, keys), keys === undefined);
  }

  /** Reads what others do with these keys, where the store answers. */
  async look(keys: readonly KeyId[]): Promise<void> {
    if (!this.#isAway) await this.#ask(this.refresh(keys).then(() => true));
  }

  /** Gives back every seat, with calls under way as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { shared, clock } = this.#options;
    this.#beats?.[Symbol.dispose]();
    const leaving = this.#tell()
      .then(() => shared.leave(this.#life.holder))
      // Its seats are free when the lease ends.
      .catch(() => undefined);
    await atMost(clock, patienceMs, leaving);
  }

  async #beat(): Promise<void> {
    const { shared } = this.#options;
    const life = this.#life;
    const isAlive = await this.#ask(shared.beat(life.holder, leaseMs));
    if (isAlive === undefined) return;
    if (!isAlive) {
      await this.#fenced(life);
      return;
    }
    await this.#tell(true);
    const hasRead = await this.#ask(this.refresh().then(() => true));
    if (hasRead === true) this.#setAway(false);
  }

  async #fenced(life: Life): Promise<void> {
    if (life.isOver) return;
    const { shared, newId, onFenced } = this.#options;
    life.isOver = true;
    this.#setAway(true);
    this.#pending = this.#pending.filter((one) => one.life !== life);
    const next: Life = { holder: newId(), isOver: false };
    this.#life = next;
    onFenced();
    // When this fails, the next beat finds that the new life has not begun.
    const begun = shared.join(next.holder, leaseMs).then(() => this.refresh());
    const hasBegun = await this.#ask(begun.then(() => true));
    if (hasBegun === true) this.#setAway(false);
  }

  #held(seatId: string, life: Life, keyIds: readonly KeyId[]): HeldSeat {
    return {
      get isLost() {
        return life.isOver;
      },
      giveBack: (countsForMs) => this.#giveBack({ seatId, countsForMs, life, keyIds }),
    };
  }

  #giveBack(pending: Pending): void {
    if (pending.life.isOver) return;
    this.#pending.push(pending);
    if (!this.#isAway) void this.#tell();
  }

  #isPending(keyIds: readonly KeyId[]): boolean {
    return this.#pending.some((one) => one.keyIds.some((id) => keyIds.includes(id)));
  }

  /** Tells the store of ended calls, all that are known when it begins. */
  async #tell(evenAway = false): Promise<void> {
    if (this.#telling === undefined && this.#pending.length > 0 && (evenAway || !this.#isAway)) {
      this.#telling = this.#tellNow().finally(() => (this.#telling = undefined));
    }
    await this.#telling;
  }

  async #tellNow(): Promise<void> {
    // Calls that end in the same moment are told together.
    await Promise.resolve();
    const told = [...this.#pending];
    const seats = told.map(({ seatId, countsForMs }) => ({ seatId, countsForMs }));
    const hasTold = await this.#ask(this.#options.shared.giveBack(this.#life.holder, seats).then(() => true));
    if (hasTold === true) this.#pending = this.#pending.filter((one) => !told.includes(one));
    if (hasTold === true && !this.#isAway && this.#pending.length > 0) await this.#tellNow();
  }

  /** What the store answers; undefined when it does not, and then it counts as away. */
  async #ask<Answer extends object | boolean>(asked: Promise<Answer>): Promise<Answer | undefined> {
    using deadline = this.#options.clock.deadline(patienceMs);
    const silence = new Promise<undefined>((resolve) => {
      deadline.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const answer = await Promise.race([asked.catch(() => undefined), silence]);
    if (answer === undefined) this.#setAway(true);
    return answer;
  }

  #setAway(isAway: boolean): void {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#options.onAway(isAway);
  }
}
