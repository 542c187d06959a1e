import type { Order } from './price-list.ts';

/**
 * One payment: `unseen` -> `credited` (what it bought can be used), or `paid` (it is for nothing that this version knows:
 * an operator decides) -> `refunding` (asked of Telegram and not confirmed: what it bought cannot be used) -> `refunded`,
 * or back when Telegram refuses. Telegram may tell of a payment and of its refund twice, late or in the wrong order, and
 * `refunded` is the end whatever follows.
 */
export const paymentStates = ['paid', 'credited', 'refunding', 'refunded'] as const;
export type PaymentState = (typeof paymentStates)[number];

export type PaymentEvent =
  /** Telegram says that the Stars have arrived: by message, or in its list of transactions. */
  | 'charged'
  /** An admin asks for the refund; what was bought is out of use from here on. */
  | 'refund-begun'
  /** Telegram does not refund it. */
  | 'refund-refused'
  /** Telegram has refunded it, on whoever's word. */
  | 'refunded';

/** The only place where a payment changes its state. `isKnown`: it is for something that this version sells. */
export function afterPaymentEvent(
  state: PaymentState | 'unseen',
  event: PaymentEvent,
  isKnown: boolean,
): PaymentState | 'unseen' {
  if (state === 'refunded' || event === 'refunded') return 'refunded';
  const held = isKnown ? 'credited' : 'paid';
  switch (event) {
    case 'charged':
      return state === 'refunding' ? state : held;
    case 'refund-begun':
      return state === 'unseen' ? state : 'refunding';
    case 'refund-refused':
      return state === 'refunding' ? held : state;
  }
}

/** What Telegram tells of a payment. */
export type Charge = {
  /** Telegram's id of it: the one proof, and what a refund needs. Never in a log line. */
  readonly chargeId: string;
  readonly userId: number;
  readonly stars: number;
  readonly payload: string;
  readonly atMs: number;
  /** The end of the period that it pays for; absent for what is paid once. */
  readonly untilMs?: number;
};

/** What Telegram last said about the next renewals of a subscription. */
export const renewals = ['on', 'canceled', 'failed'] as const;
export type Renewal = (typeof renewals)[number];

export type Payment = Charge & {
  readonly id: number;
  /** Undefined for a payload that this version does not know. */
  readonly order: Order | undefined;
  readonly state: PaymentState;
  /** Results of a pack that nobody has used; 0 for everything else. */
  readonly resultsLeft: number;
  readonly renewal: Renewal;
  /** Whether its person was told what became of it. */
  readonly isTold: boolean;
};

/** A period of the same charge that ends at least so much later is a renewal, not the same payment told again. */
export const minRenewalMs = 15 * 86_400_000;

/**
 * Telegram renews a subscription some time after its end; until then premium goes on. A day covers that, and one that is
 * not renewed gives no more away than this.
 */
export const graceMs = 86_400_000;

/** Results and Stars of all payments. */
export type PaymentSums = {
  readonly payments: number;
  /** `notListed`: of payments older than an hour that Telegram's own list of transactions does not have. */
  readonly stars: Readonly<
    Record<'received' | 'credited' | 'unclear' | 'refunding' | 'refunded' | 'notListed', number>
  >;
  readonly results: Readonly<Record<'sold' | 'used' | 'left' | 'takenBack', number>>;
};

/** By how much the sums do not balance: Stars received against where they went, results sold against where they are. */
export function imbalance({ stars, results }: PaymentSums): { readonly stars: number; readonly results: number } {
  return {
    stars: stars.received - stars.credited - stars.unclear - stars.refunding - stars.refunded,
    results: results.sold - results.used - results.left - results.takenBack,
  };
}
