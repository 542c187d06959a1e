import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromBot, wordsOf } from '../support/test-app.ts';
import { answerTo, newMessage, press } from '../journeys/talk.ts';
import { openKillableApp } from './killable-app.ts';

const env = { STARS_PACKS: '20:50' };
const rounds = 4;

test('the process is killed between payment and credit: each charge is credited once, and its person is told', async () => {
  await using app = await openKillableApp({ env });
  const ada = app.person(7);
  const charges: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const offer = await answerTo(ada, '/premium');
    const before = new Set(ada.messages().map(({ id }) => id));
    await press(ada, offer.id, 'buy:pack-20');
    const invoice = await newMessage(ada, before);
    const outcome = await ada.pay(invoice.id).outcome;
    if (outcome.kind !== 'paid') throw new Error(`The payment is ${outcome.kind}`);
    charges.push(outcome.chargeId);
    // Telegram has sent its message, or is about to: a different moment in each round.
    await new Promise((resolve) => setTimeout(resolve, round * 4));
    await app.kill();
    ada.repeatPayment(outcome.messageId);
    await app.start();
    await ada.waitFor((seen) => thanks(seen) > round);
  }
  await app.kill();
  using database = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { readOnly: true });
  const kept = database.prepare('SELECT charge_id, state, results_left FROM payments ORDER BY id').all();
  expect(kept.map((row) => ({ ...row }))).toEqual(
    charges.map((chargeId) => ({ charge_id: chargeId, state: 'credited', results_left: 20 })),
  );
});

function thanks(seen: Parameters<typeof fromBot>[0]): number {
  return fromBot(seen, (one) => wordsOf(one).includes('Added: 20 results')).length;
}
