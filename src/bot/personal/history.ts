import { Composer } from 'grammy';
import type { PagePlace, PastRequest, SentFile } from '../../domain/personal/past-requests.ts';
import { type HistoryList, pageSize, readPastPress } from '../../messages/personal/history-view.ts';
import type { MessageView } from '../../messages/view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { keyboardFor, sentFileIn, uploadOf } from '../delivery/media-message.ts';
import { viewsFor } from '../delivery/show-outcome.ts';
import { isCommand } from '../message-words.ts';
import { classifyTelegramError, isShut } from '../outbox/telegram-error.ts';
import { answer, edit, reply } from '../reply.ts';

const lists = { history: 'all', favourites: 'favourites' } as const satisfies Record<string, HistoryList>;

/** /history and /favourites: in private only, since other people must not read the words of a history. */
export function historyCommands(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  for (const [command, list] of Object.entries(lists)) {
    feature.filter(isCommand(command), async (ctx) => {
      if (!isAlone(ctx)) return reply(ctx, deps.messages.historyInPrivate(ctx.me.username, ctx.speaker.locale));
      return reply(ctx, await pageView(ctx, deps, list, {}));
    });
  }
  return feature;
}

function isAlone({ chat, speaker }: BotContext): boolean {
  return chat?.type === 'private' && chat.id === speaker.userId;
}

async function pageView(
  { speaker }: BotContext,
  { pastRequests, messages, service }: BotDeps,
  list: HistoryList,
  place: PagePlace,
): Promise<MessageView> {
  const only = list === 'favourites' ? list : undefined;
  const page = await pastRequests.page(speaker.userId, place, pageSize, only);
  return messages.history(list, page, { labelOf: (entry) => labelOf(service, entry) }, speaker.locale);
}

function labelOf(service: BotDeps['service'], { kind, model }: PastRequest): string | undefined {
  return model === undefined ? undefined : service.models.labelOf(kind, model);
}

/** The buttons under a history and under what it shows. An entry belongs to its person alone. */
export async function pressPastButton(ctx: BotContext, deps: BotDeps, data: string): Promise<void> {
  const { messages, pastRequests } = deps;
  const { userId, locale } = ctx.speaker;
  const press = readPastPress(data);
  if (press === undefined) return answer(ctx, messages.answer('expired', locale));
  if (press.kind === 'page') {
    if (!isAlone(ctx)) return answer(ctx, messages.answer('not-yours', locale));
    await answer(ctx);
    return edit(ctx, await pageView(ctx, deps, press.list, press));
  }
  const entry = await pastRequests.find(press.id);
  if (entry === undefined) return answer(ctx, messages.answer('expired', locale));
  if (entry.userId !== userId) return answer(ctx, messages.answer('not-yours', locale));
  if (press.kind === 'show') {
    await answer(ctx, messages.answer('coming', locale));
    return showPast(ctx, deps, entry);
  }
  await pastRequests.setFavourite(entry.id, userId, press.isFavourite);
  await answer(ctx, messages.answer(press.isFavourite ? 'starred' : 'unstarred', locale));
  return showStar(ctx, deps, { ...entry, isFavourite: press.isFavourite });
}

/** The card's keyboard with its star as it is now; a menu that is open under the card closes. */
async function showStar(ctx: BotContext, { messages, service }: BotDeps, entry: PastRequest): Promise<void> {
  const facts = { entry, label: labelOf(service, entry), isGone: false, isCaption: true };
  const view = messages.pastCard(facts, ctx.speaker.locale);
  try {
    await ctx.editMessageReplyMarkup({ reply_markup: keyboardFor(view) });
  } catch (error) {
    const failure = classifyTelegramError(error);
    if (failure !== 'not-modified' && failure !== 'no-message' && !isShut(failure)) throw error;
  }
}

/**
 * Sends what the entry is about once more: by Telegram's own id of the file, which costs no upload; where Telegram does not
 * know it any more, from the file that is kept, whose new id is remembered; else it says so, with the buttons to make it again.
 */
async function showPast(ctx: BotContext, deps: BotDeps, entry: PastRequest): Promise<void> {
  const { messages, service, pastRequests } = deps;
  const { locale } = ctx.speaker;
  const facts = { entry, label: labelOf(service, entry) };
  const card = (isGone: boolean, isCaption: boolean) => messages.pastCard({ ...facts, isGone, isCaption }, locale);
  if (entry.ended !== 'result') return reply(ctx, card(false, false));
  if (entry.kind === 'chat') return (await showText(ctx, deps, entry)) ? undefined : reply(ctx, card(true, false));
  const caption = card(false, true);
  if (await sendKnown(ctx, entry.sent, caption)) return;
  const sent = await sendKept(ctx, deps, entry, caption);
  if (sent === undefined) return reply(ctx, card(true, false));
  await pastRequests.setSent(entry.id, sent);
}

/** Sends the files by their ids, the first with the caption; false where Telegram does not take the first one. */
async function sendKnown(ctx: BotContext, files: readonly SentFile[], caption: MessageView): Promise<boolean> {
  const [first, ...others] = files;
  if (first === undefined) return false;
  try {
    await sendAgain(ctx, first, caption);
  } catch (error) {
    const failure = classifyTelegramError(error);
    if (isShut(failure)) return true;
    if (failure !== 'bad-media' && failure !== 'refused') throw error;
    return false;
  }
  for (const one of others) await sendAgain(ctx, one, { text: '', rows: [] }).catch(() => undefined);
  return true;
}

async function sendAgain(ctx: BotContext, { form, id }: SentFile, view: MessageView): Promise<void> {
  const other = {
    ...(view.text === '' ? {} : { caption: view.text, parse_mode: 'HTML' as const }),
    ...(view.rows.length === 0 ? {} : { reply_markup: keyboardFor(view) }),
  };
  switch (form) {
    case 'photo':
      return void (await ctx.replyWithPhoto(id, other));
    case 'video':
      return void (await ctx.replyWithVideo(id, other));
    case 'animation':
      return void (await ctx.replyWithAnimation(id, other));
    case 'audio':
      return void (await ctx.replyWithAudio(id, other));
    case 'voice':
      return void (await ctx.replyWithVoice(id, other));
    case 'document':
      return void (await ctx.replyWithDocument(id, other));
  }
}

/** Uploads the kept files as documents; undefined where the first one is gone. */
async function sendKept(
  ctx: BotContext,
  { results }: BotDeps,
  { jobId, made }: PastRequest,
  caption: MessageView,
): Promise<readonly SentFile[] | undefined> {
  const sent: SentFile[] = [];
  for (const [number, file] of made.entries()) {
    const opened = await results.open(jobId, number);
    if (opened === undefined) return number === 0 ? undefined : sent;
    const words = number === 0 ? { caption: caption.text, parse_mode: 'HTML' as const } : {};
    const keyboard = number === 0 ? { reply_markup: keyboardFor(caption) } : {};
    const upload = uploadOf(file, opened);
    const other = { ...words, ...keyboard };
    try {
      const message =
        file.kind === 'image' ? await ctx.replyWithPhoto(upload, other) : await ctx.replyWithDocument(upload, other);
      sent.push(...sentFileIn(message));
    } catch (error) {
      const failure = classifyTelegramError(error);
      if (isShut(failure)) return sent;
      if (failure !== 'bad-media') throw error;
      const again = await results.open(jobId, number);
      if (again === undefined) return number === 0 ? undefined : sent;
      sent.push(...sentFileIn(await ctx.replyWithDocument(uploadOf(file, again), other)));
    }
  }
  return sent.length === 0 ? undefined : sent;
}

/** An answer is words, which are kept as long as their job; false when it is gone. */
async function showText(ctx: BotContext, deps: BotDeps, { jobId }: PastRequest): Promise<boolean> {
  const job = (await deps.service.find(jobId))?.job;
  if (job === undefined || !('outcome' in job.state) || job.state.outcome.kind !== 'result') return false;
  for (const view of await viewsFor(job, job.state.outcome, deps)) await reply(ctx, view);
  return true;
}
