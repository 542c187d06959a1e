import { parseCallbackData } from '../../messages/view.ts';
import { jobOfMessage } from '../commands/result-replies.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { isUserContent } from '../middleware/identify.ts';
import { ownCommand, wordsOf } from '../message-words.ts';
import { answer, edit, reply } from '../reply.ts';
import { replyWithMistake, submitRequest } from '../commands/submit-request.ts';
import type { DialogueState, DialogueTurn } from './dialogue-state.ts';
import { z } from 'zod';
import type { DialogueStore } from '../../domain/chats/chat-store.ts';
import { conversations, createConversation } from '@grammyjs/conversations';
import { Composer, type Context } from 'grammy';
import { tellFeedback } from '../personal/feedback.ts';
import { feedback, feedbackId } from './feedback.ts';
import { dialogueVersion, guidedRequest, guidedRequestId } from './guided-request.ts';

/** What an update means for an open dialogue. */
export type UpdateMeaning = 'answer' | 'leaves' | 'nothing';

/**
 * A command leaves the dialogue and is handled as usual; so does the example button. In private chats everything else that a
 * person writes is an answer, in groups only text in reply to the bot; every other update is no part of the dialogue.
 */
export function meaningFor(ctx: BotContext): UpdateMeaning {
  const press = parseCallbackData(ctx.callbackQuery?.data ?? '');
  if (press?.verb === 'ask') return 'answer';
  if (press?.verb === 'example' || press?.verb === 'make' || press?.verb === 'tell') return 'leaves';
  const { message } = ctx;
  if (message === undefined || !isUserContent(message)) return 'nothing';
  const words = wordsOf(message, ctx.me.username);
  if (words.command?.addressed === 'another') return 'nothing';
  if (words.command !== undefined || words.text.startsWith('/')) return 'leaves';
  const repliedTo = message.reply_to_message;
  const isReplyToUs = repliedTo?.from?.id === ctx.me.id;
  if (isReplyToUs && jobOfMessage(repliedTo) !== undefined) return 'nothing';
  const says = words.text !== '' || message.photo !== undefined || message.document !== undefined;
  return ctx.chat?.type === 'private' || (isReplyToUs && says) ? 'answer' : 'nothing';
}

/** Executes a decision of the dialogue; a repetition repeats a question at worst, never a request. */
export async function execute(ctx: BotContext, deps: BotDeps, turn: DialogueTurn): Promise<void> {
  const { messages } = deps;
  const { locale } = ctx.speaker;
  const isPress = ctx.callbackQuery !== undefined;
  switch (turn.kind) {
    case 'ask': {
      const { question, hint } = turn;
      const view = messages.question(question, locale, { hint, inGroup: ctx.chat?.type !== 'private' });
      if (!isPress) return reply(ctx, view);
      await answer(ctx, messages.answer('accepted', locale));
      return edit(ctx, view);
    }
    case 'mistake':
      return replyWithMistake(ctx, deps, turn.job, turn.mistake);
    case 'make': {
      const { kind, words, options, style, picture } = turn.request;
      // A message that was the last answer is followed by the status message alone.
      if (isPress) {
        await answer(ctx, messages.answer('accepted', locale));
        await edit(ctx, messages.dialogueDone(words, style, locale));
      }
      const styled = style === 'none' ? options : { ...options, preset: style };
      return submitRequest(ctx, deps, { kind, prompt: words, options: styled, picture });
    }
    case 'give-up':
      return reply(ctx, messages.dialogueTooManyTries(turn.job, locale));
    case 'ask-feedback':
      return reply(ctx, messages.feedbackQuestion(locale));
    case 'feedback':
      return tellFeedback(ctx, deps, turn.about, turn.words);
    case 'outdated':
      if (isPress) await answer(ctx, messages.answer('expired', locale));
      return reply(ctx, messages.dialogueOutdated(locale));
  }
}

/**
 * Dialogues with one person in one chat. A dialogue only decides; its decisions are executed afterwards, and its state is
 * stored last, so an update that fails in between is handled again from the same state.
 */
export function dialogues(deps: BotDeps): Composer<BotContext> {
  const { clock, dialogues: store, messages, service } = deps;
  const feature = new Composer<BotContext>();
  // Updates without a chat (a pre-checkout query) would all share one key.
  const inChat = feature.filter((ctx) => ctx.chat !== undefined && ctx.from !== undefined);

  inChat.use(async (ctx, next) => {
    const key = `${ctx.chat?.id}:${ctx.speaker.userId}`;
    const meaning = meaningFor(ctx);
    const loaded: LoadedDialogue =
      meaning === 'nothing' ? { kind: 'none' } : await loadDialogue(store, key, dialogueVersion, clock.now());
    const isOpen = loaded.kind === 'open';
    ctx.turns = [];
    ctx.mistakeIn = (kind, options) => {
      const checked = service.models.checkOptions(kind, options, ctx.speaker);
      return checked.ok ? undefined : checked.mistake;
    };
    ctx.memory = { before: meaning === 'answer' && isOpen ? loaded.state : undefined };
    if (meaning === 'leaves' && loaded.kind !== 'none') ctx.memory.after = 'nothing';
    if (meaning === 'leaves' && isOpen && isCancel(ctx)) {
      await reply(ctx, messages.dialogueCancelled(ctx.speaker.locale));
    } else if (meaning === 'answer' && loaded.kind === 'outdated') {
      ctx.memory.after = 'nothing';
      ctx.turns.push({ kind: 'outdated' });
    } else {
      await continueDialogue(ctx, next);
    }
    for (const turn of ctx.turns) await execute(ctx, deps, turn);
    const { after } = ctx.memory;
    if (after === 'nothing') await store.delete(key);
    else if (after !== undefined) await store.write(key, JSON.stringify(after), clock.now());
  });
  inChat.use(
    conversations<BotContext, Context>({
      storage: {
        type: 'context',
        version: dialogueVersion,
        adapter: {
          read: ({ memory }) => memory.before,
          write: ({ memory }, state) => {
            memory.after = state;
          },
          delete: ({ memory }) => {
            memory.after = 'nothing';
          },
        },
      },
    }),
    createConversation<BotContext, Context>(guidedRequest, { id: guidedRequestId }),
    createConversation<BotContext, Context>(feedback, { id: feedbackId }),
  );
  return feature;
}

/** A stored dialogue that this code cannot replay ends with a message instead of an error. */
async function continueDialogue(ctx: BotContext, next: () => Promise<void>): Promise<void> {
  try {
    await next();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('Bad replay')) throw error;
    ctx.memory.after = 'nothing';
    ctx.turns = [{ kind: 'outdated' }];
  }
}

function isCancel(ctx: BotContext): boolean {
  const command = ownCommand(wordsOf(ctx.message, ctx.me.username));
  return command?.name === 'cancel' && command.words.trim() === '';
}

/** A dialogue without an answer for this long has ended. */
const dialogueTimeoutMs = 30 * 60_000;

const storedState = z.object({
  version: z.tuple([z.number(), z.union([z.number(), z.string()])]),
  state: z.record(z.string(), z.array(z.looseObject({}))),
});

type LoadedDialogue =
  | { readonly kind: 'none' }
  | { readonly kind: 'open'; readonly state: DialogueState }
  /** Stored by another version and not usable. */
  | { readonly kind: 'outdated' };

/** The stored dialogue of one person in one chat, where this version stored it. */
async function loadDialogue(
  store: DialogueStore,
  key: string,
  version: number,
  nowMs: number,
): Promise<LoadedDialogue> {
  const found = await store.read(key);
  if (found === undefined || nowMs - found.writtenAtMs >= dialogueTimeoutMs) return { kind: 'none' };
  const parsed = storedState.safeParse(fromJson(found.state));
  if (!parsed.success || parsed.data.version[1] !== version) return { kind: 'outdated' };
  // The library checks the log inside by replaying it.
  return { kind: 'open', state: parsed.data as unknown as DialogueState };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
