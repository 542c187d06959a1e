import { HttpError, InputFile, type Transformer } from 'grammy';
import { expect, test } from 'vitest';
import { KeptUpload, ownTransport } from '../../../src/bot/outbox/own-transport.ts';

type Sent = { readonly url: string; readonly body: string; readonly type: string };

/** A transport whose network answers what it is told to; what it leaves to grammY is answered `grammY`. */
function aTransport(answer: () => unknown = () => ({ ok: true, result: true })) {
  const sent: Sent[] = [];
  const fetch = async (url: string, asked: { body: string | Uint8Array; headers: Record<string, string> }) => {
    sent.push({ url, body: Buffer.from(asked.body).toString(), type: asked.headers['content-type'] ?? '' });
    return { json: async () => answer() };
  };
  const client = { apiRoot: 'http://telegram.example', fetch: fetch as never };
  const transport = ownTransport({ token: '1:token', client, timeoutS: 40 });
  const prev = async () => ({ ok: true, result: 'grammY' });
  return {
    sent,
    call: async (method: string, payload: object) =>
      transport(prev as Parameters<Transformer>[0], method as never, payload as never),
  };
}

function kept(content: string, bytes = content.length): KeptUpload {
  return new KeptUpload(
    {
      bytes,
      stream: async function* () {
        yield Buffer.from(content);
      },
    },
    'job-tg-1.png',
  );
}

test('ownTransport() sends fields as JSON, without those that are absent', async () => {
  const { call, sent } = aTransport();
  const payload = {
    chat_id: 7,
    text: 'a “fox”',
    reply_markup: { inline_keyboard: [[{ text: 'x', url: null }]] },
    none: undefined,
  };
  expect(await call('sendMessage', payload)).toEqual({ ok: true, result: true });
  const [{ body, ...rest } = { body: '' }] = sent;
  expect(rest).toEqual({ url: 'http://telegram.example/bot1:token/sendMessage', type: 'application/json' });
  expect(JSON.parse(body)).toEqual({
    chat_id: 7,
    text: 'a “fox”',
    reply_markup: { inline_keyboard: [[{ text: 'x' }]] },
  });
});

test('ownTransport() sends small kept files whole, in one form with the fields', async () => {
  const { call, sent } = aTransport();
  const media = [
    { type: 'photo', media: kept('first') },
    { type: 'photo', media: kept('second') },
  ];
  await call('sendMediaGroup', { chat_id: 7, media });
  const [{ body, type } = { body: '', type: '' }] = sent;
  const form = await new Response(body, { headers: { 'content-type': type } }).formData();
  expect(form.get('chat_id')).toBe('7');
  expect(JSON.parse(form.get('media') as string)).toEqual([
    { type: 'photo', media: 'attach://file0' },
    { type: 'photo', media: 'attach://file1' },
  ]);
  const [first, second] = [form.get('file0'), form.get('file1')] as File[];
  expect([await first?.text(), first?.name, await second?.text()]).toEqual(['first', 'job-tg-1.png', 'second']);
});

test.each([
  ['a large file', kept('large', 1_000_001)],
  ['a file that is not kept', new InputFile(Buffer.from('data'), 'my-data.json')],
])('ownTransport() leaves %s to grammY, which streams it', async (_what, file) => {
  const { call, sent } = aTransport();
  expect(await call('sendDocument', { chat_id: 7, document: file })).toEqual({ ok: true, result: 'grammY' });
  expect(sent).toEqual([]);
});

test('ownTransport() throws what grammY throws where no answer came', async () => {
  const { call } = aTransport(() => {
    throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
  });
  const error = await call('getMe', {}).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(HttpError);
  expect(error).toMatchObject({ message: "Network request for 'getMe' failed!", error: { code: 'ECONNRESET' } });
});
