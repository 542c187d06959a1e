import { type ApiCall, type ApiMethod, chatOf, writableChatOf } from './api-call.ts';
import { badRequest } from '../api-error.ts';
import { isObject } from '../call-params.ts';
import type { StoredChat } from '../chats.ts';
import { sameText, checkCaption, checkText } from '../text/formatted-text.ts';
import { readTextParam } from '../text/read-text.ts';
import { limits } from '../limits.ts';
import { readMediaItem } from './input-media.ts';
import { readInlineKeyboard, sameKeyboard } from '../messages/reply-markup.ts';
import type { Content, StoredMessage } from '../messages/stored-message.ts';
import { messageFor } from '../messages/bot-api-objects.ts';

const notModified =
  'message is not modified: specified new message content and reply markup are exactly the same as a current ' +
  'content and reply markup of the message';

type Editing = { readonly chat: StoredChat; readonly message: StoredMessage };

function editingOf(call: ApiCall): Editing {
  if (call.params.has('inline_message_id')) throw badRequest('MESSAGE_ID_INVALID');
  const chat = writableChatOf(call);
  if (!call.params.has('message_id')) throw badRequest('message identifier is not specified');
  const message = chat.messages.get(call.params.integer('message_id'));
  if (message === undefined) throw badRequest('message to edit not found');
  if (message.from !== 'bot') throw badRequest("message can't be edited");
  return { chat, message };
}

/** Replaces content and keyboard; an edit without a keyboard removes the keyboard. */
function edit(call: ApiCall, { chat, message }: Editing, content: Content): unknown {
  const { state } = call;
  const keyboard = readInlineKeyboard(call.params);
  if (sameContent(message.content, content) && sameKeyboard(message.keyboard, keyboard)) throw badRequest(notModified);
  message.content = content;
  if (keyboard === undefined) delete message.keyboard;
  else message.keyboard = keyboard;
  message.editDateS = state.nowS();
  state.changes.emit({ kind: 'message-edited', chatId: chat.id, messageId: message.id });
  return messageFor(state, chat, message);
}

function sameContent(a: Content, b: Content): boolean {
  if (a.kind === 'text') return b.kind === 'text' && sameText(a.text, b.text);
  if (a.kind !== 'media') return a === b;
  return (
    b.kind === 'media' &&
    a.file.fileId === b.file.fileId &&
    sameText(a.caption, b.caption) &&
    a.captionAbove === b.captionAbove &&
    a.spoiler === b.spoiler
  );
}

const editMessageText: ApiMethod = (call) => {
  const editing = editingOf(call);
  const text = checkText(readTextParam(call.params, 'text'));
  if (editing.message.content.kind !== 'text') throw badRequest('there is no text in the message to edit');
  return edit(call, editing, { kind: 'text', text });
};

const editMessageCaption: ApiMethod = (call) => {
  const editing = editingOf(call);
  const caption = checkCaption(readTextParam(call.params, 'caption'));
  const { content } = editing.message;
  if (content.kind !== 'media') throw badRequest('there is no caption in the message to edit');
  return edit(call, editing, { ...content, caption, captionAbove: call.params.flag('show_caption_above_media') });
};

const editMessageMedia: ApiMethod = (call) => {
  const editing = editingOf(call);
  const item = call.params.json('media', 'InputMedia');
  if (!isObject(item)) throw badRequest('input media is empty');
  if (item['type'] === 'voice') throw badRequest("can't use the media type in editMessageMedia");
  if (!['text', 'media'].includes(editing.message.content.kind)) throw badRequest("message can't be edited");
  const content = readMediaItem(call, item);
  if (editing.message.albumId !== undefined && !['photo', 'video'].includes(content.file.kind)) {
    throw badRequest("can't use media of the specified type in the album");
  }
  return edit(call, editing, content);
};

const editMessageReplyMarkup: ApiMethod = (call) => {
  const editing = editingOf(call);
  return edit(call, editing, editing.message.content);
};

/** In a private chat the bot may delete every message, in a group only its own unless it is an administrator. */
function deleteOne({ state }: ApiCall, chat: StoredChat, messageId: number): void {
  const message = chat.messages.get(messageId);
  if (message === undefined) throw badRequest('message to delete not found');
  const isForeign = message.from !== 'bot' && chat.kind === 'group' && !chat.admins.has(state.bot.id);
  if (isForeign) throw badRequest("message can't be deleted");
  if (state.clock.now() - message.dateS * 1000 > limits.deletableMs) {
    throw badRequest("message can't be deleted for everyone");
  }
  state.remove(chat, messageId);
}

const deleteMessage: ApiMethod = (call) => {
  const chat = chatOf(call);
  if (!call.params.has('message_id')) throw badRequest('message identifier is not specified');
  deleteOne(call, chat, call.params.integer('message_id'));
  return true;
};

const deleteMessages: ApiMethod = (call) => {
  const chat = chatOf(call);
  const ids = call.params.json('message_ids', 'message identifiers');
  if (!Array.isArray(ids) || ids.length === 0) throw badRequest('message identifiers are not specified');
  if (ids.length > limits.deletedAtOnce) throw badRequest('too many message identifiers specified');
  for (const id of ids.map(Number)) if (chat.messages.has(id)) deleteOne(call, chat, id);
  return true;
};

export const editMethods: Readonly<Record<string, ApiMethod>> = {
  editMessageText,
  editMessageCaption,
  editMessageMedia,
  editMessageReplyMarkup,
  deleteMessage,
  deleteMessages,
};
