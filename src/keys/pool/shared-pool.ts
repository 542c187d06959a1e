import type { Choice } from '../../domain/attempt-trail.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { Lease, SeatAnswer, SeatRequest } from '../../domain/key-leases.ts';
import type { OthersCalls, OthersView, SeatClaim } from '../../domain/shared/shared-keys.ts';
import type { PoolClock } from '../../kit/clock.ts';
import type { Sharing } from '../shared/sharing.ts';
import type { KeyRegistry } from './key-registry.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Call, ProviderKeys } from './provider-keys.ts';
import type { CallRecorder } from './record-result.ts';
import { Seat } from './seat.ts';
import { whyNoSeat } from './select-key.ts';
import type { KeyStateMachine } from './transitions.ts';

/** A seat that is taken here, and not yet at the store. */
export type Borrowed = { readonly kind: 'call'; readonly call: Call; readonly choice: Choice };
export type Unborrowed = Exclude<SeatAnswer, { kind: 'seat' }>;

export type SharedPoolOptions = {
  readonly sharing: Sharing;
  readonly registry: KeyRegistry;
  readonly stateMachine: KeyStateMachine;
  readonly endings: CallRecorder;
  readonly time: PoolClock;
  readonly borrow: (provider: ProviderName, request: SeatRequest) => Borrowed | Unborrowed;
};

/** How many accounts are tried that turn out to be full; then others are quicker, and one of them frees a seat soon. */
const maxTries = 8;

/** What others were last seen to do with a key. */
type Seen = { at: number; newestBegan: number };

/**
 * Seats of accounts that other processes use as well. The choice is made here, by what is known of the others; the seat is
 * then taken at the store. One that turns out to be taken is known from then on, and the next best key is tried.
 */
export class SharedPool {
  readonly #options: SharedPoolOptions;
  readonly #seen = new Map<KeyId, Seen>();
  /** Calls under way that the store has not heard of. */
  readonly #unheld = new Map<Seat, PooledKey>();
  #seenAllAt = -1;

  constructor(options: SharedPoolOptions) {
    this.#options = options;
    options.sharing.attach({
      takeInOthers: (view, isAll) => this.#takeIn(view, isAll ? undefined : view.keys.map(({ keyId }) => keyId)),
      onBack: () => this.#onBack(),
    });
  }

  /** A seat, or why there is none; `busy` while the store is away. */
  async acquire(provider: ProviderName, request: SeatRequest): Promise<SeatAnswer> {
    const { sharing, endings, time, registry } = this.#options;
    const without = new Set(request.without);
    for (let tries = 0; tries < maxTries; tries += 1) {
      const borrowed = this.#options.borrow(provider, tries === 0 ? request : { ...request, without });
      if (borrowed.kind !== 'call' && (tries === 0 || borrowed.kind === 'slow')) return borrowed;
      if (borrowed.kind !== 'call') break;
      const { call, choice } = borrowed;
      const claim = this.#claimFor(call);
      const taking = await sharing.take(claim);
      if (taking.kind === 'seat') {
        this.#takeIn(taking.view, claim.accountKeys);
        const held = { ...call, inFlightAtStart: call.pooled.account.inFlight };
        return { kind: 'seat', lease: new Seat(held, choice, endings, time, taking.held) };
      }
      endings.undone(call);
      if (taking.kind === 'away') return { kind: 'busy' };
      this.#takeIn(taking.view, claim.accountKeys);
      for (const id of claim.accountKeys) without.add(id);
    }
    const providerKeys = registry.find(provider);
    return providerKeys === undefined ? { kind: 'no-keys' } : whyNoSeat(providerKeys, request, time.wallMs());
  }

  /** The seat of a call that was begun before: it is there even when the store cannot be told. */
  async resume(call: Call, choice: Choice): Promise<Lease> {
    const { endings, time } = this.#options;
    const seat = new Seat(call, choice, endings, time);
    await this.#hold(seat, call.pooled);
    return seat;
  }

  async #hold(seat: Seat, pooled: PooledKey): Promise<void> {
    const { id: keyId } = pooled.key;
    const taking = await this.#options.sharing.take({ keyId, accountKeys: idsOf(pooled) });
    if (taking.kind === 'seat') seat.hold(taking.held);
    else if (!seat.isGiven) this.#unheld.set(seat, pooled);
  }

  #claimFor({ pooled }: Call): Omit<SeatClaim, 'seatId' | 'holder'> {
    const { account, maxCalls, key } = pooled;
    const window = account.window.isUnknown ? undefined : account.window.limitAt(this.#options.time.wallMs());
    return {
      keyId: key.id,
      accountKeys: idsOf(pooled),
      limit: account.limit.seats,
      ...(maxCalls < account.limit.seats ? { keyLimit: Math.max(1, maxCalls) } : {}),
      ...(window === undefined ? {} : { window }),
    };
  }

  #onBack(): void {
    const { registry, stateMachine } = this.#options;
    for (const [seat, pooled] of this.#unheld) {
      this.#unheld.delete(seat);
      if (!seat.isGiven) void this.#hold(seat, pooled);
    }
    for (const { provider } of registry.all()) stateMachine.announce(provider);
  }

  /** Takes in what others do with these keys, or with all. */
  #takeIn({ at, keys }: OthersView, ids: readonly KeyId[] | undefined): void {
    const { registry, stateMachine } = this.#options;
    if (ids === undefined && at < this.#seenAllAt) return;
    if (ids === undefined) this.#seenAllAt = at;
    const calls = new Map(keys.map((one) => [one.keyId, one]));
    const freed = new Set<ProviderKeys>();
    for (const pooled of ids === undefined ? registry.keys() : ids.flatMap((id) => registry.key(id) ?? [])) {
      const providerKeys = registry.find(pooled.key.provider);
      if (providerKeys !== undefined && this.#takeInOne(pooled, providerKeys, at, calls.get(pooled.key.id))) {
        freed.add(providerKeys);
      }
    }
    for (const { provider } of freed) stateMachine.announce(provider);
  }

  /** Returns whether a seat may have become free. */
  #takeInOne(
    pooled: PooledKey,
    providerKeys: ProviderKeys,
    at: number,
    { underWay = 0, beganAgoMs = [] }: Partial<OthersCalls> = {},
  ): boolean {
    const seen = this.#seen.get(pooled.key.id);
    if (at < (seen?.at ?? this.#seenAllAt)) return false;
    const { stateMachine, time } = this.#options;
    const { window } = pooled.account;
    const began = beganAgoMs.map((agoMs) => at - agoMs);
    const newestBegan = Math.max(seen?.newestBegan ?? -Infinity, ...began);
    if (began.length > 0 || seen !== undefined) this.#seen.set(pooled.key.id, { at, newestBegan });
    const isChanged = pooled.calledElsewhere(
      underWay,
      beganAgoMs.map((agoMs) => Math.round(time.wallMs() - agoMs)),
    );
    const newCalls = seen === undefined ? 0 : began.filter((ms) => ms > seen.newestBegan + 0.5).length;
    if (!window.isUnknown) {
      window.sentElsewhere(newCalls, time.wallMs());
      stateMachine.mindWindow(providerKeys, pooled);
    }
    if (isChanged === 'no') return false;
    providerKeys.refresh(pooled.account);
    if (isChanged === 'more') return false;
    stateMachine.seatLeft(providerKeys, pooled);
    return true;
  }
}

function idsOf({ account }: PooledKey): readonly KeyId[] {
  return account.members.map(({ key }) => key.id);
}
