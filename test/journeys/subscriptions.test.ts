import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { adminId, openTestApp } from '../support/test-app.ts';
import { answerTo, callsOf, newMessage, press } from './talk.ts';
import { paid, selling, told } from './star-payments.ts';

const dayMs = 86_400_000;

/** Presses the button under /premium and returns the link of the subscription. */
async function subscriptionLink(person: Person): Promise<string> {
  const offer = await answerTo(person, '/premium');
  const before = new Set(person.messages().map(({ id }) => id));
  await press(person, offer.id, 'buy:subscribe');
  const url = (await newMessage(person, before)).buttons[0]?.[0]?.url;
  if (url === undefined) throw new Error('There is no link');
  return url;
}

test('a subscription gives premium, is renewed, canceled in Telegram, and ends after its last period', async () => {
  await using app = await openTestApp({ env: selling });
  const ada = app.person(7);
  const users = () => app.app.core.storage.users.find(7);
  const link = await subscriptionLink(ada);
  await paid(ada.pay(link).outcome);
  await told(ada, 'You have premium until');
  const firstUntilMs = (await users()).premiumUntilMs ?? 0;
  // Thirty days, and a day until which a late renewal changes nothing.
  expect(Math.round((firstUntilMs - Date.now()) / dayMs)).toBe(31);
  const shown = await answerTo(ada, '/premium');
  expect(shown.text).toContain('Your subscription renews on');
  expect(shown.buttons.flat().map(({ data }) => data)).not.toContain('buy:subscribe');
  // A second one, by the old link, is declined before any Star moves.
  expect(await ada.pay(link).outcome).toMatchObject({ kind: 'declined', words: expect.stringContaining('already') });
  await answerTo(ada, '/generate a fox');
  expect(await app.event('job.accepted')).toMatchObject({ lane: 'premium' });

  expect(ada.renew()).toMatchObject({ kind: 'paid' });
  await app.event('payment.credited', ({ paymentId }) => paymentId === 2);
  expect((await users()).premiumUntilMs).toBe(firstUntilMs + 30 * dayMs);
  ada.cancelSubscription(true);
  await app.event('subscription.changed');
  expect((await answerTo(ada, '/premium')).text).toContain('Your subscription doesn’t renew');
  expect((await users()).premiumUntilMs).toBe(firstUntilMs + 30 * dayMs);
  expect(ada.renew()).toMatchObject({ kind: 'declined' });
  ada.cancelSubscription(false);
  await app.event('subscription.changed', ({ state }) => state === 'active');
  expect((await answerTo(ada, '/premium')).text).toContain('Your subscription renews on');
  expect(ada.renew(false)).toMatchObject({ kind: 'declined' });
  await app.event('subscription.changed', ({ state }) => state === 'failed');
  expect((await answerTo(ada, '/premium')).text).toContain('Telegram couldn’t renew');
});

test('the renewal is stopped by the button, and a refund of the subscription ends premium at once', async () => {
  await using app = await openTestApp({ env: selling });
  const [ada, admin] = [app.person(7), app.person(adminId)];
  await paid(ada.pay(await subscriptionLink(ada)).outcome);
  await told(ada, 'You have premium until');
  const offer = await answerTo(ada, '/premium');
  await press(ada, offer.id, 'buy:stop');
  await told(ada, 'Done: your subscription doesn’t renew');
  expect(callsOf(app, 'editUserStarSubscription')).toHaveLength(1);
  expect(ada.renew()).toMatchObject({ kind: 'declined' });
  const canceled = await answerTo(ada, '/premium');
  await press(ada, canceled.id, 'buy:renew');
  await told(ada, 'Resume the subscription in Telegram’s settings');
  await answerTo(admin, '/refund 1');
  await told(ada, '250 went back to you');
  expect((await app.app.core.storage.users.find(7)).premiumUntilMs).toBeUndefined();
  await answerTo(ada, '/generate a fox');
  expect(await app.event('job.accepted')).toMatchObject({ lane: 'free' });
});

test('a gift and a subscription: a refund takes back what was paid for, and the gift stays', async () => {
  await using app = await openTestApp({ env: selling });
  const [ada, admin] = [app.person(7), app.person(adminId)];
  await answerTo(ada, '/start');
  expect((await answerTo(admin, '/premium 7 10')).text).toContain('has premium until');
  await told(ada, 'You now have premium');
  const giftMs = (await app.app.core.storage.users.find(7)).premiumUntilMs;
  await paid(ada.pay(await subscriptionLink(ada)).outcome);
  await app.event('payment.credited');
  expect((await answerTo(admin, '/refund 1')).text).toContain('250 went back to 7');
  expect((await app.app.core.storage.users.find(7)).premiumUntilMs).toBe(giftMs);
});
