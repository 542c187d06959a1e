import type { CheckedOptions } from '../../jobs/request/chain-models.ts';
import { albumIds, type GenerationOptions, type OptionMistake, isMadeFromPicture } from '../../domain/job.ts';
import { type JobKind, jobKinds, kindTraits } from '../../domain/kinds.ts';
import { jobId } from '../../domain/ids.ts';
import { wishesOf, withPreferences } from '../../domain/personal/preferences.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { readPromptOptions, checkPrompt, maxPromptLength } from '../../jobs/request/generation-request.ts';
import type { BotContext, BotDeps, Speaker } from '../context.ts';
import { groupRules } from '../groups/group-settings.ts';
import { reply, replyPrivately } from '../reply.ts';
import type { Submitted } from '../../jobs/generation-service-options.ts';
import type { MessageView } from '../../messages/view.ts';
import { Composer } from 'grammy';
import { guidedRequestId } from '../dialogue/guided-request.ts';
import { isCommand, wordsAfterCommand, wordsOf, mask, pictureIn } from '../message-words.ts';
import type { PictureReference } from './sent-pictures.ts';

/** A prompt with its options, parsed. */
export type ReadRequest = {
  readonly kind: JobKind;
  readonly prompt: string;
  readonly options?: GenerationOptions | undefined;
  /** A repetition of an earlier request keeps to its options, whatever the person prefers now. */
  readonly isRepetition?: true;
  /** For a kind that is made from one. */
  readonly picture?: PictureReference | undefined;
};

/**
 * Parses a typed prompt with its options and submits it; a mistake is answered and costs nothing. The picture is what is
 * changed, or what a video begins with where a model can that.
 */
export async function submitText(
  ctx: BotContext,
  deps: BotDeps,
  kind: JobKind,
  text: string,
  picture?: PictureReference,
): Promise<void> {
  const read = readPromptOptions(text);
  if (!read.ok) return replyWithMistake(ctx, deps, kind, read.mistake);
  const moving = { ...read.options, fromPicture: true as const };
  const isBeginning =
    picture !== undefined &&
    kindTraits[kind].needs === 'words' &&
    deps.service.models.canFollow(kind, moving, ctx.speaker);
  return submitRequest(ctx, deps, { kind, prompt: read.words, options: isBeginning ? moving : read.options, picture });
}

type RequestRefusal =
  | 'busy'
  | 'empty-prompt'
  | 'prompt-too-long'
  | 'queue-full'
  | 'quota-reached'
  | 'media-not-allowed'
  | 'not-allowed';

/** Submits a request, or several alike, and answers at once; the status message shows everything later. */
export async function submitRequest(
  ctx: BotContext,
  deps: BotDeps,
  { kind, prompt, options = {}, picture, isRepetition }: ReadRequest,
  count = 1,
): Promise<void> {
  const { speaker, chat } = ctx;
  const message = ctx.message ?? ctx.callbackQuery?.message;
  if (chat === undefined || message === undefined) return;
  const refuse = (code: RequestRefusal) => {
    const { waiting, perDay, quotaDay, messages, clock } = deps;
    const { lane, locale, admin: isAdmin } = speaker;
    const limits = {
      waiting: waiting[lane],
      perDay: perDay[lane][kind],
      promptLimit: maxPromptLength,
      day: quotaDay,
      sellsPacks: deps.prices.packs.length > 0,
      nowMs: clock.now(),
    };
    return reply(ctx, messages.refused({ code, kind, lane, isAdmin, ...limits }, locale));
  };
  if (!deps.service.offered().includes(kind)) return reply(ctx, deps.messages.notOffered(kind, speaker.locale));
  const group = chat.type === 'private' ? undefined : await groupRules(ctx, deps, kind);
  if (group === 'declined') return;
  const checked = checkPrompt(prompt);
  if (!checked.ok) return refuse(checked.code);
  const plain = plainOptions(options);
  if ('kind' in plain) return replyWithMistake(ctx, deps, kind, plain);
  const canFollow = (wanted: GenerationOptions) => deps.service.models.checkOptions(kind, wanted, speaker).ok;
  const own = speaker.preferences;
  const wanted = isRepetition === true || own === undefined ? plain : withPreferences(kind, plain, own, canFollow);
  const checkedOptions = checkWithOwnModel(deps.service, kind, wanted, speaker);
  if (!checkedOptions.ok) return replyWithMistake(ctx, deps, kind, checkedOptions.mistake);
  // No result is paid for that may not be shown here.
  if (!(await deps.wayBack.mayCarry(kind, { chatId: chat.id }))) return refuse('media-not-allowed');
  const id = jobId(`tg-${ctx.update.update_id}`);
  const { fromPicture: _from, ...fromWords } = checkedOptions.options;
  let followed: GenerationOptions = checkedOptions.options;
  if (isMadeFromPicture({ kind, options: followed })) {
    const needsIt = kindTraits[kind].needs === 'picture';
    if (picture === undefined && needsIt) return reply(ctx, deps.messages.pictureNeeded(kind, speaker.locale));
    for (const one of albumIds(id, count)) {
      const kept = picture === undefined ? 'unavailable' : await deps.pictures.keep(picture, one);
      if (kept === 'kept') continue;
      if (needsIt) return reply(ctx, deps.messages.pictureUnusable(kept, speaker.locale));
      // A video can also be made from the words alone.
      followed = fromWords;
    }
  }
  using _answer = deps.wayBack.expectAnswer(id);
  const shownOptions = group?.hasSpoilers === true ? { ...followed, spoiler: true as const } : followed;
  const wishes = own === undefined ? undefined : wishesOf(own);
  const request = {
    kind,
    prompt: checked.prompt,
    ...(Object.keys(shownOptions).length === 0 ? {} : { options: shownOptions }),
    lane: speaker.lane,
    locale: speaker.locale,
    updateId: ctx.update.update_id,
    ...(count === 1 ? {} : { album: { size: count } }),
    ...(wishes === undefined ? {} : { wishes }),
    origin: {
      chatId: chat.id,
      chatType: chat.type === 'private' ? 'private' : 'group',
      userId: speaker.userId,
      messageId: message.message_id,
      ...(ctx.message === undefined ? { pressed: true as const } : {}),
      ...(ctx.msg?.is_topic_message === true && ctx.msg.message_thread_id !== undefined
        ? { threadId: ctx.msg.message_thread_id }
        : {}),
      ...(ctx.msg?.direct_messages_topic === undefined
        ? {}
        : { directTopicId: ctx.msg.direct_messages_topic.topic_id }),
    },
  } as const;
  const accepted = await deps.service.submit(request, 'receipt');
  if (accepted.kind === 'refused') {
    if (picture !== undefined) for (const one of albumIds(id, count)) await deps.pictures.drop(one);
    return accepted.code === 'barred' || accepted.code === 'words'
      ? replyPrivately(ctx, whyNotAccepted(deps, accepted, kind, speaker.locale))
      : refuse(accepted.code);
  }
  try {
    const { kind, job, ahead } = accepted;
    await deps.statusMessages.send(job, await deps.service.view(job, ahead), kind === 'accepted');
  } catch (error) {
    if (!isStorageRefusal(error)) throw error;
    await reply(ctx, deps.messages.requestSafe(speaker.locale));
  }
}

/** Words for a person who may ask for nothing now, or whose request was refused for its words. */
function whyNotAccepted(
  { messages, clock }: BotDeps,
  refused: Extract<Submitted, { code: 'barred' | 'words' }>,
  kind: JobKind,
  locale: string,
): MessageView {
  return refused.code === 'barred'
    ? messages.barred(refused.barred, clock.now(), locale)
    : messages.wordsRefused(kind, refused.restUntilMs, clock.now(), locale);
}

/** Answers why the options cannot be followed; nothing was accepted. */
export async function replyWithMistake(
  ctx: BotContext,
  deps: BotDeps,
  kind: JobKind,
  mistake: OptionMistake,
): Promise<void> {
  await reply(ctx, deps.messages.optionMistake(mistake, kind, ctx.speaker.locale));
}

/**
 * One command for each kind: a request, or a short dialogue when there are no words. The picture of a request stands over
 * its words, or in the message that they answer.
 */
export function generateCommands(deps: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('new'), async (ctx, next) => {
    if (ctx.chat === undefined || !deps.service.offered().includes('chat')) return next();
    await deps.chats.startConversation(ctx.chat.id, ctx.speaker.userId, deps.clock.now());
    await reply(ctx, deps.messages.conversationNew(ctx.speaker.locale));
  });
  for (const kind of jobKinds) {
    feature.filter(isCommand(kindTraits[kind].command), async (ctx) => {
      const { locale } = ctx.speaker;
      if (!deps.service.offered().includes(kind)) return reply(ctx, deps.messages.notOffered(kind, locale));
      const words = wordsAfterCommand(ctx);
      const picture = pictureIn(ctx.message) ?? pictureIn(ctx.message?.reply_to_message);
      if (kindTraits[kind].needs === 'picture') {
        if (picture !== undefined && hasWords(words)) return submitText(ctx, deps, kind, words, picture);
        return ctx.conversation.enter(guidedRequestId, kind, { words, ...(picture && { picture }) });
      }
      const quoted = hasWords(words) ? '' : quotedWords(ctx);
      if (words === '' && quoted === '') await ctx.conversation.enter(guidedRequestId, kind);
      else await submitText(ctx, deps, kind, `${quoted} ${words}`.trim(), picture);
    });
  }
  return feature;
}

/** Whether there is more than options. */
const worded = [
  ['negative', 'no'],
  ['title', 'title'],
  ['style', 'style'],
] as const;

/** The options with their words normalized like a prompt; words that show nothing are none. */
function plainOptions(options: GenerationOptions): GenerationOptions | OptionMistake {
  let plain = options;
  for (const [name, option] of worded) {
    const words = options[name];
    if (words === undefined) continue;
    const checked = checkPrompt(words);
    if (!checked.ok) return { kind: 'missing-value', option };
    plain = { ...plain, [name]: checked.prompt };
  }
  return plain;
}

function hasWords(text: string): boolean {
  const read = readPromptOptions(text);
  return !read.ok || read.words.trim() !== '';
}

/** The words of another person that the message replies to, or the part of them that it quotes. */
function quotedWords({ message, me }: BotContext): string {
  const repliedTo = message?.reply_to_message;
  if (repliedTo?.from?.id === me.id) return '';
  const written = wordsOf(repliedTo, me.username);
  const words = message?.quote?.text ?? written.command?.words ?? written.text;
  return words.includes(mask) ? '' : words.trim();
}

/**
 * Checks the options, with the person's own model first where they name none. One that is not offered any more, or that
 * cannot follow the other options, does not count.
 */
export function checkWithOwnModel(
  { models }: BotDeps['service'],
  kind: JobKind,
  options: GenerationOptions,
  speaker: Speaker,
): CheckedOptions {
  const own = options.model === undefined ? speaker.models?.[kind] : undefined;
  const isOffered = own !== undefined && models.offered(kind, speaker).some(({ model }) => model === own);
  return models.checkOptions(kind, isOffered ? { ...options, preferred: own } : options, speaker);
}
