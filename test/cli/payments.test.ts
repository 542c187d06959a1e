import { expect, test } from 'vitest';
import { payloadFor } from '../../src/domain/payments/price-list.ts';
import { createPayments } from '../../src/storage/stores/payments/payment-store.ts';
import { aCommandLine, atMs } from './command-line.ts';

const charge = (name: string, userId: number, more: object = {}) => ({
  chargeId: `charge-${name}`,
  userId,
  stars: 50,
  payload: payloadFor({ kind: 'pack', results: 20, stars: 50 }, name),
  atMs: atMs - 3_600_000,
  ...more,
});

test('darkroom payments list shows the newest payments and that the sums balance', async () => {
  using commands = aCommandLine();
  commands.openAsBot()[Symbol.dispose]();
  expect(await commands.run('payments list')).toMatchObject({
    code: 0,
    out: 'There are no payments in Telegram Stars.\n',
  });
  using database = commands.openAsBot();
  const payments = createPayments(database);
  const subscription = payloadFor({ kind: 'subscription', stars: 250 }, 's');
  await payments.charged(charge('one', 7), 'list');
  await payments.charged(charge('two', 8), 'message');
  await payments.refunded(charge('two', 8));
  await payments.charged(charge('three', 7, { stars: 250, payload: subscription, untilMs: atMs + 1e9 }), 'list');
  await payments.charged(charge('four', 9, { stars: 5, payload: 'of another version' }), 'list');
  const { code, out } = await commands.run('payments list');
  expect(code).toBe(0);
  expect(out).toContain('4 payments, 355 Stars received');
  expect(out).toContain(
    'Stars: 300 credited, 5 unclear, 0 being refunded, 50 refunded; 50 not in the list of Telegram',
  );
  expect(out).toContain('Results: 40 sold = 0 used + 20 left + 20 taken back by refunds');
  expect(out).toContain('The sums balance.');
  expect(out).toMatch(/4 +2026-01-01 11:00 +9 +5 +unclear +paid +charge-four/);
  expect(out).toMatch(/3 .* 250 +subscription +credited +charge-three/);
  expect(out).toMatch(/2 .* 50 +pack of 20, 0 left +refunded +charge-two/);
  expect(out.indexOf('charge-four')).toBeLessThan(out.indexOf('charge-one'));
});

test('darkroom payments list ends with code 1 where something is unaccounted for, and says how much, as JSON too', async () => {
  using commands = aCommandLine();
  using database = commands.openAsBot();
  await createPayments(database).charged(charge('one', 7), 'list');
  database.runNow('UPDATE payments SET results_left = results_left - 3');
  const { code, out } = await commands.run('payments list');
  expect([code, out]).toEqual([
    1,
    expect.stringContaining('do NOT balance: 0 Stars and 3 results are unaccounted for'),
  ]);
  const json = await commands.run('payments list --json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    imbalance: { stars: 0, results: 3 },
    latest: [{ chargeId: 'charge-one' }],
  });
});
