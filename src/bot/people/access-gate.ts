import type { NextFunction } from 'grammy';
import type { AccessRequest } from '../../domain/people/access.ts';
import { excerpt } from '../../messages/view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { reportTelegramError, textOptions } from '../delivery/media-message.ts';
import { commandIn } from '../message-words.ts';
import { isAdminHere } from '../middleware/identify.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isAborted, isTransient } from '../outbox/telegram-error.ts';
import { answer, edit, reply } from '../reply.ts';

/** A person's own data is theirs also where they are not let in. */
const openCommands: ReadonlySet<string> = new Set(['privacy', 'export', 'forget', 'language']);
const openPresses = /^(?:forget|language|access):/;

type AccessOptions = Pick<
  BotDeps,
  'access' | 'accessRules' | 'adminIds' | 'users' | 'messages' | 'matchLocale' | 'emit'
> & {
  readonly outbox: Outbox;
  /** Whether this process sends: of several, one does. */
  readonly mayTell?: () => boolean;
};

/** Whether this person, or everybody in this group, may use the bot. */
export async function mayUse(
  { accessRules: { mode, ids }, adminIds, access }: Pick<AccessOptions, 'access' | 'accessRules' | 'adminIds'>,
  id: number,
): Promise<boolean> {
  if (mode === 'open' || adminIds.has(id) || ids.has(id)) return true;
  return mode === 'request' && (await access.find(id))?.state === 'allowed';
}

/** Lets those pass who may use the bot; others are told how to be let in. It stands behind everything about payments. */
export function accessGate(deps: BotDeps) {
  const { messages, access, accessRules, clock, accessNotices } = deps;
  return async (ctx: BotContext, next: NextFunction): Promise<void> => {
    const { chat, speaker, message, callbackQuery } = ctx;
    if (chat === undefined || (message === undefined && callbackQuery === undefined)) return next();
    if ((await mayUse(deps, speaker.userId)) || (await mayUse(deps, chat.id))) return next();
    if (callbackQuery !== undefined) {
      if (openPresses.test(callbackQuery.data ?? '')) return next();
      return answer(ctx, messages.answer('expired', speaker.locale));
    }
    if (chat.type === 'private' && openCommands.has(commandIn(ctx)?.name ?? '')) return next();
    if (accessRules.mode === 'list') return reply(ctx, messages.access('private', speaker.locale));
    const isGroup = chat.type !== 'private';
    const title = isGroup
      ? (chat.title ?? '')
      : `${speaker.name} ${ctx.from?.username === undefined ? '' : `@${ctx.from.username}`}`;
    const { locale, userId } = speaker;
    const request = {
      id: isGroup ? chat.id : userId,
      askedBy: userId,
      name: excerpt(title, 80),
      chatId: chat.id,
      locale,
    };
    if (await access.ask(request, clock.now())) {
      await reply(ctx, messages.access('asked', locale));
      return accessNotices.tell();
    }
    const isRefused = (await access.find(request.id))?.state === 'refused';
    return reply(ctx, messages.access(isRefused ? 'refused' : 'waiting', locale));
  };
}

/** The buttons under a request to be let in: `allow-<id>`, `refuse-<id>`. A later press of another admin may change it. */
export async function pressAccessButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { messages, access, admin, accessNotices } = deps;
  const { locale, userId } = ctx.speaker;
  const [, what, number] = /^(allow|refuse)-(-?[1-9][0-9]{0,15})$/.exec(id) ?? [];
  if (!isAdminHere(ctx) || number === undefined) return answer(ctx, messages.answer('expired', locale));
  const decided = await access.decide(Number(number), what === 'allow' ? 'allowed' : 'refused', userId);
  if (decided === undefined) return answer(ctx, messages.answer('already-done', locale));
  await admin.note(what === 'allow' ? 'allow-access' : 'refuse-access', number);
  await answer(ctx);
  await edit(ctx, messages.accessRequest(decided, locale));
  await accessNotices.tell();
}

/** Tells admins who asks to be let in, and those people what was decided; what was not told goes out at the next start. */
export class AccessNotices {
  readonly #options: AccessOptions;
  readonly #inHand = new Set<string>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  async tell(): Promise<void> {
    if (this.#options.accessRules.mode !== 'request') return;
    for (const request of await this.#options.access.undelivered()) {
      const name = `${request.id} ${request.state}`;
      if (this.#inHand.has(name)) continue;
      this.#inHand.add(name);
      const { adminIds } = this.#options;
      const to = request.state === 'asked' ? [...adminIds] : [request.chatId];
      // Admins without a chat with the bot are passed over; one who reads it is enough.
      to.forEach((chatId) => this.#post(chatId, request, name));
    }
  }

  #post(chatId: number, request: AccessRequest, name: string): void {
    const { outbox, users, messages, matchLocale, access, emit } = this.#options;
    const { state } = request;
    const run = async (): Promise<'done' | 'again'> => {
      if (this.#options.mayTell?.() === false) {
        // The process that sends now has found it.
        this.#inHand.delete(name);
        return 'done';
      }
      const { locale, heardLocale } = await users.find(chatId);
      const view =
        state === 'asked'
          ? messages.accessRequest(request, locale ?? heardLocale ?? matchLocale(undefined))
          : messages.access(state, request.locale);
      try {
        await outbox.api.sendMessage(chatId, view.text, textOptions(view));
      } catch (error) {
        if (isAborted(error) || isTransient(reportTelegramError(emit, 'sendMessage', error))) return 'again';
      }
      await access.noteTold(request.id, state);
      this.#inHand.delete(name);
      return 'done';
    };
    outbox.post({ chatId, kind: 'send', priority: 'proactive', run });
  }
}
