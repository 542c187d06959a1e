import type { Update } from 'grammy/types';
import type { Clock } from '../../../src/kit/clock.ts';
import { type ApiError, conflict } from '../api-error.ts';
import { limits } from '../limits.ts';

export type UpdateKind = Exclude<keyof Update, 'update_id'>;
export type RawUpdate = { readonly update_id: number } & Readonly<Record<string, unknown>>;

type Waiting = { readonly update: RawUpdate; readonly untilMs: number };

export type Poll = {
  readonly offset: number;
  readonly limit: number;
  readonly timeoutS: number;
  /** The kinds of updates to receive from now on; undefined keeps those of the last poll. */
  readonly allowed?: readonly string[];
};

type PendingPoll = { readonly settle: (refusal?: ApiError) => void };

const onlyWhenNamed = new Set(['chat_member', 'message_reaction', 'message_reaction_count']);

/**
 * The pending updates. An update stays until a poll with a greater offset confirms it or it expires. One poll may wait
 * at a time: a new one ends the older with 409.
 */
export class UpdateQueue {
  readonly #clock: Clock;
  readonly #recent = new Map<number, RawUpdate>();
  #waiting: Waiting[] = [];
  /** Delivered with the next poll whatever its offset: redelivered updates, and raw ones with a past id. */
  #outOfOrder: RawUpdate[] = [];
  #lastId: number;
  #allowed: readonly string[] = [];
  #pendingPoll: PendingPoll | undefined;
  #onArrival: () => void = () => undefined;
  #previous = { offset: Number.NaN, atMs: Number.NEGATIVE_INFINITY };

  constructor(clock: Clock, firstId: number) {
    this.#clock = clock;
    this.#lastId = firstId - 1;
  }

  get length(): number {
    this.#dropExpired();
    return this.#waiting.length + this.#outOfOrder.length;
  }

  /** Queues an update; returns its id, also when the bot does not receive updates of this kind. */
  add(kind: UpdateKind, payload: unknown): number {
    this.#lastId += 1;
    const update = { update_id: this.#lastId, [kind]: payload };
    this.#remember(update);
    if (this.#wants(kind)) this.#queue(update, kind);
    return this.#lastId;
  }

  /** Queues an update whatever its kind; without an id of its own it gets the next one. */
  addRaw(raw: Readonly<Record<string, unknown>>): number {
    const given = raw['update_id'];
    const id = typeof given === 'number' ? given : this.#lastId + 1;
    const update = { ...raw, update_id: id };
    this.#remember(update);
    if (id <= this.#lastId) this.#queueOutOfOrder(update);
    else {
      this.#lastId = id;
      this.#queue(update, kindOf(update));
    }
    return id;
  }

  redeliver(updateId: number): void {
    const update = this.#recent.get(updateId);
    if (update === undefined) throw new Error(`Cannot deliver update ${updateId} again: there was no such update`);
    this.#queueOutOfOrder(update);
  }

  /**
   * Resolves with updates, empty when `timeoutS` passes or the client closes the connection; rejects with 409 when a
   * newer poll arrives.
   */
  async poll(request: Poll, signal: AbortSignal): Promise<readonly RawUpdate[]> {
    this.#pendingPoll?.settle(
      conflict('terminated by other getUpdates request; make sure that only one bot instance is running'),
    );
    if (request.allowed !== undefined) this.#allowed = request.allowed;
    const nowMs = this.#clock.now();
    const isSame = request.offset === this.#previous.offset;
    const sinceMs = nowMs - this.#previous.atMs;
    const isHurried = isSame && sinceMs < limits.hurriedPollMs && request.timeoutS < limits.hurriedPollSeconds;
    const timeoutS = isHurried ? limits.hurriedPollSeconds : request.timeoutS;
    const limit = isSame && sinceMs < limits.hastyPollMs ? 1 : request.limit;
    this.#previous = { offset: request.offset, atMs: nowMs };
    this.#confirm(request.offset);
    const ready = this.#take(limit);
    if (ready.length > 0 || timeoutS === 0 || signal.aborted) return ready;
    await this.#waitForUpdate(timeoutS, signal);
    return signal.aborted ? [] : this.#take(limit);
  }

  /** Sets the one listener that is called after an update was queued. */
  onArrival(listener: () => void): void {
    this.#onArrival = listener;
  }

  /** The updates that a webhook has to deliver, in order; each stays until it is dropped or expires. */
  waiting(): readonly RawUpdate[] {
    this.#dropExpired();
    return [...this.#outOfOrder, ...this.#waiting.map(({ update }) => update)];
  }

  isWaiting(update: RawUpdate): boolean {
    return this.waiting().includes(update);
  }

  /** Removes one delivery of the update; a second delivery of the same update stays. */
  drop(update: RawUpdate): void {
    const redelivered = this.#outOfOrder.indexOf(update);
    if (redelivered === -1) this.#waiting = this.#waiting.filter((waiting) => waiting.update !== update);
    else this.#outOfOrder.splice(redelivered, 1);
  }

  allow(kinds: readonly string[]): void {
    this.#allowed = kinds;
  }

  clear(): void {
    this.#waiting = [];
    this.#outOfOrder = [];
  }

  #waitForUpdate(timeoutS: number, signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const pendingPoll: PendingPoll = {
        settle: (refusal) => {
          timer[Symbol.dispose]();
          signal.removeEventListener('abort', onGone);
          if (this.#pendingPoll === pendingPoll) this.#pendingPoll = undefined;
          if (refusal === undefined) resolve();
          else reject(refusal);
        },
      };
      const onGone = () => pendingPoll.settle();
      const timer = this.#clock.schedule(timeoutS * 1000, onGone);
      signal.addEventListener('abort', onGone, { once: true });
      this.#pendingPoll = pendingPoll;
    });
  }

  #queue(update: RawUpdate, kind: string): void {
    this.#waiting.push({ update, untilMs: this.#clock.now() + lifeMs(kind) });
    this.#pendingPoll?.settle();
    this.#onArrival();
  }

  #queueOutOfOrder(update: RawUpdate): void {
    this.#outOfOrder.push(update);
    this.#pendingPoll?.settle();
    this.#onArrival();
  }

  #remember(update: RawUpdate): void {
    this.#recent.set(update.update_id, update);
    if (this.#recent.size <= limits.rememberedUpdates) return;
    const oldest = this.#recent.keys().next().value;
    if (oldest !== undefined) this.#recent.delete(oldest);
  }

  #wants(kind: string): boolean {
    return this.#allowed.length === 0 ? !onlyWhenNamed.has(kind) : this.#allowed.includes(kind);
  }

  #confirm(offset: number): void {
    this.#dropExpired();
    if (offset < 0) this.#waiting = this.#waiting.slice(offset);
    else if (offset > 0) this.#waiting = this.#waiting.filter(({ update }) => update.update_id >= offset);
  }

  #take(limit: number): readonly RawUpdate[] {
    this.#dropExpired();
    const redelivered = this.#outOfOrder.splice(0, limit);
    return [...redelivered, ...this.#waiting.slice(0, limit - redelivered.length).map(({ update }) => update)];
  }

  #dropExpired(): void {
    const nowMs = this.#clock.now();
    this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > nowMs);
  }
}

function kindOf(update: RawUpdate): string {
  return Object.keys(update).find((key) => key !== 'update_id') ?? '';
}

function lifeMs(kind: string): number {
  if (kind === 'inline_query') return limits.inlineQueryLifeMs;
  if (['callback_query', 'shipping_query', 'pre_checkout_query'].includes(kind)) return limits.queryLifeMs;
  return limits.updateLifeMs;
}
