import type { AcceptedGiftTypes, ChatMemberAdministrator } from 'grammy/types';
import { type ApiMethod, chatOf, writableChatOf } from './api-call.ts';
import { badRequest } from '../api-error.ts';
import { isObject } from '../call-params.ts';
import { characterCount } from '../text/formatted-text.ts';
import { limits } from '../limits.ts';
import { chatFor, userFor } from '../messages/bot-api-objects.ts';

const list =
  '❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 ' +
  '👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡';

/** The emoji with which a bot may react. */
const botEmoji: ReadonlySet<string> = new Set(list.split(' '));

const noGifts = {
  unlimited_gifts: false,
  limited_gifts: false,
  unique_gifts: false,
  premium_subscription: false,
  gifts_from_channels: false,
} as const satisfies AcceptedGiftTypes;

const getChat: ApiMethod = (call) => {
  const chat = chatOf(call);
  return { ...chatFor(chat), accent_color_id: 0, max_reaction_count: 11, accepted_gift_types: noGifts };
};

const administrator = {
  status: 'administrator',
  can_be_edited: false,
  is_anonymous: false,
  can_manage_chat: true,
  can_delete_messages: true,
  can_manage_video_chats: true,
  can_restrict_members: true,
  can_promote_members: false,
  can_change_info: true,
  can_invite_users: true,
  can_post_stories: false,
  can_edit_stories: false,
  can_delete_stories: false,
  can_send_welcome_messages: false,
} as const satisfies Omit<ChatMemberAdministrator, 'user'>;

const getChatMember: ApiMethod = (call) => {
  const { state, params } = call;
  const chat = chatOf(call);
  const userId = params.integer('user_id');
  if (userId === state.bot.id) {
    const isGone = chat.kind === 'private' ? chat.blocked : chat.kicked;
    if (isGone) return { status: 'kicked', user: state.bot, until_date: 0 };
    return chat.kind === 'group' && chat.admins.has(userId)
      ? { ...administrator, user: state.bot }
      : { status: 'member', user: state.bot };
  }
  const profile = state.people.get(userId);
  if (profile === undefined) throw badRequest('user not found');
  const user = userFor(profile);
  if (chat.kind === 'private') {
    if (userId !== chat.id) throw badRequest('user not found');
    return { status: 'member', user };
  }
  if (chat.admins.has(userId)) return { ...administrator, user };
  return { status: chat.members.has(userId) ? 'member' : 'left', user };
};

const setMessageReaction: ApiMethod = (call) => {
  const { state, params } = call;
  const chat = writableChatOf(call);
  const message = chat.messages.get(params.integer('message_id'));
  if (message === undefined) throw badRequest('message to react not found');
  const given = params.json('reaction', 'reaction') ?? [];
  if (!Array.isArray(given)) throw badRequest('expected an Array of ReactionType');
  if (given.length > 1) throw badRequest('REACTIONS_TOO_MANY');
  const [reaction] = given as unknown[];
  if (reaction === undefined) delete message.reaction;
  else message.reaction = readEmoji(reaction);
  const emoji = message.reaction;
  const change = { kind: 'message-reacted' as const, chatId: chat.id, messageId: message.id };
  state.changes.emit(emoji === undefined ? change : { ...change, emoji });
  return true;
};

function readEmoji(reaction: unknown): string {
  if (!isObject(reaction) || typeof reaction['emoji'] !== 'string' || !botEmoji.has(reaction['emoji'])) {
    throw badRequest('REACTION_INVALID');
  }
  return reaction['emoji'];
}

const answerCallbackQuery: ApiMethod = ({ state, params }) => {
  const text = params.text('text');
  if (characterCount(text) > limits.callbackAnswerCharacters) throw badRequest('MESSAGE_TOO_LONG');
  const queryId = params.text('callback_query_id');
  const showAlert = params.flag('show_alert');
  const url = params.text('url');
  const words = text === '' ? {} : { text };
  const { chatId, userId } = state.queries.answer(queryId, {
    kind: 'answered',
    showAlert,
    ...words,
    ...(url === '' ? {} : { url }),
  });
  state.changes.emit({ kind: 'callback-answered', chatId, userId, queryId, showAlert, ...words });
  return true;
};

const getFile: ApiMethod = ({ state, params }) => {
  const file = state.files.find(params.text('file_id'));
  if (file === undefined) throw badRequest('invalid file_id');
  const size = file.bytes.byteLength;
  if (size > limits.downloadBytes) throw badRequest('file is too big');
  return { file_id: file.fileId, file_unique_id: file.uniqueId, file_size: size, file_path: file.path };
};

export const chatMethods: Readonly<Record<string, ApiMethod>> = {
  getChat,
  getChatMember,
  setMessageReaction,
  answerCallbackQuery,
  getFile,
};
