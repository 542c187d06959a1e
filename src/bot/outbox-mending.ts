import type { Transformer } from 'grammy';
import type { ChatBook } from '../domain/chat-book.ts';
import type { Tell } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';
import { inSupergroup, remedyFor } from './outbox-remedies.ts';
import type { Manner } from './polite-calls.ts';
import { chatOf } from './telegram-call.ts';
import { describeRefusal, refusalTrouble } from './telegram-trouble.ts';

/** A call is mended no more often than there are things to mend. */
const mostRemedies = 4;
const mostMoves = 3;
/** What was said in a group stays behind when the group becomes a supergroup, where its number is another message's. */
const stayedBehind = { ok: false, error_code: 400, description: 'Bad Request: message to edit not found' } as const;

export type MendingOptions = {
  readonly chats: ChatBook;
  readonly clock: Clock;
  readonly tell: Tell;
};

/**
 * Makes a refused call again the way Telegram takes it, where there is one; keeps the book of chats that are closed or
 * have moved, and leaves the closed ones alone until somebody writes there.
 */
export function mendCalls({ chats, clock, tell }: MendingOptions, manner: Manner): Transformer {
  return async (prev, method, given, signal) => {
    let payload = given;
    const asked = manner === 'unasked' ? chatOf(given) : undefined;
    if (asked !== undefined) {
      const { chatId, isClosed } = await whereabouts(asked);
      if (isClosed) return { ok: false, error_code: 403, description: 'Forbidden: the chat is closed to the bot' };
      if (chatId !== asked && 'message_id' in given) return stayedBehind;
      if (chatId !== asked) payload = inSupergroup(given, chatId) as typeof payload;
    }
    for (let remedies = 0; ; remedies += 1) {
      const answer = await prev(method, payload, signal);
      if (answer.ok) return answer;
      const trouble = refusalTrouble(answer);
      const chatId = chatOf(payload);
      const newId = answer.parameters?.migrate_to_chat_id;
      if (chatId !== undefined && trouble === 'closed') await noted(chats.close(chatId, clock.now()));
      if (chatId !== undefined && newId !== undefined) await noted(chats.move(chatId, newId));
      if (newId !== undefined && 'message_id' in payload) return stayedBehind;
      const remedy = remedies < mostRemedies ? remedyFor(trouble, payload, newId) : undefined;
      if (remedy === undefined) return answer;
      if (remedy === 'done') return { ok: true, result: true as never };
      tell({ event: 'telegram.trouble', method, detail: describeRefusal(answer), retryInMs: 0 });
      payload = remedy as typeof payload;
    }
  };

  async function whereabouts(chatId: number): Promise<{ readonly chatId: number; readonly isClosed: boolean }> {
    let [id, entry] = [chatId, await chats.find(chatId)];
    for (let moves = 0; entry.movedTo !== undefined && moves < mostMoves; moves += 1) {
      id = entry.movedTo;
      entry = await chats.find(id);
    }
    return { chatId: id, isClosed: entry.isClosed };
  }

  /** A book that cannot be written changes nothing about the call. */
  async function noted(entry: Promise<void>): Promise<void> {
    try {
      await entry;
    } catch (error) {
      tell({ event: 'house.trouble', what: 'remember what Telegram said of a chat', error });
    }
  }
}
