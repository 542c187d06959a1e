import { Buffer } from 'node:buffer';
import { Composer } from 'grammy';
import { type JobId, jobId } from '../../domain/ids.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { submitRequest } from '../commands/submit-request.ts';
import { textOptions } from '../delivery/media-message.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';
import { classifyTelegramError, describeTelegramError } from '../outbox/telegram-error.ts';
import { reply, replyQuoting } from '../reply.ts';

/** What a link `https://t.me/<bot>?start=<payload>` asks for. Anybody can write one, so none shows or spends anything but the person's own. */
export type StartLink =
  /** Words to make something of: a button has to be pressed. */
  | { readonly kind: 'words'; readonly words: string }
  /** The person's own request once more. */
  | { readonly kind: 'again'; readonly id: JobId }
  | { readonly kind: 'referral'; readonly byId: number };

/** Telegram's limit of a payload: 64 letters, digits, `_` and `-`. */
const payload = /^(gen|again|ref)_([A-Za-z0-9_-]{1,60})$/;

/** Reads the payload of a link; undefined for one that is none of ours: it is greeted as usual. */
export function readStartLink(text: string): StartLink | undefined {
  const [, kind, rest = ''] = payload.exec(text) ?? [];
  switch (kind) {
    case 'gen': {
      const words = Buffer.from(rest, 'base64url').toString('utf8').trim();
      return words === '' || words.includes('\uFFFD') ? undefined : { kind: 'words', words };
    }
    case 'again':
      return { kind: 'again', id: jobId(rest) };
    case 'ref': {
      const byId = Number.parseInt(rest, 36);
      return /^[0-9a-z]{1,11}$/.test(rest) && Number.isSafeInteger(byId) && byId > 0
        ? { kind: 'referral', byId }
        : undefined;
    }
    case undefined:
    default:
      return undefined;
  }
}

/** A link that counts for the one who shares it. */
export function referralLink(bot: string, userId: number): string {
  return `https://t.me/${bot}?start=ref_${userId.toString(36)}`;
}

/** The payload of a link that brings these words; undefined where they do not fit into one. */
export function wordsParameter(words: string): string | undefined {
  const written = `gen_${Buffer.from(words).toString('base64url')}`;
  return payload.test(written) ? written : undefined;
}

/** The words of a link behind /start; other words of other commands as they are. */
export function wordsOfStart(words: string): string {
  const link = readStartLink(words.trim());
  return link?.kind === 'words' ? link.words : '';
}

/** /start with the payload of a link, and /invite where those who bring people get results. */
export function startLinks(deps: BotDeps): Composer<BotContext> {
  const { messages, service, referralResults } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('start'), async (ctx, next) => {
    const link = readStartLink(wordsAfterCommand(ctx));
    const { locale, userId } = ctx.speaker;
    switch (link?.kind) {
      case 'words':
        return replyQuoting(ctx, messages.bareWords(link.words, locale));
      case 'again': {
        const found = await service.find(link.id);
        if (found === undefined || found.job.origin.userId !== userId) return next();
        const { kind, prompt, options } = found.job;
        return submitRequest(ctx, deps, { kind, prompt, ...(options === undefined ? {} : { options }) });
      }
      case 'referral':
        await thank(ctx, deps, link.byId);
        return next();
      case undefined:
        return next();
    }
  });
  feature.filter(isCommand('invite'), async (ctx, next) => {
    if (referralResults === 0) return next();
    const link = referralLink(ctx.me.username, ctx.speaker.userId);
    return reply(ctx, messages.invitation(link, referralResults, ctx.speaker.locale));
  });
  return feature;
}

/** Credits the one who brought this person, once, and tells them; a failed message takes nothing back. */
async function thank(ctx: BotContext, deps: BotDeps, byId: number): Promise<void> {
  const { people, users, messages, matchLocale, clock, emit, referralResults: results } = deps;
  const { userId } = ctx.speaker;
  if (results === 0 || ctx.chat?.type !== 'private') return;
  const referral = { userId, updateId: ctx.update.update_id, byId, results, nowMs: clock.now() };
  if (!(await people.credit(referral))) return;
  const locale = (await users.find(byId)).locale ?? matchLocale((await people.find(byId))?.language);
  const view = messages.referralThanks(results, locale);
  try {
    await ctx.api.sendMessage(byId, view.text, textOptions(view));
  } catch (error) {
    if (classifyTelegramError(error) === 'closed') return;
    emit({ event: 'telegram.error', method: 'sendMessage', detail: describeTelegramError(error) });
  }
}
