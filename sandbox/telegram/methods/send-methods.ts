import { randomInt } from 'node:crypto';
import type { Message } from 'grammy/types';
import { type ApiCall, type ApiMethod, writableChatOf, replyOf, threadOf } from './api-call.ts';
import { badRequest } from '../api-error.ts';
import { isObject } from '../call-params.ts';
import type { StoredChat } from '../chats.ts';
import { checkCaption, checkText, characterCount } from '../text/formatted-text.ts';
import type { MediaKind } from '../files/file-store.ts';
import { readTextParam } from '../text/read-text.ts';
import { resolveFile } from '../files/resolve-file.ts';
import { limits } from '../limits.ts';
import { readAlbumItem, namesOf } from './input-media.ts';
import { readReplyMarkup } from '../messages/reply-markup.ts';
import type { Content } from '../messages/stored-message.ts';
import { messageFor } from '../messages/bot-api-objects.ts';

const sendMessage: ApiMethod = (call) => {
  const chat = writableChatOf(call);
  return send(call, chat, { kind: 'text', text: checkText(readTextParam(call.params, 'text')) });
};

function sendMedia(kind: MediaKind): ApiMethod {
  return (call) => {
    const { params, state } = call;
    const chat = writableChatOf(call);
    const caption = checkCaption(readTextParam(params, 'caption'));
    const file = resolveFile(state.files, params, {
      kind,
      field: kind,
      reference: params.text(kind),
      width: params.integer('width'),
      height: params.integer('height'),
      durationS: params.integer('duration'),
      ...(kind === 'audio' ? namesOf(params.text('title'), params.text('performer')) : {}),
    });
    const captionAbove = params.flag('show_caption_above_media');
    return send(call, chat, { kind: 'media', file, caption, captionAbove, spoiler: params.flag('has_spoiler') });
  };
}

function send(call: ApiCall, chat: StoredChat, content: Content): Message {
  const { state, params } = call;
  const keyboard = readReplyMarkup(params);
  const threadId = threadOf(params, chat);
  const replyTo = replyOf(params, chat);
  const onlyFor = receiverOf(call, chat);
  const message = state.post(chat, {
    from: 'bot',
    content,
    ...(onlyFor === undefined ? {} : { onlyFor }),
    ...(keyboard === undefined ? {} : { keyboard }),
    ...(threadId === undefined ? {} : { threadId }),
    ...(replyTo === undefined ? {} : { replyTo }),
  });
  return messageFor(state, chat, message);
}

/** The only member who sees an ephemeral message (Bot API 10.3); undefined for one that everybody sees. */
function receiverOf({ params }: ApiCall, chat: StoredChat): number | undefined {
  const ephemeral = params.json('ephemeral_message_parameters');
  if (ephemeral === undefined) return undefined;
  if (!isObject(ephemeral)) throw badRequest("can't parse ephemeral message parameters JSON object");
  const receiver = Number(ephemeral['receiver_user_id']);
  if (chat.kind === 'private') throw badRequest('ephemeral messages can be sent only in groups and supergroups');
  if (!chat.members.has(receiver)) throw badRequest('user not found');
  return receiver;
}

const sendMediaGroup: ApiMethod = (call) => {
  const { state, params } = call;
  const chat = writableChatOf(call);
  const items = params.json('media', 'media');
  if (!Array.isArray(items)) throw badRequest('expected an Array of InputMedia');
  const { least, most } = limits.albumItems;
  if (items.length < least || items.length > most) {
    throw badRequest(`wrong number of items in the album: there must be from ${least} to ${most} of them`);
  }
  const contents = items.map((item: unknown) => {
    if (!isObject(item)) throw badRequest("can't parse InputMedia: expected an Object");
    return readAlbumItem(call, item);
  });
  const kinds = new Set(contents.map(({ file }) => (file.kind === 'video' ? 'photo' : file.kind)));
  if (kinds.size > 1) throw badRequest("can't mix files of these types in one album");
  const threadId = threadOf(params, chat);
  const replyTo = replyOf(params, chat);
  const albumId = String(randomInt(1e13, 9e13));
  return contents.map((content) => {
    const message = state.post(chat, {
      from: 'bot',
      content,
      albumId,
      ...(threadId === undefined ? {} : { threadId }),
      ...(replyTo === undefined ? {} : { replyTo }),
    });
    return messageFor(state, chat, message);
  });
};

const actions = new Set([
  'typing',
  'upload_photo',
  'record_video',
  'upload_video',
  'record_voice',
  'upload_voice',
  'upload_document',
  'choose_sticker',
  'find_location',
  'record_video_note',
  'upload_video_note',
]);

const sendChatAction: ApiMethod = (call) => {
  const chat = writableChatOf(call);
  const action = call.params.text('action').toLowerCase();
  if (!actions.has(action)) throw badRequest('wrong parameter action in request');
  threadOf(call.params, chat);
  call.state.changes.emit({ kind: 'action', chatId: chat.id, action });
  return true;
};

const sendMessageDraft: ApiMethod = (call) => {
  const { state, params } = call;
  const chat = writableChatOf(call);
  if (chat.kind !== 'private') throw badRequest('TEXTDRAFT_PEER_INVALID');
  const draftId = params.integer('draft_id');
  if (draftId === 0) throw badRequest('draft identifier must be non-zero');
  const { text } = readTextParam(params, 'text');
  if (characterCount(text) > limits.textCharacters) throw badRequest('message is too long');
  state.changes.emit({ kind: 'draft', chatId: chat.id, draftId, text });
  return true;
};

export const sendMethods: Readonly<Record<string, ApiMethod>> = {
  sendMessage,
  sendPhoto: sendMedia('photo'),
  sendVideo: sendMedia('video'),
  sendDocument: sendMedia('document'),
  sendAnimation: sendMedia('animation'),
  sendAudio: sendMedia('audio'),
  sendVoice: sendMedia('voice'),
  sendMediaGroup,
  sendChatAction,
  sendMessageDraft,
};
