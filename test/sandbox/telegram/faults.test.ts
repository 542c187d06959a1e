import { HttpError } from 'grammy';
import { expect, test } from 'vitest';
import { limits } from '../../../sandbox/telegram/limits.ts';
import { aTelegram, refusalOf } from './a-telegram.ts';

test('an injected 429 names its time, and an earlier call doubles it', async () => {
  const rest = { method: 'sendMessage', times: 1, do: { kind: '429', retryAfterS: 5 } } as const;
  await using telegram = await aTelegram({ faults: [rest] });
  const { api, ada, clock, sandbox } = telegram;
  await expect(api.sendMessage(ada.id, 'x')).rejects.toMatchObject({
    error_code: 429,
    description: 'Too Many Requests: retry after 5',
    parameters: { retry_after: 5 },
  });
  // On its way when the other was refused: it could not know.
  await clock.advance(100);
  expect(await refusalOf(api.sendMessage(ada.id, 'x'))).toBe('429 Too Many Requests: retry after 5');
  await clock.advance(4899);
  expect(await refusalOf(api.editMessageText(ada.id, 1, 'x'))).toBe('429 Too Many Requests: retry after 10');
  expect(await refusalOf(api.sendMessage(ada.id, 'x'))).toBe('429 Too Many Requests: retry after 20');
  const bob = sandbox.person({ id: 502, firstName: 'Bob' });
  bob.say('hi');
  await api.sendMessage(bob.id, 'not concerned');
  await clock.advance(20_000);
  await api.sendMessage(ada.id, 'rested');
  expect(sandbox.calls.map(({ ok, error }) => error?.code ?? ok)).toEqual([429, 429, 429, 429, true, true]);
});

test('more than 30 sends and edits in 10 s to one person are too many', async () => {
  await using telegram = await aTelegram();
  const { api, ada, clock } = telegram;
  const { sends } = limits.flood.private;
  for (let sent = 0; sent < sends; sent += 1) await api.sendMessage(ada.id, `x${sent}`);
  expect(await refusalOf(api.sendMessage(ada.id, 'one more'))).toBe('429 Too Many Requests: retry after 10');
  await api.getMe();
  await clock.advance(10_000);
  await api.sendMessage(ada.id, 'rested');
});

test('more than 20 sends and edits in a minute to one group are too many', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, clock } = telegram;
  const group = sandbox.group({ id: -5, title: 'Friends' });
  const { message_id: id } = await api.sendMessage(group.id, 'x');
  await clock.advance(15_000);
  for (let edit = 1; edit < limits.flood.group.sends; edit += 1) await api.editMessageText(group.id, id, `x${edit}`);
  expect(await refusalOf(api.editMessageText(group.id, id, 'last'))).toBe('429 Too Many Requests: retry after 45');
  await clock.advance(45_000);
  await api.editMessageText(group.id, id, 'last');
});

test('a cut before the call changes nothing, a cut after it keeps the effect of the call', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  sandbox.addFault({ method: /^send/, times: 1, do: { kind: 'cut-before' } });
  await expect(api.sendMessage(ada.id, 'lost')).rejects.toBeInstanceOf(HttpError);
  expect(ada.messages()).toHaveLength(1);
  sandbox.addFault({ chatId: ada.id, times: 1, do: { kind: 'cut-after' } });
  await expect(api.sendMessage(ada.id, 'arrived')).rejects.toBeInstanceOf(HttpError);
  expect(ada.messages().map(({ text }) => text)).toEqual(['hello', 'arrived']);
  expect(sandbox.calls.map(({ ok, cut }) => ({ ok, cut }))).toEqual([
    { ok: false, cut: true },
    { ok: true, cut: true },
  ]);
});

test('a 5xx is returned without carrying out the call', async () => {
  await using telegram = await aTelegram({ faults: [{ times: 2, do: { kind: '5xx', status: 502 } }] });
  const { api, ada } = telegram;
  expect(await refusalOf(api.getMe())).toBe('502 Bad Gateway');
  expect(await refusalOf(api.sendMessage(ada.id, 'x'))).toBe('502 Bad Gateway');
  expect(ada.messages()).toHaveLength(1);
  expect((await api.getMe()).username).toBe('our_bot');
});

test('a slow call waits on the clock', async () => {
  await using telegram = await aTelegram({ faults: [{ method: 'sendMessage', do: { kind: 'slow', ms: 9000 } }] });
  const { api, ada, clock, sandbox } = telegram;
  const sending = api.sendMessage(ada.id, 'late');
  await expect.poll(() => clock.pending).toBe(1);
  await clock.advance(8999);
  expect(ada.messages()).toHaveLength(1);
  expect(sandbox.calls[0]?.ok).toBeUndefined();
  await clock.advance(1);
  expect((await sending).text).toBe('late');
});

test('a share of the calls fails, the same ones in every run', async () => {
  const fault = { method: 'getMe', share: 0.5, do: { kind: '5xx', status: 500 } } as const;
  const run = async () => {
    await using telegram = await aTelegram({ faults: [fault] });
    for (let call = 0; call < 40; call += 1) await refusalOf(telegram.api.getMe());
    return telegram.sandbox.calls.map(({ ok }) => ok);
  };
  const first = await run();
  const failed = first.filter((ok) => ok !== true).length;
  expect(failed).toBeGreaterThan(8);
  expect(failed).toBeLessThan(32);
  expect(await run()).toEqual(first);
});

test('offline every call and waiting poll is cut; back online nothing is lost', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada, clock } = telegram;
  const last = (await api.getUpdates())[0]?.update_id ?? 0;
  const poll = api.getUpdates({ offset: last + 1, timeout: 30 });
  const ended = poll.catch((error: unknown) => error);
  await expect.poll(() => clock.pending).toBe(1);
  sandbox.setOffline(true);
  expect(await ended).toBeInstanceOf(HttpError);
  await expect(api.getMe()).rejects.toBeInstanceOf(HttpError);
  ada.say('are you there?');
  sandbox.setOffline(false);
  await clock.advance(5000);
  expect((await api.getUpdates({ offset: last + 1 })).map(({ message }) => message?.text)).toEqual(['are you there?']);
});
