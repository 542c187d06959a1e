import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal, StoreUnavailable } from '../../domain/failure.ts';
import {
  beatEveryMs,
  deadAfterMs,
  type LivingProcess,
  type Outage,
  type Processes,
  type ProcessFacts,
  type ProcessNews,
  type ProcessRole,
  type ProcessStore,
  processRoles,
  type RoleTerm,
} from '../../domain/shared/processes.ts';
import type { Clock } from '../../kit/clock.ts';
import { Outages } from './outages.ts';

/** Between two beats that succeed; after a longer pause the others may not have been able to beat either. */
const maxPauseMs = 2 * beatEveryMs;
const retryMs = 500;
/** A process stops acting so long before it counts as dead: no call that it has just begun meets its successor's. */
const marginMs = 3_000;
/** A role that is about to be free is asked for no more often. */
const minAskMs = 250;

export type ProcessKeeperOptions = {
  readonly facts: ProcessFacts;
  readonly store: ProcessStore;
  readonly clock: Clock;
  readonly emit: Emit;
};

type Wish = { readonly role: ProcessRole; readonly onGained: (term: RoleTerm) => void };

/**
 * One of several processes. It beats: each beat that succeeds lets it act until six seconds after the beat was sent, by its
 * own monotonic clock, while the others take it for dead after nine by that of the database. A beat asks for the wanted
 * roles as well; where another process has one, the next beat comes as soon as that process would be dead.
 */
export class ProcessKeeper implements Processes, AsyncDisposable {
  readonly isAlone = false;
  readonly #options: ProcessKeeperOptions;
  readonly #wishes = new Set<Wish>();
  readonly #terms = new Map<ProcessRole, Term>();
  readonly #outages: Outages;
  readonly #taken = new Set<ProcessRole>();
  readonly #released = new Set<ProcessRole>();
  readonly #listeners = new Set<(news: ProcessNews) => void>();
  readonly #hearing: Disposable;
  #actsUntilMs = -Infinity;
  #lastBeatMs = -Infinity;
  /** Since when the beats have succeeded without a pause. */
  #steadySinceMs = Infinity;
  #ending: Disposable | undefined;
  #timer: Disposable | undefined;
  #beating: Promise<void> | undefined;
  #isAskedAgain = false;
  #isFailing = false;
  #isClosed = false;

  private constructor(options: ProcessKeeperOptions) {
    this.#options = options;
    this.#outages = new Outages(options.clock);
    this.#hearing = options.store.subscribe(options.facts.id, (news) => this.#hear(news));
  }

  /** Joins the others; rejects where the store cannot be reached. */
  static async join(options: ProcessKeeperOptions): Promise<ProcessKeeper> {
    const keeper = new ProcessKeeper(options);
    await options.store.beat(options.facts, []);
    keeper.#hasBeaten();
    keeper.#beatIn(beatEveryMs);
    return keeper;
  }

  get id(): string {
    return this.#options.facts.id;
  }

  hold(role: ProcessRole, onGained: (term: RoleTerm) => void): Disposable {
    const wish = { role, onGained };
    this.#wishes.add(wish);
    const term = this.termOf(role);
    if (term === undefined) void this.#beat();
    else onGained(term);
    return { [Symbol.dispose]: () => void this.#wishes.delete(wish) };
  }

  onOutage(role: ProcessRole, onBegun: (outage: Outage) => void): Disposable {
    return this.#outages.onOutage(role, onBegun);
  }

  termOf(role: ProcessRole): RoleTerm | undefined {
    const term = this.#terms.get(role);
    return term?.isOn() === true ? term : undefined;
  }

  isHeld(role: ProcessRole): boolean {
    return this.#taken.has(role) || this.termOf(role) !== undefined;
  }

  async release(role: ProcessRole): Promise<void> {
    this.#released.add(role);
    this.#end(role);
    await this.#beating;
    try {
      await this.#options.store.release(this.id, role);
      this.tell({ kind: 'role', role });
    } catch (error) {
      this.#report('give a role back', error);
    }
  }

  seesWhoIsDead(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    return nowMs - this.#lastBeatMs <= maxPauseMs && nowMs - this.#steadySinceMs >= deadAfterMs;
  }

  living(): Promise<readonly LivingProcess[]> {
    return this.#options.store.living();
  }

  tell(news: ProcessNews): void {
    void this.#options.store.tell(this.id, news).catch((error: unknown) => this.#report('tell other processes', error));
  }

  onNews(listener: (news: ProcessNews) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#hearing[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    for (const role of processRoles) this.#end(role);
    this.#outages.close();
    this.#ending?.[Symbol.dispose]();
    await this.#beating;
    const { store } = this.#options;
    try {
      await store.leave(this.id);
      for (const role of processRoles) await store.tell(this.id, { kind: 'role', role });
    } catch {
      // The others find out by its silence.
    }
  }

  #hear(news: ProcessNews): void {
    if (this.#isClosed) return;
    if (news.kind === 'role') void this.#beat();
    for (const listener of this.#listeners) listener(news);
  }

  #beatIn(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    if (!this.#isClosed) this.#timer = this.#options.clock.schedule(ms, () => void this.#beat());
  }

  /** One beat at a time; one that was asked for meanwhile follows. */
  #beat(): Promise<void> {
    this.#isAskedAgain = this.#beating !== undefined;
    this.#beating ??= this.#beatOnce().finally(() => {
      this.#beating = undefined;
      if (this.#isAskedAgain && !this.#isClosed) void this.#beat();
    });
    return this.#beating;
  }

  async #beatOnce(): Promise<void> {
    const { store, facts, clock } = this.#options;
    const sentMs = clock.monotonicMs();
    const wanted = processRoles.filter(
      (role) => !this.#released.has(role) && [...this.#wishes].some((wish) => wish.role === role),
    );
    let nextMs = beatEveryMs;
    try {
      const answers = await store.beat(facts, wanted);
      this.#hasBeaten();
      this.#actUntil(sentMs + deadAfterMs - marginMs);
      for (const role of wanted) {
        const answer = answers[role];
        if (answer?.kind === 'taken') nextMs = Math.min(nextMs, Math.max(minAskMs, answer.freeInMs));
        this.#settle(role, answer?.kind === 'held' ? answer.fence : undefined, answer?.kind === 'taken');
      }
      this.#isFailing = false;
    } catch (error) {
      nextMs = retryMs;
      this.#report('beat', error);
      if (error instanceof StoreUnavailable && error.isRefusal && !this.#mayAct()) this.#outages.beatFailed(error);
    }
    this.#beatIn(nextMs);
  }

  #hasBeaten(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#lastBeatMs > maxPauseMs) this.#steadySinceMs = nowMs;
    this.#lastBeatMs = nowMs;
    this.#outages.beatSucceeded();
  }

  #actUntil(ms: number): void {
    const { clock } = this.#options;
    this.#actsUntilMs = ms;
    this.#ending?.[Symbol.dispose]();
    this.#ending = clock.schedule(ms - clock.monotonicMs(), () => this.#endAll());
  }

  #settle(role: ProcessRole, fence: number | undefined, isTaken: boolean): void {
    if (isTaken) this.#taken.add(role);
    else this.#taken.delete(role);
    if (this.#terms.get(role)?.fence !== fence) this.#end(role);
    // The answer may have come so late that it is worth nothing.
    if (fence === undefined || this.#terms.has(role) || this.#released.has(role) || !this.#mayAct()) return;
    const term = new Term(fence, () => this.#mayAct());
    this.#terms.set(role, term);
    this.#options.emit({ event: 'role.gained', role, fence });
    for (const wish of this.#wishes) if (wish.role === role && term.isOn()) wish.onGained(term);
  }

  #mayAct(): boolean {
    if (!this.#isClosed && this.#options.clock.monotonicMs() < this.#actsUntilMs) return true;
    this.#endAll();
    return false;
  }

  #endAll(): void {
    for (const role of this.#terms.keys()) this.#outages.lost(role);
    for (const role of processRoles) this.#end(role);
  }

  #end(role: ProcessRole): void {
    const term = this.#terms.get(role);
    if (term === undefined) return;
    this.#terms.delete(role);
    term.end();
    if (!this.#isClosed && !this.#released.has(role)) this.#options.emit({ event: 'role.lost', role });
  }

  #report(what: string, error: unknown): void {
    // The storage reports its outages itself.
    if (!this.#isFailing && !this.#isClosed && !isStorageRefusal(error)) {
      this.#options.emit({ event: 'app.error', what, error });
    }
    this.#isFailing = true;
  }
}

class Term implements RoleTerm {
  readonly fence: number;
  readonly #mayAct: () => boolean;
  readonly #abort = new AbortController();

  constructor(fence: number, mayAct: () => boolean) {
    this.fence = fence;
    this.#mayAct = mayAct;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  isOn(): boolean {
    return !this.signal.aborted && this.#mayAct();
  }

  end(): void {
    this.#abort.abort(new Error('This process has the role no more'));
  }
}
