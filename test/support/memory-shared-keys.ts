import type { KeyId } from '../../src/domain/ids.ts';
import type {
  FactName,
  KnownFact,
  OthersView,
  Published,
  SeatTaken,
  SeatClaim,
  SharedFact,
  SharedKeys,
  SharedNews,
} from '../../src/domain/shared/shared-keys.ts';
import type { Clock } from '../../src/kit/clock.ts';

type Seat = {
  readonly keyId: KeyId;
  readonly holder: string;
  readonly beganMs: number;
  /** Until when the beginning of its call counts; undefined while it is held. */
  countsUntilMs: number | undefined;
};

type Wire = {
  isCut: boolean;
  hasMissed: boolean;
  /** The next news come after the earlier ones. */
  last: Promise<void>;
  readonly listeners: Set<(news: SharedNews) => void>;
};

export type WireOptions = {
  /** How long a question or an answer is on its way, in milliseconds; drawn for each. 0 when absent. */
  readonly delayMs?: () => number;
};

/** A process's way to the store. */
export type ConnectedKeys = SharedKeys & {
  /** Until it is restored nothing gets through, and nothing is heard; a question on its way may still be carried out. */
  cut(): void;
  restore(): void;
};

/** Keeps in memory what the processes of a test share, and answers each over a way of its own that may be cut. */
export class MemorySharedKeys {
  readonly #clock: Clock;
  readonly #holders = new Map<string, number>();
  readonly #seats = new Map<string, Seat>();
  readonly #facts = new Map<string, Omit<KnownFact, 'ageMs'> & { readonly atMs: number }>();
  readonly #turns = new Map<string, { readonly holder: string; readonly untilMs: number; endedMs?: number }>();
  readonly #wires = new Set<Wire>();
  #views = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many seats of these keys are held, by whom does not matter. */
  heldOf(keys: readonly KeyId[]): number {
    return [...this.#seats.values()].filter((seat) => keys.includes(seat.keyId) && this.#isHeld(seat)).length;
  }

  /** Those of them whose holder's lease has not ended. */
  livelyOf(keys: readonly KeyId[]): number {
    const isLively = ({ holder }: Seat) => (this.#holders.get(holder) ?? 0) > this.#clock.now();
    const held = [...this.#seats.values()].filter((seat) => keys.includes(seat.keyId) && this.#isHeld(seat));
    return held.filter(isLively).length;
  }

  connect({ delayMs = () => 0 }: WireOptions = {}): ConnectedKeys {
    const wire: Wire = { isCut: false, hasMissed: false, last: Promise.resolve(), listeners: new Set() };
    this.#wires.add(wire);
    const travel = async () => {
      const ms = delayMs();
      if (ms > 0) await this.#clock.sleep(ms, new AbortController().signal);
      if (wire.isCut) throw new Error('The store is away');
    };
    const ask = async <Answer>(work: () => Answer): Promise<Answer> => {
      await travel();
      const answer = work();
      await travel();
      return answer;
    };
    const say = (news: SharedNews) => this.#say(news, delayMs);
    return {
      join: (holder, leaseMs) => ask(() => this.#join(holder, leaseMs)),
      beat: (holder, leaseMs) => ask(() => this.#beat(holder, leaseMs)),
      leave: (holder) => ask(() => this.#leave(holder, say)),
      take: (wish) => ask(() => this.#take(wish)),
      giveBack: (holder, seats) =>
        ask(() => {
          for (const { seatId, countsForMs } of seats) this.#giveBack(holder, seatId, countsForMs, say);
        }),
      view: (holder, keys) => ask(() => this.#view(holder, keys)),
      publish: (holder, fact, after, savedAtMs) => ask(() => this.#publish(holder, fact, after, savedAtMs, say)),
      facts: (names) => ask(() => this.#read(names)),
      takeTurn: (name, holder, span) => ask(() => this.#takeTurn(name, holder, span)),
      endTurn: (name, holder) =>
        ask(() => {
          const turn = this.#turns.get(name);
          if (turn?.holder === holder) this.#turns.set(name, { ...turn, endedMs: this.#clock.now() });
        }),
      tell: (news) => ask(() => say(news)),
      subscribe: (listener) => {
        wire.listeners.add(listener);
        return { [Symbol.dispose]: () => void wire.listeners.delete(listener) };
      },
      cut: () => {
        wire.isCut = true;
      },
      restore: () => {
        wire.isCut = false;
        if (wire.hasMissed) for (const listener of wire.listeners) listener({ kind: 'missed' });
        wire.hasMissed = false;
      },
    };
  }

  #join(holder: string, leaseMs: number): void {
    if (this.#holders.has(holder)) throw new Error(`Cannot join as "${holder}": it is there already`);
    this.#holders.set(holder, this.#clock.now() + leaseMs);
  }

  #beat(holder: string, leaseMs: number): boolean {
    if (!this.#holders.has(holder)) return false;
    this.#holders.set(holder, this.#clock.now() + leaseMs);
    return true;
  }

  #leave(holder: string, say: (news: SharedNews) => void): void {
    for (const [id, seat] of this.#seats) {
      if (seat.holder === holder && seat.countsUntilMs === undefined) this.#giveBack(holder, id, 0, say);
    }
    this.#holders.delete(holder);
  }

  #take({ seatId, holder, keyId, accountKeys, limit, keyLimit, window }: SeatClaim): SeatTaken {
    if (!this.#holders.has(holder)) return { kind: 'fenced' };
    const isFull = () => {
      if (limit === undefined) return false;
      const inWindow = this.#counting(accountKeys, window?.spanMs ?? 0);
      return (
        this.heldOf(accountKeys) >= limit ||
        this.heldOf([keyId]) >= (keyLimit ?? Infinity) ||
        inWindow >= (window?.calls ?? Infinity)
      );
    };
    if (isFull()) this.#bury(holder);
    if (isFull()) return { kind: 'full', view: this.#view(holder, accountKeys) };
    this.#seats.set(seatId, { keyId, holder, beganMs: this.#clock.now(), countsUntilMs: undefined });
    return { kind: 'seat', view: this.#view(holder, accountKeys) };
  }

  #bury(asker: string): void {
    for (const [holder, untilMs] of this.#holders) {
      if (holder !== asker && untilMs <= this.#clock.now()) this.#holders.delete(holder);
    }
  }

  #giveBack(holder: string, id: string, countsForMs: number, say: (news: SharedNews) => void): void {
    const seat = this.#seats.get(id);
    if (seat === undefined || seat.holder !== holder || !this.#isHeld(seat)) return;
    seat.countsUntilMs = this.#clock.now() + countsForMs;
    if (countsForMs === 0) this.#seats.delete(id);
    say({ kind: 'seats', keyId: seat.keyId, by: holder });
  }

  #isHeld({ countsUntilMs, holder }: Seat): boolean {
    return countsUntilMs === undefined && this.#holders.has(holder);
  }

  #counting(keys: readonly KeyId[], spanMs: number): number {
    const sinceMs = this.#clock.now() - spanMs;
    return [...this.#seats.values()].filter((seat) => keys.includes(seat.keyId) && seat.beganMs > sinceMs).length;
  }

  #view(holder: string, keys?: readonly KeyId[]): OthersView {
    const nowMs = this.#clock.now();
    const others = [...this.#seats.values()].filter(
      (seat) => seat.holder !== holder && keys?.includes(seat.keyId) !== false,
    );
    this.#views += 1;
    // No two views are of the same moment.
    const at = nowMs + this.#views * 1e-6;
    const isUnderWay = (seat: Seat) => this.#isHeld(seat) && (this.#holders.get(seat.holder) ?? 0) > nowMs;
    return {
      at,
      keys: [...Map.groupBy(others, ({ keyId }) => keyId)].map(([keyId, seats]) => ({
        keyId,
        underWay: seats.filter(isUnderWay).length,
        beganAgoMs: seats
          .filter(({ countsUntilMs = Infinity }) => countsUntilMs > nowMs)
          .map(({ beganMs }) => at - beganMs),
      })),
    };
  }

  #publish(
    holder: string,
    fact: SharedFact,
    after: number,
    savedAtMs: number,
    say: (news: SharedNews) => void,
  ): Published {
    if (!this.#holders.has(holder)) return { kind: 'fenced' };
    const { kind, id } = fact;
    const before = this.#facts.get(`${kind} ${id}`);
    if (before !== undefined && before.version !== after) return { kind: 'behind', known: this.#aged(before) };
    const version = after + 1;
    const atMs = this.#clock.now();
    this.#facts.set(`${kind} ${id}`, { fact: structuredClone(fact), version, savedAtMs, atMs });
    say({ kind: 'fact', name: { kind, id }, by: holder });
    return { kind: 'published', version };
  }

  #read(names: readonly FactName[] | undefined): readonly KnownFact[] {
    const found =
      names === undefined
        ? [...this.#facts.values()]
        : names.flatMap(({ kind, id }) => this.#facts.get(`${kind} ${id}`) ?? []);
    return found.map((known) => this.#aged(known));
  }

  #aged({ atMs, ...known }: Omit<KnownFact, 'ageMs'> & { readonly atMs: number }): KnownFact {
    return structuredClone({ ...known, ageMs: this.#clock.now() - atMs });
  }

  #takeTurn(name: string, holder: string, { forMs, restMs }: { readonly forMs: number; readonly restMs: number }) {
    const nowMs = this.#clock.now();
    const turn = this.#turns.get(name);
    const leaseMs = this.#holders.get(turn?.holder ?? '') ?? 0;
    const overMs = Math.min(turn?.endedMs ?? leaseMs, turn?.untilMs ?? 0);
    if (turn !== undefined && overMs + restMs > nowMs) return false;
    this.#turns.set(name, { holder, untilMs: nowMs + forMs });
    return true;
  }

  #say(news: SharedNews, delayMs: () => number): void {
    for (const wire of this.#wires) {
      if (wire.isCut) wire.hasMissed = true;
      else {
        const heard = wire.last.then(async () => {
          const ms = delayMs();
          if (ms > 0) await this.#clock.sleep(ms, new AbortController().signal);
          if (wire.isCut) wire.hasMissed = true;
          else for (const listener of wire.listeners) listener(news);
        });
        wire.last = heard;
      }
    }
  }
}
