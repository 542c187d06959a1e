import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import type { PaymentOutcome } from '../../sandbox/telegram/payments/pay.ts';
import { openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, count, newMessage, pictures, press, until } from './talk.ts';

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

test('a pack is bought, credited once, used after the daily allowance, and given back for what fails', async () => {
  await using app = await openTestApp({ env: { ...selling, MAX_ATTEMPTS: '1' } });
  const ada = app.person(7);
  await answerTo(ada, '/generate a fox');
  await pictures(ada, 1);
  const refused = await answerTo(ada, '/generate a hare');
  expect(refused.text).toContain('With a pack you can go on at once: /premium');
  await buy(ada, 'buy:pack-2');
  await told(ada, 'Thank you! Added: 2 results. Left in your packs: 2');
  // Telegram delivers each payment a second time a little later.
  await until(() => app.events.some((event) => event.event === 'update.ignored' && event.why === 'seen before'));
  expect(await leftOf(app, ada)).toBe(2);
  await answerTo(ada, '/generate a hare');
  await pictures(ada, 2);
  expect(await leftOf(app, ada)).toBe(1);
  app.bytez.setFaults('account 1', [{ do: { kind: 'refused' } }]);
  const failing = await answerTo(ada, '/generate an owl');
  await ada.waitFor((seen) => wordsOf(seen.find(({ id }) => id === failing.id)).includes('is back in it'));
  app.bytez.setFaults('account 1', []);
  expect(await leftOf(app, ada)).toBe(1);
  await answerTo(ada, '/generate an owl');
  await pictures(ada, 3);
  expect(await leftOf(app, ada)).toBe(0);
  expect((await answerTo(ada, '/generate a bat')).text).toContain('With a pack you can go on at once');
  expect(count(app, 'payment.credited')).toBe(1);
  expect(await app.app.core.storage.payments.sums(Date.now())).toMatchObject({
    payments: 1,
    stars: { received: 10, credited: 10 },
    results: { sold: 2, used: 2, left: 0, takenBack: 0 },
  });
});
