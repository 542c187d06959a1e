import { badRequest, forbidden } from './api-error.ts';
import type { CallParams } from './call-params.ts';
import { isSupergroup, type StoredChat } from './chats.ts';
import type { TelegramWorld } from './telegram-world.ts';

/** One call of a method; `signal` aborts when the caller has gone. */
export type ApiCall = {
  readonly world: TelegramWorld;
  readonly params: CallParams;
  readonly signal: AbortSignal;
};

/** Answers what Telegram puts into `result`; throws an ApiError for what it refuses. */
export type ApiMethod = (call: ApiCall) => unknown;

/** The chat that a call names, if the bot may know it. */
export function chatOf({ world, params }: ApiCall, name = 'chat_id'): StoredChat {
  const text = params.text(name).trim();
  if (text === '') throw badRequest(`${name} is empty`);
  const chat = world.chats.get(params.integer(name));
  if (chat === undefined || (chat.kind === 'private' && !chat.opened)) throw badRequest('chat not found');
  return chat;
}

/** The chat that a call writes to: refused where people have shown the bot the door. */
export function writableChatOf(call: ApiCall): StoredChat {
  const chat = chatOf(call);
  if (chat.kind === 'private') {
    if (chat.blocked) throw forbidden('bot was blocked by the user');
    return chat;
  }
  if (chat.upgradedTo !== undefined) {
    throw badRequest('group chat was upgraded to a supergroup chat', { migrate_to_chat_id: chat.upgradedTo });
  }
  if (chat.kicked) throw forbidden(`bot was kicked from the ${isSupergroup(chat) ? 'supergroup' : 'group'} chat`);
  return chat;
}
