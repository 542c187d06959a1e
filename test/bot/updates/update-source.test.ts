import { expect, test } from 'vitest';
import { UnkeptUpdates } from '../../../src/bot/updates/update-source.ts';

test('UnkeptUpdates lets nothing be said to a chat, or to none in particular, before its update is durable', async () => {
  const unkept = new UnkeptUpdates();
  const said: string[] = [];
  const call = async (method: string, payload: object) => {
    const prev = async () => ({ ok: true as const, result: said.push(method) });
    await unkept.transformer(prev as never, method as never, payload as never);
  };
  const kept = Promise.withResolvers<boolean>();
  unkept.hold('7', kept.promise);
  const held = [call('sendMessage', { chat_id: 7 }), call('answerCallbackQuery', {})];
  await call('sendPhoto', { chat_id: 8 });
  expect(said).toEqual(['sendPhoto']);
  kept.resolve(true);
  await Promise.all(held);
  await call('editMessageText', { chat_id: 7 });
  expect(said).toEqual(['sendPhoto', 'sendMessage', 'answerCallbackQuery', 'editMessageText']);
});
