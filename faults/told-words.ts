import type { Person } from '../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../sandbox/telegram/messages/seen-message.ts';

export function promptOf(userId: number, number: number): string {
  return `fox ${userId} of night ${number} end`;
}

export function isAbout({ text, caption = '' }: SeenMessage, prompt: string): boolean {
  return text.includes(prompt) || caption.includes(prompt);
}

/** The bot says that it can take nothing because of its storage; a request that it calls safe needs no other. */
export function isFailureMessage(person: Person, messageId: number): boolean {
  const message = person.messages().find(({ id }) => id === messageId);
  const { from, text } = message ?? { from: undefined, text: '' };
  return from === 'bot' && text.includes('trouble with my storage') && !text.includes('Your request is safe');
}

/** What /status answers. */
export function isList({ text }: SeenMessage): boolean {
  return text.startsWith('Your requests') || text.includes('You have no requests');
}

/** Only an open request can be cancelled, and only one that may not have arrived can be shown again. */
export function isUnfinished({ buttons }: SeenMessage): boolean {
  return buttons.some((row) => row.some(({ data }) => /^(?:cancel|show):/.test(data ?? '')));
}
