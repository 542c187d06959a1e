import { expect, test } from 'vitest';
import { submitRequest } from '../../../src/bot/commands/submit-request.ts';
import type { BotContext, BotDeps } from '../../../src/bot/context.ts';
import { storageErrorBoundary } from '../../../src/bot/middleware/storage-error-boundary.ts';
import { loadCatalog } from '../../../src/messages/catalog.ts';
import { createMessageMapper } from '../../../src/messages/message-mapper.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';

const catalog = loadCatalog();
const messages = createMessageMapper(catalog);
const full = new StorageError('full', 'Cannot write: the disk is full');
const chat = { id: 7, type: 'private' };
const message = { message_id: 1, chat, text: '/generate a fox' };

/** What a person said or pressed, in the language that Telegram reports. */
function someContext(asked: Readonly<Record<string, unknown>>, language = 'en') {
  const said: string[] = [];
  const ctx = {
    ...asked,
    chat,
    from: { id: 7, language_code: language },
    update: { update_id: 1 },
    reply: async (text: string) => ({ message_id: said.push(text) }),
    answerCallbackQuery: async (text: string) => void said.push(`over the chat: ${text}`),
  } as unknown as BotContext;
  return { ctx, said };
}

const boundary = storageErrorBoundary({ messages, matchLocale: (code) => catalog.match(code, 'en') });
const meet = (ctx: BotContext, error: Error) => boundary(ctx, async () => Promise.reject(error));

test.each([
  ['en', 'I can’t take anything new right now'],
  ['es', 'Ahora mismo no puedo aceptar nada nuevo'],
  ['ru', 'Сейчас я не могу принять ничего нового'],
])(
  'storageErrorBoundary() says in %s that nothing can be taken, also before it is known who speaks',
  async (code, words) => {
    const { ctx, said } = someContext({ message }, code);
    await meet(ctx, full);
    expect(said).toEqual([expect.stringContaining(words)]);
  },
);

test('storageErrorBoundary() ends the waiting of a pressed button, and says it in the chat as well', async () => {
  const { ctx, said } = someContext({ callbackQuery: { message } });
  await meet(ctx, full);
  expect(said).toEqual([
    expect.stringContaining('over the chat: I can’t do that right now'),
    expect.stringContaining('I can’t take anything new right now'),
  ]);
});

test('storageErrorBoundary() answers nothing where no person asked, and hides no other error', async () => {
  const { ctx, said } = someContext({ myChatMember: {} });
  await meet(ctx, full);
  await expect(meet(ctx, new TypeError('broken'))).rejects.toThrow('broken');
  await expect(meet(ctx, new StorageError('unreadable-row', 'Cannot read a row'))).rejects.toThrow('row');
  expect(said).toEqual([]);
});

test('submitRequest() says that a request is safe when it was taken and nothing more can be written', async () => {
  const { ctx, said } = someContext({ message });
  ctx.speaker = { userId: 7, name: 'Ann', admin: false, lane: 'free', locale: 'en' };
  const job = { id: 'tg-1' };
  const deps = {
    messages,
    service: {
      models: { checkOptions: () => ({ ok: true, options: {} }) },
      offered: () => ['image'] as const,
      submit: async () => ({ kind: 'accepted', job, ahead: 0 }),
      view: async () => ({}),
    },
    statusMessages: { send: async () => Promise.reject(full) },
    wayBack: { mayCarry: async () => true, expectAnswer: () => ({ [Symbol.dispose]: () => undefined }) },
  } as unknown as BotDeps;
  await submitRequest(ctx, deps, { kind: 'image', prompt: 'a fox' });
  expect(said).toEqual([expect.stringContaining('Your request is safe')]);
});
