import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { fromBot, wordsOf } from '../support/test-app.ts';
import { newMessage, press } from '../journeys/talk.ts';
import { openKillableApp } from './killable-app.ts';

const env = { STARS_PACKS: '20:50' };
const rounds = 4;

test('the process is killed between payment and credit: each charge is credited once, and its person is told', async () => {
  await using app = await openKillableApp({ env });
  const ada = app.person(7);
  const charges: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Thanks that may not have arrived before the kill are repeated once, perhaps behind the command.
    const known = new Set(ada.messages().map(({ id }) => id));
    const isOffer = ({ id, buttons }: SeenMessage) =>
      !known.has(id) && buttons.flat().some(({ data }) => data === 'buy:pack-20');
    ada.say('/premium');
    const offer = (await ada.waitFor((seen) => seen.some(isOffer))).find(isOffer);
    if (offer === undefined) throw new Error('Cannot find the offer that was there');
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
    await ada.waitFor((seen) => thanks(seen, round) > 0);
  }
  await app.kill();
  const told = charges.map((_charge, round) => thanks(ada.messages(), round));
  expect(told.every((times) => times === 1 || times === 2)).toBe(true);
  using database = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { readOnly: true });
  const kept = database.prepare('SELECT charge_id, state, results_left FROM payments ORDER BY id').all();
  expect(kept.map((row) => ({ ...row }))).toEqual(
    charges.map((chargeId) => ({ charge_id: chargeId, state: 'credited', results_left: 20 })),
  );
});

/** How often the person was thanked for the payment of this round, with which their packs hold 20 results more. */
function thanks(seen: readonly SeenMessage[], round: number): number {
  const words = `Added: 20 results. Left in your packs: ${20 * (round + 1)}.`;
  return fromBot(seen, (one) => wordsOf(one).includes(words)).length;
}
