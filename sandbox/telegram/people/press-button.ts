import type { CallbackAnswer } from '../updates/open-queries.ts';
import type { StoredChat } from '../chats.ts';
import { seenButton } from '../messages/seen-message.ts';
import type { TelegramState } from '../telegram-state.ts';
import { messageFor, userFor } from '../messages/bot-api-objects.ts';

/** A pressed button. `answered` resolves when the bot answers, or after 150 s with `expired`. */
export type Press = {
  readonly queryId: string;
  readonly updateId: number;
  readonly answered: Promise<CallbackAnswer>;
  /** Undefined until `answered` has resolved. */
  readonly answer: CallbackAnswer | undefined;
};

/** Presses the button with this text or callback data; throws when the message has none that can be pressed. */
export function pressButton(
  state: TelegramState,
  chat: StoredChat,
  userId: number,
  messageId: number,
  button: string,
): Press {
  const message = chat.messages.get(messageId);
  if (message === undefined) throw new Error(`Cannot press "${button}": there is no message ${messageId}`);
  const buttons = (message.keyboard?.inline_keyboard ?? []).flat().map(seenButton);
  const pressed = buttons.find(({ text, data }) => text === button || data === button);
  if (pressed?.data === undefined) {
    const others = buttons.map(({ text }) => `"${text}"`).join(', ');
    throw new Error(`Cannot press "${button}" of message ${messageId}: it can press ${others || 'nothing'}`);
  }
  const { id: queryId, answered } = state.queries.open({ chatId: chat.id, userId });
  let answer: CallbackAnswer | undefined;
  const settled = answered.then((given) => {
    answer = given;
    return given;
  });
  const updateId = state.updates.add('callback_query', {
    id: queryId,
    from: userFor(state.profileOf(userId)),
    message: messageFor(state, chat, message),
    chat_instance: String(BigInt(chat.id) * 7_919n),
    data: pressed.data,
  });
  return {
    queryId,
    updateId,
    answered: settled,
    get answer() {
      return answer;
    },
  };
}
