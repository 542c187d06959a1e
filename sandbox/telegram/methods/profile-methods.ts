import { type ApiCall, type ApiMethod, chatOf } from './api-call.ts';
import { badRequest } from '../api-error.ts';
import type { BotText } from '../bot-texts.ts';
import { isObject } from '../call-params.ts';
import { type CommandScope, readCommands, readLanguageCode, readScope } from '../command-store.ts';

const getMe: ApiMethod = ({ state }) => ({
  ...state.bot,
  can_join_groups: true,
  can_read_all_group_messages: false,
  can_manage_bots: false,
  supports_guest_queries: false,
  supports_join_request_queries: false,
  supports_inline_queries: true,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: false,
  allows_users_to_create_topics: false,
});

/** Parses the scope of a call; throws 400 for a scope of a chat that the bot does not know. */
function scopeOf({ state, params }: ApiCall): CommandScope {
  const scope = readScope(params.json('scope', 'BotCommandScope'));
  if (!('chatId' in scope)) return scope;
  const chat = state.chats.get(scope.chatId);
  if (chat === undefined || (chat.kind === 'private' && !chat.opened)) throw badRequest('chat not found');
  if (chat.kind === 'private' && scope.type !== 'chat') throw badRequest("can't use the scope in a private chat");
  return scope;
}

function languageOf({ params }: ApiCall): string {
  return readLanguageCode(params.text('language_code'));
}

const setMyCommands: ApiMethod = (call) => {
  const commands = readCommands(call.params.json('commands', 'commands'));
  call.state.commands.set(scopeOf(call), languageOf(call), commands);
  return true;
};

const getMyCommands: ApiMethod = (call) => call.state.commands.get(scopeOf(call), languageOf(call));

const deleteMyCommands: ApiMethod = (call) => {
  call.state.commands.set(scopeOf(call), languageOf(call), []);
  return true;
};

function setText(which: BotText): ApiMethod {
  return (call) => {
    call.state.texts.set(which, languageOf(call), call.params.text(which).trim());
    return true;
  };
}

function getText(which: BotText): ApiMethod {
  return (call) => ({ [which]: call.state.texts.get(which, languageOf(call)) });
}

const setChatMenuButton: ApiMethod = (call) => {
  const { state, params } = call;
  const button = params.json('menu_button', 'MenuButton') ?? { type: 'default' };
  if (!isObject(button) || !['default', 'commands', 'web_app'].includes(String(button['type']))) {
    throw badRequest("can't parse menu button: unsupported type specified");
  }
  state.menuButtons.set(menuChatOf(call), button);
  return true;
};

const getChatMenuButton: ApiMethod = (call) => {
  const { menuButtons } = call.state;
  return menuButtons.get(menuChatOf(call)) ?? menuButtons.get(0) ?? { type: 'commands' };
};

/** Returns the chat of a menu button, 0 for the default button of all private chats. */
function menuChatOf(call: ApiCall): number {
  if (!call.params.has('chat_id')) return 0;
  const chat = chatOf(call);
  if (chat.kind !== 'private') throw badRequest('chat must be private');
  return chat.id;
}

export const profileMethods: Readonly<Record<string, ApiMethod>> = {
  getMe,
  setMyCommands,
  getMyCommands,
  deleteMyCommands,
  setMyName: setText('name'),
  getMyName: getText('name'),
  setMyDescription: setText('description'),
  getMyDescription: getText('description'),
  setMyShortDescription: setText('short_description'),
  getMyShortDescription: getText('short_description'),
  setChatMenuButton,
  getChatMenuButton,
};
