import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, count, pictures, press, reads, runs, troubles, until } from './talk.ts';
import { buy, invoiceFor, leftOf, paid, selling, told } from './star-payments.ts';

/** The clock of the bot runs ahead, so that the comparison with Telegram's list comes at once when asked for. */
function aheadClock() {
  let aheadMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  return { clock, by: (ms: number) => void (aheadMs += ms) };
}

test('the same charge in another update is credited once, and once told', async () => {
  await using app = await openTestApp({ env: selling });
  const ada = app.person(7);
  const { outcome } = ada.pay(await invoiceFor(ada, 'buy:pack-20'));
  const ended = await outcome;
  if (ended.kind !== 'paid') throw new Error('The payment did not go through');
  for (let round = 0; round < 3; round += 1) ada.repeatPayment(ended.messageId);
  await told(ada, 'Thank you!');
  await answerTo(ada, '/help');
  expect(await leftOf(app, ada)).toBe(20);
  expect(count(app, 'payment.credited')).toBe(1);
  expect(fromBot(ada.messages(), (one) => wordsOf(one).includes('Thank you!'))).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('a price that changed after the invoice is refused kindly, within a second, and takes no Stars', async () => {
  await using app = await openTestApp({ env: selling });
  const ada = app.person(7);
  const [dearer, gone] = [await invoiceFor(ada, 'buy:pack-20'), await invoiceFor(ada, 'buy:pack-2')];
  await app.restart({ STARS_PACKS: '20:60' });
  const startedMs = performance.now();
  const declined = await ada.pay(dearer).outcome;
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  expect(declined).toEqual({
    kind: 'declined',
    words: 'The price has changed, so no Stars were taken. /premium shows today’s price.',
  });
  expect(await ada.pay(gone).outcome).toMatchObject({ kind: 'declined', words: expect.stringContaining('isn’t sold') });
  expect(app.telegram.transactions).toEqual([]);
  expect(await paid(ada.pay(await invoiceFor(ada, 'buy:pack-20')).outcome)).toMatch(/^stx/);
});

test('a checkout is answered within a second while the chat has a long line of updates', async () => {
  await using app = await openTestApp({ env: selling });
  const ada = app.person(7);
  const invoice = await invoiceFor(ada, 'buy:pack-20');
  // Each answer of the chat hangs, so its line stands still.
  app.telegram.addFault({ method: /^sendMessage$/, do: { kind: 'slow', ms: 1_500 } });
  for (let round = 0; round < 10; round += 1) ada.say('/help');
  await until(() => callsOf(app, 'sendMessage').length > 1);
  const startedMs = performance.now();
  expect((await ada.pay(invoice).outcome).kind).toBe('paid');
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test('a refund while the request runs: it is finished, what is left is gone, and every Star is accounted for', async () => {
  await using app = await openTestApp({ env: { ...selling, FREE_IMAGES_PER_DAY: '0' } });
  const [ada, admin] = [app.person(7), app.person(adminId)];
  await buy(ada, 'buy:pack-20');
  await told(ada, 'Thank you!');
  const hold = app.bytez.hold();
  await answerTo(ada, '/generate a fox');
  await until(() => runs(app).length === 1);
  expect((await answerTo(admin, '/refund')).text).toContain('/refund 1');
  expect((await answerTo(admin, '/refund 1')).text).toContain('50 went back to 7');
  await told(ada, '50 went back to you');
  expect(await leftOf(app, ada)).toBe(0);
  hold.release();
  expect(await pictures(ada)).toHaveLength(1);
  expect((await answerTo(ada, '/generate a hare')).text).toContain('With a pack you can go on at once');
  expect((await answerTo(admin, '/refund 1')).text).toContain('was refunded before');
  expect((await answerTo(admin, '/refund 2')).text).toContain('no payment with this id');
  expect(await app.app.core.storage.payments.sums(Date.now())).toMatchObject({
    stars: { received: 50, credited: 0, refunded: 50 },
    results: { sold: 20, used: 1, left: 0, takenBack: 19 },
  });
  expect(app.telegram.transactions.map(({ source, receiver }) => [source?.type, receiver?.type])).toEqual([
    ['user', undefined],
    [undefined, 'user'],
  ]);
  expect(fromBot(ada.messages(), (one) => wordsOf(one).includes('went back to you'))).toHaveLength(1);
});

test('a request that fails after its pack was refunded gives nothing back', async () => {
  await using app = await openTestApp({ env: { ...selling, FREE_IMAGES_PER_DAY: '0', MAX_ATTEMPTS: '1' } });
  const ada = app.person(7);
  await buy(ada, 'buy:pack-2');
  await told(ada, 'Thank you!');
  const hold = app.bytez.hold();
  await answerTo(ada, '/generate a fox');
  await until(() => runs(app).length === 1);
  await answerTo(app.person(adminId), '/refund 1');
  await answerTo(ada, '/cancel');
  hold.release();
  expect(await leftOf(app, ada)).toBe(0);
  expect((await app.app.core.storage.payments.sums(Date.now())).results).toEqual({
    sold: 2,
    used: 0,
    left: 0,
    takenBack: 2,
  });
});

test('a payment of which only Telegram’s list tells is found, credited, told, and reported to the admins', async () => {
  const ahead = aheadClock();
  await using app = await openTestApp({ env: selling, clock: ahead.clock });
  const ada = app.person(7);
  const invoice = await invoiceFor(ada, 'buy:pack-20');
  app.telegram.setPaymentsUnheard(true);
  const chargeId = await paid(ada.pay(invoice).outcome);
  await app.app.reconciler.compare();
  // A young transaction may still come as a message.
  expect(await leftOf(app, ada)).toBe(0);
  ahead.by(180_000);
  await app.app.reconciler.compare();
  await told(ada, 'Thank you!');
  expect(await leftOf(app, ada)).toBe(20);
  expect(await app.event('payment.found')).toMatchObject({ userId: 7, stars: 50 });
  expect(await app.event('alert.raised')).toMatchObject({ alert: { facts: { kind: 'star-payment', what: 'found' } } });
  await app.app.reconciler.compare();
  expect(count(app, 'payment.found')).toBe(1);
  // No log line and no event names the charge.
  expect(JSON.stringify(app.events)).not.toContain(chargeId);
});

test('/paysupport brings the words of a person and their payments to the admin', async () => {
  await using app = await openTestApp({ env: selling });
  const [ada, admin] = [app.person(7), app.person(adminId)];
  admin.say('/start');
  await buy(ada, 'buy:pack-20');
  await told(ada, 'Thank you!');
  expect((await answerTo(ada, '/paysupport')).text).toMatch(/Write what is wrong[^]*⭐ 50, 20 results/);
  expect((await answerTo(ada, '/paysupport I got nothing')).text).toContain('have your message and your payments');
  await admin.waitFor((seen) =>
    seen.some((one) => one.text.includes('I got nothing') && one.text.includes('/refund 1')),
  );
  expect((await answerTo(ada, '/terms')).text).toContain('It doesn’t expire');
  expect((await answerTo(ada, '/refund')).text).toContain('I don’t know that command');
  expect((await answerTo(ada, '/forget')).text).toContain('Your payments stay on record');
});

test('where nothing is sold, nothing speaks of it, and a member of Telegram Premium waits like everybody', async () => {
  await using app = await openTestApp();
  const ada = app.telegram.person({ id: 7, firstName: 'Ada', languageCode: 'en', isPremium: true });
  const help = await answerTo(ada, '/help');
  expect(help.text).not.toMatch(/paysupport|terms|Stars/);
  expect((await answerTo(ada, '/terms')).text).toContain('I don’t know that command');
  expect((await answerTo(ada, '/paysupport')).text).toContain('I don’t know that command');
  const premium = await answerTo(ada, '/premium');
  expect(premium.text).not.toMatch(/Stars|pack/);
  expect(premium.buttons).toEqual([]);
  await until(() => app.telegram.commandsFor(7, 7, 'en').length > 0);
  expect(app.telegram.commandsFor(7, 7, 'en').map(({ command }) => command)).not.toContain('paysupport');
  await answerTo(ada, '/generate a fox');
  expect(await app.event('job.accepted')).toMatchObject({ lane: 'free' });
  expect(callsOf(app, 'getStarTransactions')).toEqual([]);
});

test('members of Telegram Premium are premium where the operator says so', async () => {
  await using app = await openTestApp({ env: { TELEGRAM_PREMIUM_IS_PREMIUM: 'on' } });
  const ada = app.telegram.person({ id: 7, firstName: 'Ada', languageCode: 'en', isPremium: true });
  expect((await answerTo(ada, '/premium')).text).toContain('You have premium');
  await answerTo(ada, '/generate a fox');
  expect(await app.event('job.accepted')).toMatchObject({ lane: 'premium' });
  const ben = app.person(8);
  const status = await answerTo(ben, '/generate a hare');
  await reads(ben, status.id, /./);
  expect(app.events.findLast(({ event }) => event === 'job.accepted')).toMatchObject({ lane: 'free' });
});

test('the buttons of the shop belong to the person of the chat', async () => {
  await using app = await openTestApp({ env: selling });
  const [ada, ben] = [app.person(7), app.person(8)];
  const group = app.telegram.group({ id: -42, title: 'Friends' });
  const offer = await answerTo(ada, '/premium', { in: group });
  expect(offer.text).toContain('in private');
  expect(offer.buttons).toEqual([]);
  const own = await answerTo(ben, '/premium');
  expect(await press(ben, own.id, 'buy:pack-2')).toBe('');
});
