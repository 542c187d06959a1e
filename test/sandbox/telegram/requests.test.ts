import { expect, test } from 'vitest';
import { ask, aTelegram, token } from './a-telegram.ts';

test('calls come by query, form, JSON or multipart, their names in any case', async () => {
  await using telegram = await aTelegram();
  const { sandbox, ada } = telegram;
  const root = `${sandbox.url}/bot${token}`;
  await ask(`${root}/SENDMESSAGE?chat_id=501&text=by%20query`);
  await ask(`${root}/sendmessage`, { method: 'POST', body: new URLSearchParams({ chat_id: '501', text: 'by form' }) });
  const form = new FormData();
  form.set('chat_id', '501');
  form.set('text', 'by multipart');
  await ask(`${root}/sendMessage`, { method: 'POST', body: form });
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  await ask(`${root}/sendMessage`, { ...json, body: JSON.stringify({ chat_id: 501, text: 'by JSON' }) });
  expect(ada.messages().map(({ text }) => text)).toEqual(['hello', 'by query', 'by form', 'by multipart', 'by JSON']);
  expect(sandbox.calls.map(({ method, params, ok }) => [method, params['chat_id'], ok])).toEqual(
    Array.from({ length: 4 }, () => ['sendMessage', 501, true]),
  );
  expect(await ask(`${root}/sendMessage`, { ...json, body: '{' })).toMatchObject({ ok: false, error_code: 400 });
});

test('a wrong token is 401, an unknown method or path 404', async () => {
  await using telegram = await aTelegram();
  const { sandbox } = telegram;
  const notFound = { ok: false, error_code: 404, description: 'Not Found' };
  expect(await ask(`${sandbox.url}/bot1:wrong/getMe`)).toEqual({
    ok: false,
    error_code: 401,
    description: 'Unauthorized',
  });
  expect(await ask(`${sandbox.url}/bot${token}/getEverything`)).toEqual(notFound);
  expect(await ask(`${sandbox.url}/elsewhere`)).toEqual(notFound);
  expect(await ask(`${sandbox.url}/file/bot${token}/photos/none.png`)).toEqual(notFound);
});
