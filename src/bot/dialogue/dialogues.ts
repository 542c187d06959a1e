import { conversations, createConversation } from '@grammyjs/conversations';
import { Composer, type Context } from 'grammy';
import type { BotContext, Desk } from '../context.ts';
import { sayScreen } from '../say-screen.ts';
import { heard } from './answer-to-dialogue.ts';
import { carryOut } from './carry-out.ts';
import { recall, type Recalled } from './dialogue-memory.ts';
import { dialogueVersion, guidedRequest, guidedRequestId } from './guided-request.ts';

/**
 * Dialogues with one person in one chat. What a dialogue decides is carried out after it has decided, and what it
 * remembers is written last: an update that fails on the way is handled again from the same memory.
 */
export function dialogues(desk: Desk): Composer<BotContext> {
  const { clock, dialogues: store, messages, service } = desk;
  const feature = new Composer<BotContext>();
  // An update without a chat (a payment to be checked) would share one key with everybody's.
  const inChat = feature.filter((ctx) => ctx.chat !== undefined && ctx.from !== undefined);

  inChat.use(async (ctx, next) => {
    const key = `${ctx.chat?.id}:${ctx.speaker.userId}`;
    const meaning = heard(ctx);
    const recalled: Recalled =
      meaning === 'nothing' ? { kind: 'none' } : await recall(store, key, dialogueVersion, clock.now());
    const isOpen = recalled.kind === 'open';
    ctx.turns = [];
    ctx.mistakeIn = (kind, options) => {
      const checked = service.checkOptions(kind, options);
      return checked.ok ? undefined : checked.mistake;
    };
    ctx.memory = { before: meaning === 'answer' && isOpen ? recalled.state : undefined };
    if (meaning === 'leaves' && recalled.kind !== 'none') ctx.memory.after = 'nothing';
    if (meaning === 'leaves' && isOpen && isCancel(ctx)) {
      await sayScreen(ctx, messages.dialogueLeft(ctx.speaker.locale));
    } else if (meaning === 'answer' && recalled.kind === 'outdated') {
      ctx.memory.after = 'nothing';
      ctx.turns.push({ kind: 'outdated' });
    } else {
      await follow(ctx, next);
    }
    for (const turn of ctx.turns) await carryOut(ctx, desk, turn);
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
  );
  return feature;
}

/** Code that changed under the same version cannot follow what was remembered: that is told, not failed on. */
async function follow(ctx: BotContext, next: () => Promise<void>): Promise<void> {
  try {
    await next();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('Bad replay')) throw error;
    ctx.memory.after = 'nothing';
    ctx.turns = [{ kind: 'outdated' }];
  }
}

function isCancel(ctx: BotContext): boolean {
  return /^\/cancel(?:@\w+)?$/.test(ctx.message?.text?.trim() ?? '');
}
