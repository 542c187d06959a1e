import type { Message, User as TelegramUser } from 'grammy/types';
import type { BotContext, BotDeps, Speaker } from '../context.ts';
import type { NextFunction } from 'grammy';
import { laneOf } from '../../domain/users.ts';

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

/**
 * Rights come from the numeric id alone, and only in the admin's own chat, for words that the admin writes there now:
 * what was forwarded, written by another bot or through a business account, or pressed under a message that is gone
 * carries none.
 */
export function isAdminHere({ speaker, chat, message, callbackQuery }: BotContext): boolean {
  if (!speaker.admin || chat?.type !== 'private' || chat.id !== speaker.userId) return false;
  if (message !== undefined) {
    return (
      message.forward_origin === undefined &&
      message.via_bot === undefined &&
      message.business_connection_id === undefined
    );
  }
  // Telegram dates a message that it no longer shows to the bot 0.
  return callbackQuery?.message !== undefined && callbackQuery.message.date !== 0;
}

/** Finds out who speaks; an update of nobody ends here. */
export function identifySpeaker({
  users,
  adminIds,
  premiumIds,
  clock,
  matchLocale,
}: Pick<BotDeps, 'users' | 'adminIds' | 'premiumIds' | 'clock' | 'matchLocale'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const identity = identify(ctx.from, ctx.message ?? ctx.editedMessage);
    if (identity === undefined) return;
    const { userId, name } = identity;
    const user = await users.find(userId);
    const untilMs = user.premiumUntilMs ?? 0;
    const always = premiumIds.has(userId);
    const speaker: Speaker = {
      userId,
      name,
      admin: adminIds.has(userId),
      lane: laneOf(user, premiumIds, clock.now()),
      ...(!always && untilMs > clock.now() ? { premiumUntilMs: untilMs } : {}),
      locale: user.locale ?? matchLocale(identity.languageCode),
    };
    ctx.speaker = speaker;
    await next();
  };
}

const contents = [
  'text',
  'rich_message',
  'sticker',
  'photo',
  'live_photo',
  'voice',
  'video',
  'video_note',
  'audio',
  'document',
  'animation',
  'location',
  'contact',
  'poll',
  'dice',
  'venue',
  'story',
  'game',
  'checklist',
  'paid_media',
] as const satisfies readonly (keyof Message)[];

/** Whether somebody says something by it; payments, pinned messages and what else Telegram writes are nobody's words. */
export function isUserContent(message: Message): boolean {
  return contents.some((content) => content in message);
}
