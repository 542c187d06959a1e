import { expect, test } from 'vitest';
import { openTestApp, wordsOf } from '../support/test-app.ts';
import { buy, leftOf, selling, told } from './star-payments.ts';
import { answerTo, count, pictures, until } from './talk.ts';

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
  expect((await answerTo(ada, '/status')).text).toContain('Left in your packs: 2 results');
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
