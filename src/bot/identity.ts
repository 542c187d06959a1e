import type { Message, User as TelegramUser } from 'grammy/types';

/** Ids that Telegram puts in place of a person: anonymous admins, channels, its own service messages. */
const placeholders: ReadonlySet<number> = new Set([1_087_968_824, 136_817_688, 777_000]);

export type Identity = {
  readonly userId: number;
  readonly name: string;
  readonly languageCode?: string;
};

/**
 * The person behind an update, or nothing. Channels, anonymous admins and bots are nobody; whom a message was forwarded
 * from or replies to never matters. The only place that reads `from`.
 */
export function identify(from: TelegramUser | undefined, message: Message | undefined): Identity | undefined {
  if (from === undefined || from.is_bot || placeholders.has(from.id)) return undefined;
  if (message?.sender_chat !== undefined && message.from?.id === from.id) return undefined;
  return {
    userId: from.id,
    name: from.first_name,
    ...(from.language_code === undefined ? {} : { languageCode: from.language_code }),
  };
}
