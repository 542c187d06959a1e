import { expect, test } from 'vitest';
import { aPng, ask, aTelegram } from '../a-telegram.ts';
import { InputFile } from 'grammy';

const post = (url: string, body: unknown) =>
  ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

test('another program adds a person, speaks as them and presses a button', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api } = telegram;
  const root = `${sandbox.url}/sandbox`;
  expect(await post(`${root}/person`, { id: 77, firstName: 'Eve', languageCode: 'es' })).toEqual({ id: 77 });
  expect(await post(`${root}/say`, { person: 77, text: '/generate a fox' })).toEqual({ messageId: 1 });
  const update = (await api.getUpdates()).at(-1);
  expect(update?.message).toMatchObject({ text: '/generate a fox', from: { id: 77, language_code: 'es' } });
  await api.sendPhoto(77, new InputFile(aPng(32, 16), 'fox.png'), {
    reply_markup: { inline_keyboard: [[{ text: 'Again', callback_data: 'again:1' }]] },
  });
  const pressed = post(`${root}/press`, { person: 77, messageId: 2, button: 'Again' });
  await expect
    .poll(() => api.getUpdates({ offset: -1 }).then((updates) => updates[0]?.callback_query?.data))
    .toBe('again:1');
  const [press] = await api.getUpdates({ offset: -1 });
  await api.answerCallbackQuery(press?.callback_query?.id ?? '', { text: 'on it' });
  expect(await pressed).toEqual({ kind: 'answered', showAlert: false, text: 'on it' });
  expect(await ask(`${root}/messages?person=77`)).toEqual([
    expect.objectContaining({ id: 1, from: 'person', text: '/generate a fox' }),
    expect.objectContaining({
      id: 2,
      from: 'bot',
      photo: expect.objectContaining({ name: 'fox.png', width: 32, bytes: aPng(32, 16).byteLength }),
      buttons: [[{ text: 'Again', data: 'again:1' }]],
    }),
  ]);
});

test('the people API names what is wrong with a request', async () => {
  await using telegram = await aTelegram();
  const root = `${telegram.sandbox.url}/sandbox`;
  expect(await post(`${root}/say`, { person: 9, text: 'hello' })).toEqual({
    error: 'Cannot find the person 9: here are 501; add one with POST /sandbox/person',
  });
  expect(await post(`${root}/say`, { person: 501, words: 'hello' })).toEqual({
    error: expect.stringContaining('Unrecognized key: "words"'),
  });
  expect(await post(`${root}/press`, { person: 501, messageId: 1, button: 'x' })).toEqual({
    error: 'Cannot press "x" of message 1: it can press nothing',
  });
  expect(await post(`${root}/toString`, {})).toEqual({
    error: expect.stringContaining('Cannot POST /sandbox/toString'),
  });
  expect(await ask(`${root}/say`, { method: 'POST', body: '{}' })).toEqual({
    error: 'Cannot read the body: its content type is not JSON',
  });
});
