import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { openPeopleParts } from '../../../src/bot/people/people-parts.ts';
import type { Outbox } from '../../../src/bot/outbox/outbox.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createStores } from '../../../src/storage/stores/create-stores.ts';
import { fakeClock } from '../../support/fake-clock.ts';

type Parts = Parameters<typeof openPeopleParts>[0];

/** Two processes of a bot: `holder` says which one may send. What they hand to their outbox goes out when the test wants it. */
function twoProcesses() {
  const clock = fakeClock();
  const database = openDatabase({ path: ':memory:' });
  const stores = createStores({ database, clock, running: { premium: 1, free: 1 }, onUnreadableKey: () => undefined });
  const place = { holder: 'one' };
  const sent: string[] = [];
  const events: AppEvent[] = [];
  /** Telegram answers once this is called. */
  const held: (() => void)[] = [];
  let holds = false;
  const call = async (what: string) => {
    sent.push(what);
    if (holds) await new Promise<void>((resolve) => held.push(resolve));
  };
  const open = (name: string) => {
    const posted: { readonly priority: string; readonly run: () => Promise<unknown> }[] = [];
    const outbox = {
      api: {
        sendMessage: (chatId: number) => call(`message ${chatId}`),
        sendDocument: (chatId: number) => call(`file ${chatId}`),
        editMessageText: async () => undefined,
      },
      post: (one: (typeof posted)[number]) => void posted.push(one),
    } as unknown as Outbox;
    const parts = openPeopleParts({
      ...stores,
      outbox,
      clock,
      messages: createMessageMapper(loadCatalog()),
      matchLocale: () => 'en',
      accessRules: { mode: 'request', ids: new Set([1, 2, 3, 4, 5]) },
      adminIds: new Set([9]),
      admin: { jobs: { list: async () => [] } } as unknown as Parts['admin'],
      mayTell: () => place.holder === name,
      emit: (event) => void events.push(event),
    });
    /** Lets so many of the waiting messages go out; those of a status are not counted. */
    const goOn = async (count = 99) => {
      const some = posted.filter(({ priority }) => priority === 'proactive').slice(0, count);
      for (const one of some) posted.splice(posted.indexOf(one), 1);
      await Promise.all(some.map(({ run }) => run()));
    };
    return { ...parts, goOn };
  };
  return {
    clock,
    stores,
    database,
    place,
    sent,
    events,
    one: open('one'),
    other: open('other'),
    holdAnswers: () => {
      holds = true;
      return () => {
        holds = false;
        for (const answer of held) answer();
      };
    },
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

const never = new AbortController().signal;

test('a message to everybody that changes hands in the middle reaches everybody once; what was under way is unsure', async () => {
  using bot = twoProcesses();
  const { clock, stores, database, place, sent, one, other } = bot;
  for (const id of [1, 2, 3, 4, 5])
    database.runNow('INSERT INTO people (id, has_chat, first_seen_ms, last_seen_ms) VALUES (?, 1, 0, 0)', id);
  const { broadcasts } = stores;
  const id = await broadcasts.draft({ adminId: 9, locale: 'en', words: 'News' }, 0);
  await broadcasts.start(id, 5);
  one.broadcaster.begin({ id, adminId: 9, locale: 'en', words: 'News', state: 'sending', messageId: 5 });
  await clock.advance(1_000);
  await one.goOn(2);
  const answer = bot.holdAnswers();
  const third = one.goOn(1);
  await clock.advance(100);

  place.holder = 'other';
  await other.resume(never);
  answer();
  await third;
  // What still waits in its outbox is for the other one now.
  await one.goOn();
  expect(sent).toEqual(['message 1', 'message 2', 'message 3']);
  await clock.advance(1_000);
  await one.goOn();
  await other.goOn();
  await clock.advance(1_000);
  expect(sent).toEqual([1, 2, 3, 4, 5].map((person) => `message ${person}`));
  expect(await broadcasts.progress(id)).toMatchObject({ total: 5, sent: 4, unsure: 1, waiting: 0 });
  expect((await broadcasts.find(id))?.state).toBe('done');
  expect(bot.events).toEqual([]);
});

test('an export and an answer to who asked to be let in are sent by who has the role, once', async () => {
  using bot = twoProcesses();
  const { stores, place, sent, one, other } = bot;
  await stores.exports.ask({ userId: 7, chatId: 7, locale: 'en' }, 0, 0);
  await stores.access.ask({ id: 8, askedBy: 8, name: 'Ada', chatId: 8, locale: 'en' }, 0);
  await one.resume(never);
  place.holder = 'other';
  await one.goOn();
  expect(sent).toEqual([]);
  await other.resume(never);
  await other.resume(never);
  await other.goOn();
  expect(sent).toEqual(['message 9', 'file 7']);
  place.holder = 'one';
  await one.resume(never);
  await one.goOn();
  expect(sent).toHaveLength(2);
});
