import type { Bot, NextFunction } from 'grammy';
import type { CallbackQuery, ChatMember, Message, Update, User as TelegramUser } from 'grammy/types';
import { laneOf } from '../../domain/kinds.ts';
import type { BotContext, BotDeps, Speaker } from '../context.ts';
import { commandIn, ownCommand, wordsAfterMention, wordsOf } from '../message-words.ts';
import { topicLimit } from '../outbox/undeliverable.ts';
import { reply } from '../reply.ts';

/** Ids that Telegram uses for anonymous admins, channels and its own service messages. */
const serviceAccount = 777_000;
const placeholders: ReadonlySet<number> = new Set([1_087_968_824, 136_817_688, serviceAccount]);

type Identity = {
  readonly userId: number;
  readonly name: string;
  readonly languageCode?: string;
  readonly hasTelegramPremium?: true;
};

/**
 * The person who sent an update; undefined for channels, anonymous admins and bots. The author of a forwarded or replied
 * message never counts. The only place that reads `from`.
 */
export function identify(from: TelegramUser | undefined, message: Message | undefined): Identity | undefined {
  if (from === undefined || from.is_bot || placeholders.has(from.id)) return undefined;
  if (message?.sender_chat !== undefined && message.from?.id === from.id) return undefined;
  return {
    userId: from.id,
    name: from.first_name,
    ...(from.is_premium === true ? { hasTelegramPremium: true } : {}),
    ...(from.language_code === undefined ? {} : { languageCode: from.language_code }),
  };
}

/** Who wrote a message: a person, somebody who hides behind a group or a channel, or no human being. */
function senderOf(message: Message): 'person' | 'hidden' | 'machine' {
  if (identify(message.from, message) !== undefined) return 'person';
  // The posts of a channel that Telegram copies into its group are not written to anybody there.
  if (message.sender_chat === undefined || message.is_automatic_forward === true) return 'machine';
  return message.from?.id === serviceAccount ? 'machine' : 'hidden';
}

/**
 * Whether the speaker has admin rights here: by the numeric id alone, only in the admin's private chat, and not for messages
 * that were forwarded, written through another bot or a business account, or buttons of a message that is gone.
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
  // A message that the bot can no longer access has the date 0.
  return callbackQuery?.message !== undefined && callbackQuery.message.date !== 0;
}

/** Whether the button is under an answer to another person, as all messages of the bot in groups are answers. */
export function isForeignPress({ from, message }: CallbackQuery): boolean {
  const asker = message?.reply_to_message?.from;
  return asker !== undefined && !asker.is_bot && asker.id !== from.id;
}

/**
 * Stores which chats are open: one is when somebody writes there, and is not after the bot was removed, blocked or silenced.
 * What was held while it was closed follows: for who writes there, or for everybody when the bot may write again.
 */
export function trackChats({ chats, clock, deliveries }: Pick<BotDeps, 'chats' | 'clock' | 'deliveries'>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const chatId = ctx.chat?.id;
    const membership = ctx.myChatMember?.new_chat_member;
    const [movedFrom, movedTo] = [ctx.message?.migrate_from_chat_id, ctx.message?.migrate_to_chat_id];
    if (chatId !== undefined) {
      const threadId = ctx.message?.message_thread_id;
      if (membership !== undefined) await chats.lift(chatId);
      else if (threadId !== undefined) await chats.lift(chatId, topicLimit(threadId));
      if (membership !== undefined && !mayWrite(membership)) await chats.close(chatId, clock.now());
      else {
        await chats.open(chatId);
        const userId = ctx.from?.id;
        if (membership !== undefined) await deliveries.chatOpened(chatId);
        else if (userId !== undefined) await deliveries.chatOpened(chatId, userId);
      }
      // Both chats are told, in no order between them; what is said in the new one comes after its own message.
      if (movedTo !== undefined) await chats.move(chatId, movedTo);
      if (movedFrom !== undefined) await chats.move(movedFrom, chatId);
    }
    await next();
  };
}

function mayWrite(member: ChatMember): boolean {
  if (member.status === 'restricted') return member.can_send_messages;
  return member.status !== 'kicked' && member.status !== 'left';
}

/** Sets `ctx.speaker`; drops updates that no person sent. */
export function identifySpeaker({
  users,
  adminIds,
  premiumIds,
  telegramPremiumIsPremium,
  clock,
  matchLocale,
  emit,
  groups,
}: Pick<
  BotDeps,
  'users' | 'adminIds' | 'premiumIds' | 'telegramPremiumIsPremium' | 'clock' | 'matchLocale' | 'emit' | 'groups'
>) {
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const identity = identify(ctx.from, ctx.message ?? ctx.editedMessage);
    if (identity === undefined) {
      return emit({ event: 'update.ignored', updateId: ctx.update.update_id, why: 'not written by a person' });
    }
    const { userId, name } = identity;
    const user = await users.find(userId);
    const untilMs = user.premiumUntilMs ?? 0;
    const always = premiumIds.has(userId) || (telegramPremiumIsPremium && identity.hasTelegramPremium === true);
    const speaker: Speaker = {
      userId,
      name,
      admin: adminIds.has(userId),
      lane: always ? 'premium' : laneOf(user, premiumIds, clock.now()),
      ...(!always && untilMs > clock.now() ? { premiumUntilMs: untilMs } : {}),
      ...(user.models === undefined ? {} : { models: user.models }),
      ...(user.preferences === undefined ? {} : { preferences: user.preferences }),
      locale: (await groupLocale(ctx, groups)) ?? user.locale ?? matchLocale(identity.languageCode),
    };
    ctx.speaker = speaker;
    await next();
  };
}

/** The language that the admins of a group have chosen for it. */
async function groupLocale({ chat }: BotContext, groups: BotDeps['groups']): Promise<string | undefined> {
  return chat === undefined || chat.type === 'private' ? undefined : (await groups.find(chat.id)).locale;
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

/** Whether a person wrote it; payments, pins and other service messages are not. */
export function isUserContent(message: Message): boolean {
  return contents.some((content) => content in message);
}

const minIntervalMs = 600_000;
const maxChats = 1_000;

/** Tells anonymous admins and channels that name the bot, once a while in each chat, that it has to know who asks. */
export function hiddenSenders({
  messages,
  matchLocale,
  clock,
  emit,
  onSettings,
}: Pick<BotDeps, 'messages' | 'matchLocale' | 'clock' | 'emit'> & {
  readonly onSettings: (ctx: BotContext) => Promise<void>;
}) {
  const toldAtMs = new Map<number, number>();
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { message, chat } = ctx;
    if (message === undefined || chat === undefined || senderOf(message) !== 'hidden') return next();
    // An anonymous admin writes as the group itself.
    if (message.sender_chat?.id === chat.id && commandIn(ctx)?.name === 'settings') return onSettings(ctx);
    const nowMs = clock.monotonicMs();
    if (nowMs - (toldAtMs.get(chat.id) ?? -Infinity) < minIntervalMs) {
      return emit({ event: 'update.ignored', updateId: ctx.update.update_id, why: 'not written by a person' });
    }
    toldAtMs.delete(chat.id);
    toldAtMs.set(chat.id, nowMs);
    const [oldest] = toldAtMs.keys();
    if (toldAtMs.size > maxChats && oldest !== undefined) toldAtMs.delete(oldest);
    await reply(ctx, messages.hiddenSender(ctx.me.username, matchLocale(undefined)));
  };
}

/** Who this bot is, and which commands it has. */
type Addressee = {
  readonly id: number;
  readonly username: string;
  readonly commands: ReadonlySet<string>;
};

/** Why an update asks nothing of the bot: it is not answered, not stored and waits for no other update. */
export type Unasked =
  | 'talk in a group'
  | 'a result of inline mode'
  | 'service message'
  | 'not written by a person'
  | 'unused kind of update';

/**
 * Why an update asks nothing of the bot; undefined for everything that a handler has to see. In groups that is what is
 * written to the bot: its own commands, commands that name it, messages that begin with a mention of it, replies to it.
 */
export function reasonUnasked(update: Update, me: Addressee): Unasked | undefined {
  if (update.callback_query !== undefined || update.my_chat_member !== undefined) return undefined;
  if (update.pre_checkout_query !== undefined || update.subscription !== undefined) return undefined;
  const inline: { readonly query?: unknown } | undefined = update.inline_query;
  if (inline !== undefined) return typeof inline.query === 'string' ? undefined : 'unused kind of update';
  const { message } = update;
  if (typeof message !== 'object' || message === null) return 'unused kind of update';
  // Stars count wherever they were paid.
  if (message.successful_payment !== undefined || message.refunded_payment !== undefined) return undefined;
  // What somebody chose among the results of inline mode is made already.
  if (message.via_bot?.id === me.id) return 'a result of inline mode';
  if (message.chat.type === 'private') return undefined;
  // The group lives on under another id.
  if (message.migrate_to_chat_id !== undefined || message.migrate_from_chat_id !== undefined) return undefined;
  if (!isUserContent(message)) return 'service message';
  if (!isForBot(message, me)) return 'talk in a group';
  const sender = senderOf(message);
  const isHeard = sender === 'person' || (sender === 'hidden' && isCommandForUs(message, me));
  return isHeard ? undefined : 'not written by a person';
}

/** Whether a message in a group asks something of the bot. */
function isForBot(message: Message, me: Addressee): boolean {
  return (
    message.reply_to_message?.from?.id === me.id ||
    isCommandForUs(message, me) ||
    wordsAfterMention(message, me.username) !== undefined
  );
}

/** Whether a message begins with a command that names the bot, or that it has and that names no other. */
function isCommandForUs(message: Message, me: Addressee): boolean {
  const command = ownCommand(wordsOf(message, me.username));
  return command !== undefined && (command.addressed === 'us' || me.commands.has(command.name));
}

/** Bots that look after a group have commands of these names too: in groups ours have to name the bot. */
const namesOfModerators = ['block', 'unblock', 'feedback'] as const;

/** As `reasonUnasked`, for this bot. */
export function unaskedOf(
  bot: Bot<BotContext>,
  { messages }: Pick<BotDeps, 'messages'>,
): (update: Update) => Unasked | undefined {
  const commands = new Set([...messages.commands('en', { admin: true }).map(({ command }) => command), 'settings']);
  for (const command of namesOfModerators) commands.delete(command);
  return (update) => reasonUnasked(update, { id: bot.botInfo.id, username: bot.botInfo.username, commands });
}

/** Why an update ends before it is stored; notes that its chat is open all the same. */
export function unaskedIn(
  bot: Bot<BotContext>,
  { messages, chats, emit }: BotDeps,
): (update: Update) => Unasked | undefined {
  const whyUnasked = unaskedOf(bot, { messages });
  return (update) => {
    const why = whyUnasked(update);
    const chatId = why === undefined ? undefined : update.message?.chat.id;
    if (chatId !== undefined) {
      chats
        .open(chatId)
        .catch((error: unknown) => emit({ event: 'app.error', what: 'store that a chat is open', error }));
    }
    return why;
  };
}
