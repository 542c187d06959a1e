import { expect, test } from 'vitest';
import { firstUpdateId } from '../../sandbox/telegram/telegram-state.ts';
import { UpdateQueue } from '../../sandbox/telegram/updates/update-queue.ts';
import { answerTo, callsOf, pictures, picturesOf, troubles, until, whileTimePasses } from './talk.ts';
import { openTelegramProxy } from './telegram-proxy.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted, acquaintance, dealtWith, groupMessageOf, messageOf, userOf } from './raw-updates.ts';

test('an update that comes three times at once makes one request and one status message (B1)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const update = { message: messageOf(7, { text: '/generate a fox' }) };
  const id = app.telegram.sendUpdate(update);
  app.telegram.sendUpdate({ ...update, update_id: id });
  app.telegram.redeliver(id);
  await pictures(person);
  await dealtWith(person);
  app.telegram.redeliver(id);
  await dealtWith(person);
  expect(accepted(app)).toEqual([`tg-${id}`]);
  expect(picturesOf(person)).toHaveLength(1);
  expect(callsOf(app, 'sendMessage')).toHaveLength(4);
});

test('updates out of order, with gaps and with ids that begin anew are each handled once (B2)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { FREE_WAITING: '10' } });
  const person = await acquaintance(app);
  const ids = [900_000_010, 900_000_003, 12, 900_000_004, 13, 5, 2_000_000_000, 14];
  for (const id of ids) {
    app.telegram.sendUpdate({ update_id: id, message: messageOf(7, { text: `/generate fox ${id}` }) });
  }
  for (const id of [5, 900_000_010]) app.telegram.redeliver(id);
  await whileTimePasses(clock, pictures(person, ids.length));
  await dealtWith(person);
  expect(accepted(app)).toHaveLength(ids.length);
  expect(new Set(accepted(app))).toEqual(new Set(ids.map((id) => `tg-${id}`)));
  const prompts = picturesOf(person).map((picture) => wordsOf(picture).split('\n')[0]);
  expect(new Set(prompts)).toEqual(new Set(ids.map((id) => `fox ${id}`)));
  expect(prompts).toHaveLength(ids.length);
});

test('of a hundred updates the one that cannot be handled is set aside by its id after three tries (B4)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  await acquaintance(app, 1);
  const before = callsOf(app, 'sendMessage').length;
  const people = Array.from({ length: 100 }, (_, index) => app.person(1_000 + index));
  let bad = 0;
  for (const [index, person] of people.entries()) {
    // Opens the chat and says, for one of them, something that Telegram never would.
    const text = index === 49 ? { not: 'a text' } : '/help';
    if (index === 49) bad = app.telegram.sendUpdate({ message: messageOf(person.id, { text }) });
    else person.say('/help');
  }
  await until(() => callsOf(app, 'sendMessage').length === before + 99);
  const failures = () => app.events.filter(({ event }) => event === 'update.failed');
  for (let tries = 1; tries <= 3; tries += 1) {
    await until(() => failures().length === tries);
    await clock.advance(1_000);
  }
  await clock.advance(60_000);
  expect(failures()).toMatchObject([1, 2, 3].map((tries) => ({ updateId: bad, setAside: tries === 3 })));
  await app.restart();
  await answerTo(people[0] ?? app.person(5), '/language');
  expect(failures()).toHaveLength(3);
});

test('updates of unknown kinds, very deep and very large, are passed over (B5)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  let deep: unknown = 'x';
  for (let depth = 0; depth < 1_000; depth += 1) deep = depth % 2 === 0 ? { a: deep } : [deep];
  const large = 'x'.repeat(1_000_000);
  const proto = JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {}}}') as object;
  app.telegram.sendUpdate({ a_kind_of_tomorrow: { from: userOf(7), deep, large } });
  app.telegram.sendUpdate({ message: messageOf(7, { a_field_of_tomorrow: { deep, large, ...proto } }) });
  app.telegram.sendUpdate({ message: null });
  app.telegram.sendUpdate({ callback_query: { id: 'q', from: userOf(7), deep, ...proto } });
  app.telegram.sendUpdate({ message: messageOf(7, { text: '/status', reply_to_message: deep, ...proto }) });
  await person.waitFor((seen) => fromBot(seen).length === 2);
  await dealtWith(person);
  expect(fromBot(person.messages()).map((one) => wordsOf(one).slice(0, 2))).toEqual(['🌍', '🌱', '🌍']);
  expect(Object.keys({})).toEqual([]);
  expect('admin' in {}).toBe(false);
  expect(troubles(app)).toEqual([]);
});

test('the bot asks Telegram only for what it handles, and passes over the rest (B34)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const polls = callsOf(app, 'getUpdates');
  expect(polls.map(({ params }) => params['allowed_updates'])).toEqual(
    polls.map(() => [
      'message',
      'callback_query',
      'my_chat_member',
      'pre_checkout_query',
      'subscription',
      'inline_query',
    ]),
  );
  const from = userOf(7);
  const message = messageOf(7, { text: '/generate a fox' });
  const chat = { id: 7, type: 'private' };
  for (const update of [
    { inline_query: { id: 'i', from, query: '/generate a fox', offset: '' } },
    { chosen_inline_result: { result_id: 'r', from, query: 'x' } },
    { business_connection: { id: 'b', user: from, user_chat_id: 7, date: 1, is_enabled: true } },
    { business_message: message },
    { edited_business_message: message },
    { guest_message: message },
    { message_reaction: { chat, message_id: 1, user: from, date: 1, old_reaction: [], new_reaction: [] } },
    { chat_member: { chat, from, date: 1 } },
    { chat_join_request: { chat, from, user_chat_id: 7, date: 1 } },
    { poll_answer: { poll_id: 'p', user: from, option_ids: [] } },
    { pre_checkout_query: { id: 'p', from, currency: 'XTR', total_amount: 1, invoice_payload: 'x' } },
    { shipping_query: { id: 's', from, invoice_payload: 'x' } },
  ]) {
    for (let times = 0; times < 20; times += 1) app.telegram.sendUpdate(update);
  }
  await dealtWith(person);
  expect(fromBot(person.messages())).toHaveLength(2);
  expect(accepted(app)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a bot that was renamed hears its new name at once, and no more the old one', async () => {
  await using telegram = await openTelegramProxy();
  await using app = await openTestApp({ apiRoot: telegram.apiRoot });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  await dealtWith(person, group);
  const renamed = { id: 100_000_002, is_bot: true, first_name: 'Darkroom', username: 'Brightroom_bot' };
  telegram.next('getMe', { body: JSON.stringify({ ok: true, result: renamed }) });
  const ask = (text: string) => {
    const entities = [{ type: 'bot_command', offset: 0, length: text.length }];
    app.telegram.sendUpdate({ message: groupMessageOf(group, 7, { text, entities }) });
  };
  ask('/help@brightroom_bot');
  await person.waitFor((seen) => seen.some((one) => wordsOf(one).includes('What I can do')), { in: group });
  expect(app.events).toContainEqual({ event: 'bot.renamed', bot: '@Brightroom_bot' });
  ask('/premium@darkroom_sandbox_bot');
  ask('/language@Brightroom_bot');
  await person.waitFor((seen) => fromBot(seen).length === 3, { in: group });
  expect(wordsOf(fromBot(person.messages(group)).at(-1))).toContain('🌍');
});

test('updates that were all seen before are a warning, and each that is not answered leaves a line', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const message = messageOf(7, { text: '/help', entities: [{ type: 'bot_command', offset: 0, length: 5 }] });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  app.telegram.sendUpdate({ update_id: 1_000, message });
  await person.waitFor((seen) => seen.some((one) => wordsOf(one).includes('What I can do')));
  app.telegram.sendUpdate({ update_id: 1_000, message });
  expect(await app.event('updates.all-known')).toEqual({ event: 'updates.all-known', count: 1 });
  const silent = [
    { message: groupMessageOf(group, 7, { text: 'hello' }) },
    { message: groupMessageOf(group, 7, { new_chat_title: 'Poets' }) },
    {
      message: groupMessageOf(group, 7, {
        text: '/help',
        from: { id: 55, is_bot: true, first_name: 'Robot' },
        entities: message['entities'],
      }),
    },
    { message: messageOf(7, { pinned_message: { message_id: 1, date: 0, chat: { id: 7, type: 'private' } } }) },
    {
      message: groupMessageOf(group, 7, {
        text: 'nice',
        reply_to_message: messageOf(7, { from: { id: 100_000_002, is_bot: true } }),
      }),
    },
    { edited_message: messageOf(7, { text: '/help' }) },
  ];
  for (const update of silent) app.telegram.sendUpdate(update);
  const ignored = () => app.events.flatMap((event) => (event.event === 'update.ignored' ? [event.why] : []));
  await until(() => ignored().length === silent.length + 1);
  expect(ignored().toSorted()).toEqual([
    'not written by a person',
    'nothing in it is for the bot',
    'nothing in it is for the bot',
    'seen before',
    'service message',
    'talk in a group',
    'unused kind of update',
  ]);
});

test('a sandbox that starts again over old data is answered: its ids are later ones', async () => {
  const clock = fakeClock();
  const first = new UpdateQueue(clock, firstUpdateId(clock));
  for (let times = 0; times < 30; times += 1) first.add('message', {});
  await clock.advance(60_000);
  expect(firstUpdateId(clock)).toBeGreaterThan(first.add('message', {}));
});
