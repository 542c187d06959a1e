import type { SeenMessage } from '../../src/sandbox/telegram/messages/seen-message.ts';

/** The latest message of the bot says how the request ended: under no other one stands a button to ask again. */
export function hasAnswer(messages: readonly SeenMessage[]): boolean {
  const latest = messages.findLast(({ from }) => from === 'bot');
  return latest?.buttons.flat().some(({ data }) => data?.startsWith('again:') === true) ?? false;
}

export function hasPicture(messages: readonly SeenMessage[]): boolean {
  return messages.some(({ photo }) => photo !== undefined);
}
