import type { Person } from '../../sandbox/telegram/people/person.ts';
import type { PaymentOutcome } from '../../sandbox/telegram/payments/pay.ts';
import { type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, newMessage, press } from './talk.ts';

export const selling = { STARS_PACKS: '20:50,2:10', STARS_SUBSCRIPTION: '250', FREE_IMAGES_PER_DAY: '1' };

/** The invoice that a button under /premium makes. */
export async function invoiceFor(person: Person, button: string): Promise<number> {
  const offer = await answerTo(person, '/premium');
  const before = new Set(person.messages().map(({ id }) => id));
  await press(person, offer.id, button);
  return (await newMessage(person, before)).id;
}

/** Pays with play Stars; resolves with the charge id once the payment has gone through. */
export async function paid(outcome: Promise<PaymentOutcome>): Promise<string> {
  const ended = await outcome;
  if (ended.kind !== 'paid') throw new Error(`The payment is ${ended.kind}`);
  return ended.chargeId;
}

export const buy = async (person: Person, button: string) => paid(person.pay(await invoiceFor(person, button)).outcome);

/** Resolves once the person has a message that reads like this. */
export const told = (person: Person, words: string | RegExp) =>
  person.waitFor((seen) => seen.some((message) => message.from === 'bot' && wordsOf(message).match(words) !== null));

/** What the account of packs says. */
export const leftOf = async ({ app }: Pick<TestApp, 'app'>, { id }: Person) =>
  app.core.storage.payments.resultsLeft(id);
