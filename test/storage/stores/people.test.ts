import { expect, test } from 'vitest';
import { createBroadcasts } from '../../../src/storage/stores/people/broadcast-store.ts';
import { createPeople } from '../../../src/storage/stores/people/people-store.ts';
import { createAccess } from '../../../src/storage/stores/people/access-store.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { createPayments } from '../../../src/storage/stores/payments/payment-store.ts';
import { onBothEngines, type TestedEngine } from '../on-both-engines.ts';

const hourMs = 3_600_000;

async function somePeople({ open }: TestedEngine) {
  const store = await open();
  const { database } = store;
  const inbox = createInbox(database);
  let updateId = 100;
  /** Somebody writes; returns the id of the update. */
  const wrote = async (from: object, nowMs = 0, type = 'private'): Promise<number> => {
    updateId += 1;
    const message = { from, chat: { id: 1, type }, text: 'hello' };
    await inbox.keep([{ updateId, body: JSON.stringify({ update_id: updateId, message }) }], nowMs);
    return updateId;
  };
  return {
    inbox,
    wrote,
    people: createPeople(database),
    broadcasts: createBroadcasts(database),
    access: createAccess(database),
    payments: createPayments(database),
    change: store.change,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

onBothEngines((engine) => {
  test('who writes is known by number and name from the same transaction on; bots, channels and strange shapes are not', async () => {
    await using place = await somePeople(engine);
    const { people, wrote, inbox } = place;
    const first = await wrote({ id: 7, username: 'Ada', language_code: 'de', is_bot: false }, 10 * hourMs);
    await wrote({ id: 8, is_bot: true });
    await wrote({ id: 777_000 });
    let strange = 0;
    for (const body of [
      'not json',
      '[]',
      '{"message":{"from":{"id":"x"}}}',
      '{"message":{"from":7}}',
      '{"message":"x"}',
    ]) {
      expect(await inbox.keep([{ updateId: (strange += 1), body }], 0)).toHaveLength(1);
    }
    await wrote({ id: 7, username: 'Ada', language_code: 'de' }, 10.5 * hourMs);
    expect(await people.findByUsername('ADA')).toEqual({
      id: 7,
      username: 'ada',
      language: 'de',
      wantsNews: true,
      firstUpdateId: first,
      firstSeenMs: 10 * hourMs,
      lastSeenMs: 10 * hourMs,
    });
    await wrote({ id: 7, username: 'Lovelace' }, 12 * hourMs);
    expect(await people.findByUsername('ada')).toBeUndefined();
    expect(await people.find(7)).toMatchObject({
      username: 'lovelace',
      firstSeenMs: 10 * hourMs,
      lastSeenMs: 12 * hourMs,
    });
    expect(await people.counts(11 * hourMs)).toEqual({ active: 1, fresh: 0 });
    expect(await people.find(8)).toBeUndefined();
  });

  test('a referral is credited once for each person, never to oneself, and only for who has just come', async () => {
    await using place = await somePeople(engine);
    const { people, wrote, payments } = place;
    await wrote({ id: 1 });
    const updateId = await wrote({ id: 2 });
    const referral = { userId: 2, updateId, byId: 1, results: 5, nowMs: 0 };
    expect(await people.credit({ ...referral, byId: 2 })).toBe(false);
    expect(await people.credit({ ...referral, byId: 99 })).toBe(false);
    const raced = await Promise.all([people.credit(referral), people.credit(referral), people.credit(referral)]);
    expect(raced).toEqual([true, false, false]);
    expect(await people.credit({ ...referral, updateId: await wrote({ id: 2 }) })).toBe(false);
    expect(await payments.resultsLeft(1)).toBe(5);
    // What was given is no payment: nobody can refund it.
    expect(await payments.latest(10, 1)).toEqual([]);
    expect((await payments.sums(0)).payments).toBe(0);
  });

  test('a message to everybody is handed out once for each person with an open chat, across a restart too', async () => {
    await using place = await somePeople(engine);
    const { broadcasts, people, wrote, change } = place;
    for (const id of [1, 2, 3, 4, 5]) await wrote({ id });
    await wrote({ id: 6 }, 0, 'group');
    await people.setNews(2, false);
    await change('INSERT INTO chats (id, closed_at_ms) VALUES (3, 0)');
    expect(await broadcasts.audience()).toBe(3);
    const id = await broadcasts.draft({ adminId: 9, locale: 'en', words: 'News' }, 0);
    expect([await broadcasts.waiting(id, 9), await broadcasts.take(id, 1)]).toEqual([[], false]);
    expect([await broadcasts.start(id, 55), await broadcasts.start(id, 55)]).toEqual([true, false]);
    expect((await broadcasts.waiting(id, 2)).map(({ userId }) => userId)).toEqual([1, 4]);
    expect([await broadcasts.take(id, 1), await broadcasts.take(id, 1), await broadcasts.take(id, 2)]).toEqual([
      true,
      false,
      false,
    ]);
    // The process ends while the first message is on its way: it may have arrived.
    expect(await broadcasts.resume()).toMatchObject([{ id, words: 'News', messageId: 55 }]);
    expect(await broadcasts.take(id, 1)).toBe(false);
    await broadcasts.take(id, 4);
    await broadcasts.again(id, 4, 5_000, 2);
    await broadcasts.take(id, 5);
    await broadcasts.settle(id, 5, 'closed');
    expect(await broadcasts.waiting(id, 9)).toEqual([{ userId: 4, dueAtMs: 5_000 }]);
    await broadcasts.take(id, 4);
    await broadcasts.again(id, 4, 9_000, 2);
    const nobody = { sent: 0, closed: 1, unsure: 1, failed: 1, 'left-out': 0 };
    expect(await broadcasts.progress(id)).toEqual({ ...nobody, total: 3, waiting: 0 });
    expect(await broadcasts.waiting(id, 9)).toEqual([]);
    expect([await broadcasts.end(id, 'done'), await broadcasts.end(id, 'stopped')]).toEqual([true, false]);
  });

  test('who asks to be let in asks once; a decision is told once, and may change', async () => {
    await using place = await somePeople(engine);
    const { access } = place;
    const request = { id: 7, askedBy: 7, name: 'Ada', chatId: 7, locale: 'de' };
    expect([await access.ask(request, 0), await access.ask(request, 1)]).toEqual([true, false]);
    expect(await access.undelivered()).toEqual([{ ...request, state: 'asked' }]);
    const allowed = { ...request, state: 'allowed' };
    expect([await access.decide(7, 'allowed', 9), await access.decide(7, 'allowed', 9)]).toEqual([allowed, undefined]);
    await access.noteTold(7, 'asked');
    expect(await access.undelivered()).toEqual([allowed]);
    await access.noteTold(7, 'allowed');
    expect(await access.undelivered()).toEqual([]);
    expect(await access.decide(8, 'allowed', 9)).toBeUndefined();
    expect(await access.decide(7, 'refused', 9)).toEqual({ ...request, state: 'refused' });
  });
});
