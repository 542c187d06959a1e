/** What happens to payments in Telegram Stars. */
export type StarEvent =
  /** A payment in Stars was credited; `paymentId` is our number of it, never Telegram's charge id. */
  | {
      readonly event: 'payment.credited';
      readonly paymentId: number;
      readonly userId: number;
      readonly stars: number;
      readonly bought: 'pack' | 'subscription';
    }
  /** Stars arrived for nothing that this version sells: an admin has to refund them, or start the version that does. */
  | { readonly event: 'payment.unclear'; readonly paymentId: number; readonly userId: number; readonly stars: number }
  /** Telegram's list has a payment that never arrived as a message; it is credited now. */
  | { readonly event: 'payment.found'; readonly paymentId: number; readonly userId: number; readonly stars: number }
  | {
      readonly event: 'payment.refunded';
      readonly paymentId: number;
      readonly userId: number;
      readonly stars: number;
      /** `telegram`: nobody asked for it here. */
      readonly by: 'admin' | 'telegram';
    }
  /** A payment was declined before any Star moved. */
  | { readonly event: 'checkout.declined'; readonly userId: number; readonly why: string }
  | {
      readonly event: 'subscription.changed';
      readonly userId: number;
      readonly state: 'active' | 'canceled' | 'failed';
    };
