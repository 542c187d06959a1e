import type { InputFile } from 'grammy';
import type { JobId } from '../../domain/ids.ts';
import { aspects, filesOf, type GenerationOptions, type Job } from '../../domain/job.ts';
import { styleNames } from '../../domain/kinds.ts';
import { modelTag } from '../../messages/models-view.ts';
import { readRemix, type RemixAction, type RemixMenu, variationCounts } from '../../messages/remix-views.ts';
import { escapeHtml } from '../../messages/view.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { keyboardFor, replyTo, sendOutcome, uploadOf } from '../delivery/media-message.ts';
import { viewsFor } from '../delivery/show-outcome.ts';
import { classifyTelegramError, isShut } from '../outbox/telegram-error.ts';
import { findJob } from '../personal/remembered-job.ts';
import { answer, replyQuoting } from '../reply.ts';
import { pictureIn } from '../message-words.ts';
import type { PictureReference } from './sent-pictures.ts';
import { type ReadRequest, submitRequest } from './submit-request.ts';

/** What makes something new of a result. */
type Making = Extract<RemixAction, 'vary' | 'seed' | 'shape' | 'style' | 'model' | 'animate' | 'enlarge'>;

/**
 * A press of a button under a result. All that it needs is in the database and in the message itself, so it works after a
 * restart; only the person of the request is heard. What makes something is a request like that of a command.
 */
export async function pressRemixButton(ctx: BotContext, deps: BotDeps, data: string): Promise<void> {
  const { messages } = deps;
  const { userId, locale } = ctx.speaker;
  const press = readRemix(data);
  const job = press && (await findJob(deps, press.id, ctx.chat?.id));
  if (press === undefined || job === undefined) return answer(ctx, messages.answer('expired', locale));
  if (job.origin.userId !== userId) return answer(ctx, messages.answer('not-yours', locale));
  const { action, more } = press;
  const open = async (menu: RemixMenu): Promise<void> => {
    await answer(ctx);
    return showKeyboard(ctx, deps, job, menu);
  };
  switch (action) {
    case 'more':
    case 'back':
    case 'shapes':
    case 'styles':
    case 'models':
    case 'delete':
      return open(action);
    case 'star':
    case 'unstar':
      return star(ctx, deps, job, action === 'star');
    case 'edit':
      await answer(ctx);
      return replyQuoting(ctx, messages.editQuestion(job.id, locale));
    case 'copy':
      await answer(ctx);
      return replyQuoting(ctx, { text: `<code>${escapeHtml(job.prompt.slice(0, 4_000))}</code>`, rows: [] });
    case 'original':
      return sendOriginal(ctx, deps, job);
    case 'pick':
      return showAlone(ctx, deps, job);
    case 'gone':
      return remove(ctx, deps, job, more === 'ask');
    case 'vary':
      return more === undefined ? open('vary') : make(ctx, deps, job, { action, more });
    case 'seed':
    case 'shape':
    case 'style':
    case 'model':
    case 'animate':
    case 'enlarge':
      return make(ctx, deps, job, { action, more });
  }
}

/** Makes something of the result; the answer to the press goes out first. */
async function make(
  ctx: BotContext,
  deps: BotDeps,
  job: Job,
  { action, more }: { readonly action: Making; readonly more: string | undefined },
): Promise<void> {
  const { messages } = deps;
  const { locale } = ctx.speaker;
  const options = optionsFor(ctx, deps, job, action, more);
  const count = variationCounts.find((known) => String(known) === more);
  if (options === undefined || (action === 'vary' && count === undefined)) {
    return answer(ctx, messages.answer('expired', locale));
  }
  const kind = action === 'animate' ? 'video' : action === 'enlarge' ? 'edit' : job.kind;
  // What is made of the picture itself takes what the request made, the rest what it was made from.
  const isOfResult = action === 'animate' || action === 'enlarge';
  const picture: PictureReference = isOfResult ? pictureOf(job.id, ctx) : { jobId: job.id };
  const request = { kind, prompt: job.prompt, options, isRepetition: true, picture } as const;
  if (await isUnderWay(ctx, deps, request)) return answer(ctx, messages.answer('already-done', locale));
  await answer(ctx, messages.answer('accepted', locale));
  return count === undefined ? submitRequest(ctx, deps, request) : submitRequest(ctx, deps, request, count);
}

/** Whether an earlier press of the same button by the same person is still being worked on. */
async function isUnderWay(
  { update, callbackQuery, chat, speaker }: BotContext,
  { service }: BotDeps,
  { kind, options = {} }: ReadRequest,
): Promise<boolean> {
  const open = (await service.findAll(speaker.userId)).filter(({ phase }) => phase.kind !== 'ended');
  for (const { id } of open) {
    const found = await service.find(id);
    if (found === undefined || found.job.updateId === update.update_id) continue;
    const { origin, kind: made } = found.job;
    const isHere = origin.chatId === chat?.id && origin.messageId === callbackQuery?.message?.message_id;
    if (isHere && made === kind && nameOf(found.job.options ?? {}) === nameOf(options)) return true;
  }
  return false;
}

/** Options as a person chose them; two that differ in nothing else have the same name. */
function nameOf({ chosenSeed: _chosen, preferred: _preferred, ...chosen }: GenerationOptions): string {
  return JSON.stringify(Object.entries(chosen).toSorted(([one], [other]) => one.localeCompare(other)));
}

/** The options of the next request: those of the result with one change, and a new seed unless it is to be the same. */
function optionsFor(
  { speaker }: BotContext,
  { service }: BotDeps,
  job: Job,
  action: Making,
  more: string | undefined,
): GenerationOptions | undefined {
  const { seed: _seed, chosenSeed: _chosen, preferred: _preferred, enlarge: _larger, ...kept } = job.options ?? {};
  switch (action) {
    case 'vary':
      return kept;
    case 'animate': {
      const { aspect, preset } = kept;
      const look = { ...(aspect === undefined ? {} : { aspect }), ...(preset === undefined ? {} : { preset }) };
      const moving = { ...look, fromPicture: true as const };
      return service.models.canFollow('video', moving, speaker) ? moving : look;
    }
    case 'enlarge':
      return { enlarge: true };
    case 'seed': {
      const made = 'outcome' in job.state && job.state.outcome.kind === 'result' ? job.state.outcome.model : undefined;
      const seed = made === undefined ? undefined : service.models.seedOf(job, made);
      return made === undefined || seed === undefined ? undefined : { ...kept, seed, model: made };
    }
    case 'shape': {
      const aspect = aspects.find((known) => known.replace(':', 'x') === more);
      return aspect === undefined ? undefined : { ...kept, aspect };
    }
    case 'style': {
      const preset = styleNames.find((known) => known === more);
      return preset === undefined ? undefined : { ...kept, preset };
    }
    case 'model': {
      const found = service.models.offered(job.kind, speaker).find(({ model }) => modelTag(model) === more);
      return found === undefined ? undefined : { ...kept, model: found.model };
    }
  }
}

/** The picture of a result: as it was made while it is kept, and as Telegram has it for ever. */
export function pictureOf(id: JobId, { message, callbackQuery }: BotContext): PictureReference {
  const shown = pictureIn(callbackQuery?.message ?? message?.reply_to_message);
  return { resultOf: id, ...(shown !== undefined && 'fileId' in shown ? { fileId: shown.fileId } : {}) };
}

/** Marks the request as a favourite, or takes that back; the menu shows which. */
async function star(ctx: BotContext, deps: BotDeps, job: Job, isFavourite: boolean): Promise<void> {
  const { messages, pastRequests } = deps;
  const { userId, locale } = ctx.speaker;
  const past = await pastRequests.ofJob(job.id);
  const isSet = past !== undefined && (await pastRequests.setFavourite(past.id, userId, isFavourite));
  if (!isSet) return answer(ctx, messages.answer('expired', locale));
  await answer(ctx, messages.answer(isFavourite ? 'starred' : 'unstarred', locale));
  return showKeyboard(ctx, deps, job, 'more');
}

async function showKeyboard(
  ctx: BotContext,
  { messages, service, pastRequests }: BotDeps,
  job: Job,
  menu: RemixMenu,
): Promise<void> {
  const { id, kind, prompt } = job;
  // A remembered job has no language of its own.
  const locale = job.locale === '' ? ctx.speaker.locale : job.locale;
  const made = 'outcome' in job.state && job.state.outcome.kind === 'result' ? job.state.outcome.model : undefined;
  const facts = {
    id,
    kind,
    prompt,
    hasSeed: made !== undefined && service.models.seedOf(job, made) !== undefined,
    isFavourite: (await pastRequests.ofJob(id))?.isFavourite,
    models: service.models.offered(kind, ctx.speaker),
    canEnlarge: service.models.canFollow('edit', { enlarge: true }, ctx.speaker),
  };
  // Links to copies of the files stay.
  const shown = ctx.callbackQuery?.message?.reply_markup?.inline_keyboard.flat() ?? [];
  const links = shown.flatMap((button) => ('url' in button ? [{ text: button.text, url: button.url }] : []));
  const rows = [...messages.remix(menu, facts, locale), ...(links.length === 0 ? [] : [links])];
  const view = messages.withReport({ text: '', rows }, { ...job, locale });
  try {
    await ctx.editMessageReplyMarkup({ reply_markup: keyboardFor(view) });
  } catch (error) {
    const failure = classifyTelegramError(error);
    if (failure !== 'not-modified' && failure !== 'no-message' && !isShut(failure)) throw error;
  }
}

/** Sends the file as it was made, as a document: Telegram compresses what it shows as a photo. */
async function sendOriginal(ctx: BotContext, { messages, results, service }: BotDeps, job: Job): Promise<void> {
  const { locale } = ctx.speaker;
  const outcome = 'outcome' in job.state ? job.state.outcome : undefined;
  const files = outcome?.kind === 'result' ? filesOf(outcome.payload) : [];
  const [file] = files;
  const opened = file && (await results.open(job.id));
  const message = ctx.callbackQuery?.message;
  if (file === undefined || opened === undefined || message === undefined) {
    const hasSeed = outcome?.kind === 'result' && service.models.seedOf(job, outcome.model) !== undefined;
    return answer(ctx, hasSeed ? messages.fileGoneWithSeed(locale) : messages.answer('file-gone', locale));
  }
  await answer(ctx, messages.answer('coming', locale));
  await ctx.replyWithDocument(uploadOf(file, opened) satisfies InputFile, {
    reply_parameters: replyTo(message.message_id),
    disable_content_type_detection: true,
  });
}

/** Deletes the message, and with a result everything that is kept of its request. */
async function remove(ctx: BotContext, deps: BotDeps, job: Job, isQuestion: boolean): Promise<void> {
  const { messages } = deps;
  const { locale } = ctx.speaker;
  let isDeleted = true;
  try {
    await ctx.deleteMessage();
  } catch (error) {
    isDeleted = classifyTelegramError(error) === 'no-message';
  }
  if (isQuestion) return answer(ctx);
  await deps.forgetJob(job.id);
  if (!isDeleted) await ctx.editMessageReplyMarkup().catch(() => undefined);
  return answer(ctx, messages.answer(isDeleted ? 'deleted' : 'cannot-delete', locale));
}

/** Shows one picture of an album alone, with its own buttons. */
async function showAlone(ctx: BotContext, deps: BotDeps, job: Job): Promise<void> {
  const { messages, results, service, clock } = deps;
  const { locale } = ctx.speaker;
  const outcome = 'outcome' in job.state ? job.state.outcome : undefined;
  const [file] = outcome?.kind === 'result' ? filesOf(outcome.payload) : [];
  const opened = file && (await results.open(job.id));
  if (outcome === undefined || file === undefined || opened === undefined) {
    return answer(ctx, messages.answer('file-gone', locale));
  }
  await answer(ctx);
  const [view] = await viewsFor(job, outcome, { service, messages, clock });
  await sendOutcome(ctx.api, job, {
    file: { file, opened },
    as: job.wishes?.asFile === true ? 'document' : 'fitting',
    view,
  });
}
