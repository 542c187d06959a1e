import { InlineKeyboard } from 'grammy';
import { expect, test } from 'vitest';
import { aTelegram, refusalOf } from '../a-telegram.ts';

const idsOf = (updates: readonly { readonly update_id: number }[]) => updates.map(({ update_id: id }) => id);

test('getUpdates gives the same updates until a greater offset confirms them', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  ada.say('two');
  ada.say('three');
  const first = await api.getUpdates();
  expect(first.map(({ message }) => message?.text)).toEqual(['hello', 'two', 'three']);
  await clock.advance(600);
  expect(idsOf(await api.getUpdates({ limit: 2 }))).toEqual(idsOf(first).slice(0, 2));
  const [one = 0, two = 0, three = 0] = idsOf(first);
  expect([two - one, three - two]).toEqual([1, 1]);
  expect(idsOf(await api.getUpdates({ offset: three }))).toEqual([three]);
  expect(idsOf(await api.getUpdates({ offset: one }))).toEqual([three]);
});

test('a negative offset keeps only the last updates', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  ada.say('two');
  ada.say('three');
  expect((await api.getUpdates({ offset: -1 })).map(({ message }) => message?.text)).toEqual(['three']);
  expect(await api.getUpdates({ offset: 1 })).toHaveLength(1);
});

test('the same offset again within half a second gets one update', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  ada.say('two');
  expect(await api.getUpdates()).toHaveLength(2);
  expect(await api.getUpdates()).toHaveLength(1);
});

test('the same offset again within three seconds waits for three, unless an update comes', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const last = (await api.getUpdates())[0]?.update_id ?? 0;
  expect(await api.getUpdates({ offset: last + 1 })).toEqual([]);
  let isAnswered = false;
  const again = api.getUpdates({ offset: last + 1 }).finally(() => {
    isAnswered = true;
  });
  await expect.poll(() => clock.pending).toBe(1);
  await clock.advance(2900);
  expect(isAnswered).toBe(false);
  await clock.advance(100);
  expect(await again).toEqual([]);
  const third = api.getUpdates({ offset: last + 1, timeout: 30 });
  await expect.poll(() => clock.pending).toBe(1);
  ada.say('awake');
  expect((await third).map(({ message }) => message?.text)).toEqual(['awake']);
});

test('a long poll returns empty when its time has passed, after 50 s at most', async () => {
  await using telegram = await aTelegram();
  const { api, clock } = telegram;
  const last = (await api.getUpdates())[0]?.update_id ?? 0;
  const poll = api.getUpdates({ offset: last + 1, timeout: 3600 });
  await expect.poll(() => clock.pending).toBe(1);
  await clock.advance(50_000);
  expect(await poll).toEqual([]);
});

test('of two polls at once the older gets 409', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const last = (await api.getUpdates())[0]?.update_id ?? 0;
  const older = refusalOf(api.getUpdates({ offset: last + 1, timeout: 30 }));
  await expect.poll(() => clock.pending).toBe(1);
  const newer = api.getUpdates({ offset: last + 1, timeout: 30 });
  expect(await older).toBe(
    '409 Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  );
  ada.say('for the newer');
  expect(await newer).toHaveLength(1);
});

test('a poll whose client has disconnected confirms nothing', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const last = (await api.getUpdates())[0]?.update_id ?? 0;
  const stop = new AbortController();
  const gone = api.getUpdates({ offset: last + 1, timeout: 30 }, stop.signal as never);
  await expect.poll(() => clock.pending).toBe(1);
  stop.abort();
  await expect(gone).rejects.toThrow('getUpdates');
  await expect.poll(() => clock.pending).toBe(0);
  ada.say('still here');
  await clock.advance(5000);
  expect(await api.getUpdates({ offset: last + 1 })).toHaveLength(1);
});

test('getUpdates is refused while a webhook is set, and works after deleteWebhook', async () => {
  await using telegram = await aTelegram();
  const { api } = telegram;
  expect(await refusalOf(api.setWebhook('http://example.org/hook'))).toMatch(/^400 Bad Request: bad webhook/);
  await api.setWebhook('https://example.org/hook');
  expect(await api.getWebhookInfo()).toEqual({
    url: 'https://example.org/hook',
    has_custom_certificate: false,
    pending_update_count: 1,
    max_connections: 40,
    last_error_date: expect.any(Number) as number,
    last_error_message: 'Connection refused: the sandbox reaches this machine only',
  });
  expect(await refusalOf(api.getUpdates())).toBe(
    "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  );
  await api.deleteWebhook({ drop_pending_updates: true });
  expect(await api.getUpdates()).toEqual([]);
});

test('allowed_updates stay in force until a poll names others', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  await api.getUpdates({ offset: -1, allowed_updates: ['edited_message'] });
  ada.say('unheard');
  const own = ada.say('unheard, too');
  ada.say('heard', { edited: own });
  await clock.advance(5000);
  const kinds = (updates: readonly object[]) => updates.flatMap((update) => Object.keys(update).slice(1));
  expect(kinds(await api.getUpdates())).toEqual(['message', 'edited_message']);
  await api.getUpdates({ offset: -1, allowed_updates: [] });
  ada.say('heard again');
  await clock.advance(5000);
  expect(kinds(await api.getUpdates({ offset: -1 }))).toEqual(['message']);
});

test('updates wait for 24 hours, presses for 150 seconds', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const keyboard = new InlineKeyboard().text('Go', 'go');
  const { message_id: id } = await api.sendMessage(ada.id, 'press', { reply_markup: keyboard });
  const press = ada.press(id, 'go');
  await clock.advance(149_000);
  expect(await api.getUpdates()).toHaveLength(2);
  await clock.advance(1000);
  expect(await api.getUpdates()).toHaveLength(1);
  expect(await press.answered).toEqual({ kind: 'expired' });
  await clock.advance(24 * 3_600_000);
  const late = api.getUpdates();
  expect(await late).toEqual([]);
});

test('redeliver() and sendUpdate() with a past id are delivered at any offset', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api } = telegram;
  const [first] = await api.getUpdates();
  const id = first?.update_id ?? 0;
  await api.getUpdates({ offset: id + 1 });
  sandbox.redeliver(id);
  sandbox.redeliver(id);
  expect(await api.getUpdates({ offset: id + 2 })).toEqual([first, first]);
  expect(sandbox.sendUpdate({ update_id: 7, unheard_of: { deep: [[]] } })).toBe(7);
  expect(await api.getUpdates({ offset: id + 1 })).toEqual([{ update_id: 7, unheard_of: { deep: [[]] } }]);
  const next = sandbox.sendUpdate({ message: { message_id: 1 } });
  expect(next).toBe(id + 1);
  expect(await api.getUpdates({ offset: id })).toEqual([{ update_id: next, message: { message_id: 1 } }]);
  expect(() => sandbox.redeliver(3)).toThrow('there was no such update');
});
