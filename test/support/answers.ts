import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';

/**
 * True when the latest message of the bot is the final one of a request: only that has a button to ask again. The short
 * reply that calls a person back to an edited message ("Ready ↑") is no message of its own and may follow it.
 */
export function hasAnswer(messages: readonly SeenMessage[]): boolean {
  const latest = messages.findLast(({ from, text }) => from === 'bot' && !text.endsWith('↑'));
  return latest?.buttons.flat().some(({ data }) => data?.startsWith('again:') === true) ?? false;
}

export function hasPicture(messages: readonly SeenMessage[]): boolean {
  return messages.some(({ photo }) => photo !== undefined);
}
