import type { Charge, Payment, PaymentSums, Renewal } from './payment.ts';

/** A payment after an event; `isChanged` when the event changed its state, so that it is told and reported once. */
export type Changed = { readonly payment: Payment; readonly isChanged: boolean };

/** A subscription that gives premium now, by its newest period. */
export type Subscription = {
  readonly untilMs: number;
  readonly stars: number;
  readonly renewal: Renewal;
  /** Of the payment that began it: what Telegram wants when it is canceled. */
  readonly chargeId: string;
  /** Shared by all its periods. */
  readonly payload: string;
};

/** Payments in Telegram Stars. Every promise resolves after the change is durable, and each change is one transaction. */
export type PaymentStore = {
  /** The Stars have arrived: credits once for each charge, however often and from wherever it is told. */
  charged(charge: Charge, heardFrom: 'message' | 'list'): Promise<Changed>;
  /** Telegram has refunded it; also where the charge itself was never told. What is left of it is taken back. */
  refunded(charge: Charge): Promise<Changed>;
  /** What it bought is out of use until Telegram has answered; undefined when there is no such charge. */
  beginRefund(chargeId: string): Promise<Changed | undefined>;
  /** Telegram does not refund it: it is as before. */
  refuseRefund(chargeId: string): Promise<Changed | undefined>;
  /** What Telegram says of the next renewals of the subscription with this payload. */
  setRenewal(userId: number, payload: string, renewal: Renewal): Promise<void>;
  /** The charge that began the subscription with this payload: what Telegram wants when it is canceled. */
  firstChargeOf(userId: number, payload: string): Promise<string | undefined>;
  noteTold(id: number): Promise<void>;
  /** A payment by our number of it. */
  find(id: number): Promise<Payment | undefined>;
  /** Newest first: of one person, or of all. */
  latest(count: number, userId?: number): Promise<readonly Payment[]>;
  /** Refunds that were begun and not answered. */
  refunding(): Promise<readonly Payment[]>;
  subscriptionOf(userId: number, nowMs: number): Promise<Subscription | undefined>;
  /** Results of the person's packs that are left. */
  resultsLeft(userId: number): Promise<number>;
  sums(nowMs: number): Promise<PaymentSums>;
  /** How many of Telegram's transactions were compared with what is known here. */
  compared(): Promise<number>;
  noteCompared(count: number): Promise<void>;
};
