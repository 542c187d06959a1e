import { expect, test } from 'vitest';
import { shownMessages } from '../../../sandbox/page/chat-view.ts';
import { tinyPhoto } from '../../../sandbox/telegram/people/person.ts';
import { ids, openPage } from './a-page.ts';

const chat = { personId: ids.free, chatId: ids.free };

test('the page, its parts and nothing else are served, under a policy that allows no other host', async () => {
  await using app = await openPage();
  const page = await app.get('/');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  );
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  const html = await page.text();
  const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part ?? '');
  expect(parts.length).toBeGreaterThan(3);
  for (const part of parts) expect([part, (await app.get(part)).status]).toEqual([part, 200]);
  expect(html).not.toMatch(/<script>|style=|onclick=|https?:/);
  for (const path of ['/chat-page.ts', '/..%2fchat-page.ts', '/assets/main.js', '/api/nothing']) {
    expect((await app.get(path)).status).toBeGreaterThanOrEqual(400);
  }
});

test.each(['evil.example', 'darkroom.local:4000', '127.0.0.1.evil.example', '192.168.0.7:4000', ''])(
  'the page refuses the host name "%s"',
  async (host) => {
    await using app = await openPage();
    for (const path of ['/', '/api/events', '/api/files/x']) expect((await app.get(path, { host })).status).toBe(421);
    expect((await app.post('/api/wake', {}, { host })).status).toBe(421);
    expect(app.woken()).toBe(0);
  },
);

test.each([
  { 'x-darkroom-page': '' },
  { origin: 'http://evil.example' },
  { origin: 'http://127.0.0.1:4001' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
])('nothing is changed by a call with %o', async (headers) => {
  await using app = await openPage();
  expect((await app.post('/api/wake', {}, headers)).status).toBe(403);
  expect((await app.post('/api/say', { ...chat, text: 'hello' }, headers)).status).toBe(403);
  expect([app.woken(), app.page.participants.member(ids.free)?.person.messages()]).toEqual([0, []]);
});

test.each([
  ['/api/say', { ...chat, text: '  ' }],
  ['/api/say', { personId: 1, text: 'hello' }],
  ['/api/say', { ...chat, text: 'hello', more: true }],
  ['/api/photo', { ...chat, caption: '', base64: 'not base64!' }],
  ['/api/photo', { ...chat, caption: 'x'.repeat(1025), base64: 'AAAA' }],
  ['/api/press', { ...chat, messageId: -1, data: 'x' }],
  ['/api/pay', { ...chat, invoice: 0 }],
  ['/api/renew', { personId: 1 }],
  ['/api/subscription', { personId: 1, canceled: 'yes' }],
  ['/api/account', { place: 1, mode: 'exploded' }],
  ['/api/telegram', { faultMode: 'gone' }],
  ['/api/provider', 'held'],
  ['/api/wake', undefined],
])('a body that makes no sense is refused: %s %o', async (path, body) => {
  await using app = await openPage();
  expect((await app.post(path, body)).status).toBe(400);
});

test.each([
  ['/api/say', { personId: 77, chatId: 77, text: 'hello' }],
  ['/api/say', { personId: ids.free, chatId: ids.admin, text: 'hello' }],
  ['/api/say', { ...chat, text: 'hello', replyTo: 5 }],
  ['/api/photo', { ...chat, caption: '', base64: Buffer.from('no picture').toString('base64') }],
  ['/api/press', { ...chat, messageId: 5, data: 'x' }],
  ['/api/language', { personId: ids.free, language: 'xx' }],
  ['/api/account', { place: 9, mode: 'refused' }],
])('what cannot be done is said: %s %o', async (path, body) => {
  await using app = await openPage();
  const answer = await app.post(path, body);
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/\w+ \w+/) as string });
});

test('a person writes in their chat and in the group, with the chosen language', async () => {
  await using app = await openPage();
  const { group, members } = app.page.participants;
  await app.post('/api/language', { personId: ids.free, language: 'es' });
  await app.post('/api/say', { ...chat, text: ' /start ' });
  await app.post('/api/say', { personId: ids.premium, chatId: group.id, text: '/help' });
  const updates = await app.call('getUpdates', {});
  expect(updates).toMatchObject({
    result: [
      { message: { text: '/start', from: { id: ids.free, language_code: 'es' } } },
      { message: { text: '/help', from: { id: ids.premium, language_code: 'en' }, chat: { id: group.id } } },
    ],
  });
  expect(members.map(({ language }) => language)).toEqual(['es', 'en', 'en']);
});

test('a person replies to a message and sends a photo with a caption', async () => {
  await using app = await openPage();
  const base64 = Buffer.from(tinyPhoto()).toString('base64');
  await app.post('/api/say', { ...chat, text: 'first' });
  await app.post('/api/say', { ...chat, text: 'second', replyTo: 1 });
  await app.post('/api/photo', { ...chat, caption: '/generate a fox', base64, replyTo: 2 });
  expect(await app.call('getUpdates', {})).toMatchObject({
    result: [
      { message: { text: 'first' } },
      { message: { text: 'second', reply_to_message: { text: 'first' } } },
      {
        message: {
          caption: '/generate a fox',
          photo: [{ width: 1 }],
          caption_entities: [{ type: 'bot_command', length: 9 }],
          reply_to_message: { text: 'second' },
        },
      },
    ],
  });
});

test('a file is served with its type, whole or in part, and never as something that runs', async () => {
  await using app = await openPage();
  const person = app.page.participants.member(ids.free)?.person;
  person?.sendPhoto('look');
  const photo = person?.messages()[0]?.photo;
  const whole = await app.get(`/api/files/${photo?.fileId}`);
  expect([whole.status, whole.headers.get('content-type')]).toEqual([200, photo?.mime]);
  expect(new Uint8Array(await whole.arrayBuffer())).toEqual(new Uint8Array(photo?.bytes ?? []));
  const part = await app.get(`/api/files/${photo?.fileId}`, { range: 'bytes=2-5' });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 2-5/${photo?.bytes.length}`]);
  expect((await part.arrayBuffer()).byteLength).toBe(4);
  expect((await app.get(`/api/files/${photo?.fileId}`, { range: 'bytes=999999-' })).status).toBe(416);
  expect((await app.get('/api/files/unknown')).status).toBe(404);
});

test('the stream begins with everything and goes on with what happens', async () => {
  await using app = await openPage();
  const stream = await app.get('/api/events');
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const seen = readerOf(stream);
  await seen.until((text) => /"settings":/.test(text) && /"people":/.test(text) && /"faults":/.test(text));
  app.emit({ event: 'breaker.opened', provider: 'bytez' });
  await app.post('/api/say', { ...chat, text: 'a < b' });
  await seen.until((text) => text.includes('"words":["a < b"]') && text.includes('"text":"breaker.opened"'));
  await app.call('sendChatAction', { chat_id: ids.free, action: 'upload_photo' });
  await seen.until((text) => text.includes('event: action') && text.includes('upload_photo'));
  await seen.close();
});

test('the fault controls break accounts, the provider and Telegram, and repair them', async () => {
  await using app = await openPage();
  const run = async () => {
    const answer = await fetch(`${app.bytez.baseUrl}/list/tasks`, {
      headers: { authorization: 'key-of-the-page-tests' },
    });
    return answer.status;
  };
  expect(await run()).toBe(200);
  await app.post('/api/account', { place: 1, mode: 'refused' });
  expect(await run()).toBe(401);
  await app.post('/api/account', { place: 1, mode: 'scripted' });
  await app.post('/api/chain-provider', { name: 'bytez', mode: 'down' });
  expect(await run()).toBe(503);
  await app.post('/api/chain-provider', { name: 'bytez', mode: 'working' });
  expect((await app.post('/api/chain-provider', { name: 'bytez', mode: 'refusing' })).status).toBe(409);
  expect((await app.post('/api/chain-provider', { name: 'nobody', mode: 'down' })).status).toBe(409);
  expect(await run()).toBe(200);
  const draw = async () => {
    const answer = await fetch(`${app.bytez.baseUrl}/dreamlike-art/dreamlike-photoreal-2.0`, {
      method: 'POST',
      headers: { authorization: 'key-of-the-page-tests', 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'a fox' }),
    });
    return answer.text();
  };
  await app.post('/api/provider', { contentRefused: true });
  await app.post('/api/account', { place: 1, mode: 'refused' });
  expect(await draw()).toContain('content policy');
  await app.post('/api/account', { place: 1, mode: 'scripted' });
  await app.post('/api/provider', { contentRefused: false });
  expect(await draw()).not.toContain('content policy');
  await app.post('/api/say', { ...chat, text: 'hello' });
  await app.post('/api/telegram', { faultMode: 'limited' });
  const send = () => app.call('sendMessage', { chat_id: ids.free, text: 'hello' });
  expect(await send()).toMatchObject({ ok: false, error_code: 429, parameters: { retry_after: 3 } });
  await app.post('/api/telegram', { offline: true });
  await expect(send()).rejects.toThrow('fetch failed');
  await app.post('/api/telegram', { offline: false });
  expect(await send()).toMatchObject({ ok: false, error_code: 429 });
  expect(await (await app.post('/api/wake', {})).json()).toEqual({ ok: true, woken: 1 });
});

test('the bot is killed once at a time, its disk is filled and emptied, and the log tells of the kill', async () => {
  await using app = await openPage();
  expect([(await app.post('/api/kill', {})).status, app.botProcess.isRunning]).toEqual([200, false]);
  expect((await app.post('/api/kill', {})).status).toBe(409);
  await app.post('/api/disk', { full: true });
  expect(app.botProcess.isDiskFull).toBe(true);
  const seen = readerOf(await app.get('/api/events'));
  await seen.until((text) => text.includes('"botRunning":false') && text.includes('"diskFull":true'));
  await seen.until((text) => text.includes('the bot was killed; it starts again by itself'));
  await app.post('/api/disk', { full: false });
  expect(app.botProcess.isDiskFull).toBe(false);
  await seen.close();
});

test('the parts of an album are shown as one, a picture with buttons is not part of it', async () => {
  await using app = await openPage();
  const person = app.page.participants.member(ids.free)?.person;
  person?.sendPhoto('look');
  const media = person?.messages()[0]?.photo?.fileId;
  const item = { type: 'photo', media };
  await app.call('sendMediaGroup', { chat_id: ids.free, media: [item, item, item] });
  await app.call('sendPhoto', {
    chat_id: ids.free,
    photo: media,
    reply_markup: { inline_keyboard: [[{ text: 'Again', callback_data: 'again:1' }]] },
  });
  const seen = readerOf(await app.get('/api/events'));
  await seen.until((text) => /"chat 1".*again:1.*\n/.test(text));
  const patch = JSON.parse(/^data: (.*"chat 1".*again:1.*)$/m.exec(seen.text())?.[1] ?? '{}') as {
    'chat 1': readonly { readonly id: number; readonly album?: number }[];
  };
  expect(patch['chat 1'].map(({ id, album }) => [id, album])).toEqual([
    [1, undefined],
    [2, 2],
    [3, 2],
    [4, 2],
    [5, undefined],
  ]);
  await seen.close();
});

function readerOf(stream: Response) {
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('Cannot read the stream: it has no body');
  let text = '';
  return {
    text: () => text,
    until: async (holds: (text: string) => boolean) => {
      while (!holds(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`Cannot read on: the stream ended after ${text}`);
        text += value;
      }
    },
    close: () => reader.cancel(),
  };
}

test('an invoice is paid once the bot accepts the checkout; what is no invoice, or no subscription, says so', async () => {
  await using app = await openPage();
  await app.post('/api/say', { ...chat, text: '/start' });
  const invoice = { title: 'A pack', description: 'Twenty results', payload: 'p', currency: 'XTR' };
  await app.call('sendInvoice', { chat_id: ids.free, ...invoice, prices: [{ label: 'A pack', amount: 50 }] });
  const person = app.page.participants.member(ids.free)?.person;
  const sent = person?.messages().at(-1);
  expect(shownMessages(person?.messages() ?? []).at(-1)).toMatchObject({
    stars: 50,
    words: [{ tag: 'b', children: ['A pack'] }, '\nTwenty results'],
  });
  const paying = app.post('/api/pay', { ...chat, invoice: sent?.id });
  const updates = (await app.call('getUpdates', { offset: -1 })) as {
    result: { pre_checkout_query: { id: string } }[];
  };
  await app.call('answerPreCheckoutQuery', {
    pre_checkout_query_id: updates.result[0]?.pre_checkout_query.id,
    ok: true,
  });
  expect(await (await paying).json()).toMatchObject({ ok: true, kind: 'paid' });
  expect(app.telegram.transactions).toMatchObject([{ amount: 50 }]);
  const refused = async (path: string, body: object) => {
    const response = await app.post(path, body);
    return [response.status, await response.json()];
  };
  expect(await refused('/api/pay', { ...chat, invoice: 'https://t.me/$nothing' })).toEqual([
    409,
    { error: expect.stringContaining('it is no invoice link of this bot') },
  ]);
  expect(await refused('/api/renew', { personId: ids.free, hasStars: true })).toEqual([
    409,
    { error: 'Person 1 has no subscription' },
  ]);
});
