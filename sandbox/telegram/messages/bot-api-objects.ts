import type { Chat, Message, PhotoSize, User } from 'grammy/types';
import { isSupergroup, type Profile, type StoredChat } from '../chats.ts';
import type { StoredFile } from '../files/file-store.ts';
import type { StoredMessage } from './stored-message.ts';

/** What the objects of the Bot API need beyond the stored message. */
export type ApiObjectContext = {
  readonly bot: User;
  profileOf(userId: number): Profile;
};

/** Returns the `User` of the Bot API for a person. */
export function userFor(profile: Profile): User {
  return {
    id: profile.id,
    is_bot: false,
    first_name: profile.firstName,
    ...(profile.username === undefined ? {} : { username: profile.username }),
    ...(profile.languageCode === undefined ? {} : { language_code: profile.languageCode }),
    ...(profile.isPremium === true ? { is_premium: true as const } : {}),
  };
}

/** Returns the `Chat` of the Bot API for a chat. */
export function chatFor(chat: StoredChat): Chat {
  if (chat.kind === 'private') {
    const { id, firstName, username } = chat.profile;
    return { id, type: 'private', first_name: firstName, ...(username === undefined ? {} : { username }) };
  }
  if (!isSupergroup(chat)) return { id: chat.id, type: 'group', title: chat.title };
  return {
    id: chat.id,
    type: 'supergroup',
    title: chat.title,
    ...(chat.isForum ? { is_forum: true as const } : {}),
  };
}

/** Returns the message as the Bot API sends it. The message it replies to is included, without its own reply. */
export function messageFor(
  context: ApiObjectContext,
  chat: StoredChat,
  message: StoredMessage,
  withReply = true,
): Message {
  const replied = message.replyTo === undefined || !withReply ? undefined : chat.messages.get(message.replyTo);
  const from = message.from === 'bot' ? context.bot : userFor(context.profileOf(message.from));
  const fields = {
    ...(message.onlyFor === undefined
      ? { message_id: message.id }
      : {
          message_id: 0,
          ephemeral_message_id: message.id,
          receiver_user: userFor(context.profileOf(message.onlyFor)),
        }),
    from,
    chat: chatFor(chat),
    date: message.dateS,
    ...(message.viaBot === true ? { via_bot: context.bot } : {}),
    ...(message.editDateS === undefined ? {} : { edit_date: message.editDateS }),
    ...(message.threadId === undefined ? {} : { message_thread_id: message.threadId, is_topic_message: true }),
    ...(message.albumId === undefined ? {} : { media_group_id: message.albumId }),
    ...(replied === undefined ? {} : { reply_to_message: messageFor(context, chat, replied, false) }),
    ...contentFields(message),
    ...(message.keyboard === undefined ? {} : { reply_markup: message.keyboard }),
  };
  return fields as Message;
}

function contentFields({ content }: StoredMessage): object {
  if (content.kind === 'text') {
    const { text, entities } = content.text;
    return { text, ...(entities.length === 0 ? {} : { entities }) };
  }
  if (content.kind === 'service') return content.fields;
  if (content.kind === 'invoice') {
    const { title, description, startParameter, amount } = content.order;
    const invoice = { title, description, start_parameter: startParameter, currency: 'XTR', total_amount: amount };
    return { invoice };
  }
  const { text, entities } = content.caption;
  return {
    ...mediaFields(content.file),
    ...(text === '' ? {} : { caption: text }),
    ...(entities.length === 0 ? {} : { caption_entities: entities }),
    ...(content.captionAbove ? { show_caption_above_media: true } : {}),
    ...(content.spoiler ? { has_media_spoiler: true } : {}),
  };
}

function mediaFields(file: StoredFile): object {
  const base = { file_id: file.fileId, file_unique_id: file.uniqueId, file_size: file.bytes.byteLength };
  const named = { ...base, file_name: file.name, mime_type: file.mime };
  const { width, height, durationS: duration } = file;
  switch (file.kind) {
    case 'photo':
      return { photo: photoSizes(file) };
    case 'video':
      return { video: { ...named, width, height, duration } };
    case 'animation':
      // Telegram adds the animation as a document for clients without support for animations.
      return { animation: { ...named, width, height, duration }, document: named };
    case 'audio':
      return { audio: { ...named, duration, title: file.title, performer: file.performer } };
    case 'voice':
      return { voice: { ...base, mime_type: file.mime, duration } };
    case 'document':
      return { document: named };
  }
}

const thumbSidePx = 320;

/** Sorted by size, as Telegram does. All sizes are the same file here. */
function photoSizes(file: StoredFile): readonly PhotoSize[] {
  const { width, height } = file;
  const whole = {
    file_id: file.fileId,
    file_unique_id: file.uniqueId,
    file_size: file.bytes.byteLength,
    width,
    height,
  };
  const scale = thumbSidePx / Math.max(width, height);
  if (scale >= 1) return [whole];
  return [{ ...whole, width: Math.round(width * scale), height: Math.round(height * scale) }, whole];
}
