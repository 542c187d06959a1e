import type { AlertFacts } from '../domain/alert.ts';
import type { StarEvent } from '../domain/payments/star-events.ts';

const of = ({
  paymentId,
  stars,
  userId,
}: {
  readonly paymentId: number;
  readonly stars: number;
  readonly userId: number;
}) => `payment ${paymentId}, ${stars} Stars of user ${userId}`;

/** An event of a payment as one line; Telegram's charge id is in none. */
export function starEventLine(event: StarEvent): string {
  switch (event.event) {
    case 'payment.credited':
      return `${of(event)}: credited, a ${event.bought}`;
    case 'payment.unclear':
      return `${of(event)}: for nothing that this version sells; /refund gives the Stars back`;
    case 'payment.found':
      return `${of(event)}: was in Telegram's list alone, and is credited now`;
    case 'payment.refunded':
      return `${of(event)}: refunded${event.by === 'admin' ? ' by an admin' : ', not by this bot'}`;
    case 'checkout.declined':
      return `user ${event.userId} was kept from paying: ${event.why}`;
    case 'subscription.changed':
      return `user ${event.userId}: Telegram says that the subscription is ${event.state}`;
  }
}

type PaymentAlert = Extract<AlertFacts, { kind: 'star-payment' }>;

export function paymentAlertWords(facts: PaymentAlert): string {
  switch (facts.what) {
    case 'found':
      return `${of(facts)}: Telegram had never told of it; it is credited`;
    case 'unclear':
      return `${of(facts)}: it is for nothing that this version sells`;
    case 'refunded':
      return `${of(facts)}: refunded at Telegram, not by this bot`;
  }
}

export function paymentAlertAdvice({ what }: PaymentAlert): string {
  switch (what) {
    case 'found':
      return 'nothing to do; if this happens often, look at the connection to Telegram';
    case 'unclear':
      return 'refund it by /refund in the chat, or start the version that sold it';
    case 'refunded':
      return 'nothing to do: what was left of it is taken back; "darkroom payments list" shows it';
  }
}
