import type { Showing } from './outbox-pace.ts';

const showing = /^(?:send(?!ChatAction)|edit)/;

/** The chat that a call of the Bot API concerns. */
export function chatOf(payload: object): number | undefined {
  return numberIn(payload, 'chat_id');
}

/** What a call of the Bot API shows in a chat, if it shows anything. */
export function showingOf(method: string, payload: object): Showing | undefined {
  const chatId = chatOf(payload);
  if (chatId === undefined || !showing.test(method)) return undefined;
  const messageId = numberIn(payload, 'message_id');
  if (!method.startsWith('edit')) return { chatId, kind: 'send' };
  return { chatId, kind: 'edit', ...(messageId === undefined ? {} : { messageId }) };
}

function numberIn(payload: object, name: string): number | undefined {
  const value = (payload as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'number' ? value : undefined;
}
