import { Composer } from 'grammy';
import { jobId } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import { defaultKind, jobKinds, stylesOf } from '../domain/kinds.ts';
import type { CallbackAnswer } from '../messages/message-mapper.ts';
import { parseCallbackData } from '../messages/view.ts';
import { isForeignPress } from './middleware/identify.ts';
import { answer, edit, showInPressed } from './reply.ts';
import { submitRequest, submitText } from './commands/submit-request.ts';
import { slipIn } from './commands/fallback.ts';
import { wordsAfterMention, wordsOf, mask } from './message-words.ts';
import { pressForgetButton } from './commands/forget.ts';
import { pressModelButton } from './commands/models.ts';
import { pressRemixButton } from './commands/remix.ts';
import { pressNewsButton } from './admins/broadcast-command.ts';
import { pressAccessButton } from './people/access-gate.ts';
import { pressKeysButton } from './commands/keys.ts';
import { pressGroupButton } from './groups/group-settings.ts';
import { pressReportButton } from './safety/report.ts';
import { pressFeedbackButton } from './personal/feedback.ts';
import { pressPastButton } from './personal/history.ts';
import { linkedWords } from './personal/inline.ts';
import { findJob } from './personal/remembered-job.ts';
import { pressSettingsButton } from './personal/settings.ts';
import { pressBuyButton } from './payments/shop.ts';
import { showList } from './commands/status-and-cancel.ts';
import type { BotContext, BotDeps } from './context.ts';

const answers = {
  cancelled: 'cancelled',
  running: 'cancelled',
  'too-late': 'too-late',
  'not-found': 'expired',
} as const satisfies Record<string, CallbackAnswer>;

/** Answers every press; the database decides what a button may do, not its data. */
export function buttons(deps: BotDeps): Composer<BotContext> {
  const { service, messages, users, statusMessages } = deps;
  const feature = new Composer<BotContext>();
  feature.on('callback_query', async (ctx) => {
    const { userId, locale } = ctx.speaker;
    // A press without a message (inline mode) has no chat to answer in.
    if (ctx.callbackQuery.message === undefined) return answer(ctx, messages.answer('expired', locale));
    const press = parseCallbackData(ctx.callbackQuery.data ?? '');
    switch (press?.verb) {
      case 'cancel': {
        const found = await service.find(jobId(press.id));
        if (found !== undefined && !isOwn(found.job, userId)) return answer(ctx, messages.answer('not-yours', locale));
        const { kind } = await service.cancel(jobId(press.id), userId);
        await answer(ctx, messages.answer(answers[kind], locale));
        // The status message is refreshed by the job's progress; a list of requests is not.
        if (found === undefined || found.job.statusMessageId === ctx.callbackQuery.message?.message_id) return;
        return showList(ctx, deps, showInPressed);
      }
      case 'again': {
        const job = await findJob(deps, press.id, ctx.chat?.id);
        if (job === undefined) return answer(ctx, messages.answer('expired', locale));
        if (!isOwn(job, userId)) return answer(ctx, messages.answer('not-yours', locale));
        if (await isRunning(ctx, deps)) return answer(ctx, messages.answer('already-done', locale));
        await answer(ctx, messages.answer('accepted', locale));
        return submitRequest(ctx, deps, { ...againFrom(job), isRepetition: true, picture: { jobId: job.id } });
      }
      case 'show': {
        const found = await service.find(jobId(press.id));
        if (found === undefined) return answer(ctx, messages.answer('expired', locale));
        if (!isOwn(found.job, userId)) return answer(ctx, messages.answer('not-yours', locale));
        const isShown = await deps.deliveries.showAgain(found.job.id);
        await answer(ctx, messages.answer(isShown ? 'coming' : 'already-done', locale));
        // The status message becomes the outcome; a list of requests does not.
        if (found.job.statusMessageId === ctx.callbackQuery.message.message_id) return;
        return showList(ctx, deps, showInPressed);
      }
      case 'example': {
        const kind = jobKinds.find((known) => known === press.id);
        if (kind === undefined) return answer(ctx, messages.answer('expired', locale));
        if (await isRunning(ctx, deps)) return answer(ctx, messages.answer('already-done', locale));
        await answer(ctx, messages.answer('accepted', locale));
        return submitRequest(ctx, deps, { kind, prompt: messages.example(kind, locale) });
      }
      case 'make': {
        const kind = jobKinds.find((known) => known === press.id);
        const words = await wordsToMake(
          ctx,
          deps,
          messages.commands(locale, { admin: false }).map(({ command }) => command),
        );
        if (isForeignPress(ctx.callbackQuery)) return answer(ctx, messages.answer('not-yours', locale));
        if (kind === undefined || words === '') return answer(ctx, messages.answer('expired', locale));
        if (await isRunning(ctx, deps)) return answer(ctx, messages.answer('already-done', locale));
        await answer(ctx, messages.answer('accepted', locale));
        return submitText(ctx, deps, kind, words);
      }
      case 'style': {
        const preset = stylesOf(defaultKind).find((known) => known === press.id);
        if (isForeignPress(ctx.callbackQuery)) return answer(ctx, messages.answer('not-yours', locale));
        if (preset === undefined) return answer(ctx, messages.answer('expired', locale));
        if (await isRunning(ctx, deps)) return answer(ctx, messages.answer('already-done', locale));
        await answer(ctx, messages.answer('accepted', locale));
        const words = wordsAnswered(ctx, []);
        if (words !== '') return submitText(ctx, deps, defaultKind, `${words} --style ${preset}`);
        const prompt = messages.styleExample(preset, locale);
        return submitRequest(ctx, deps, { kind: defaultKind, prompt, options: { preset } });
      }
      case 'status': {
        if (press.id === 'all') {
          if (isForeignPress(ctx.callbackQuery)) return answer(ctx, messages.answer('not-yours', locale));
          await answer(ctx, messages.answer('refreshed', locale));
          return showList(ctx, deps, showInPressed);
        }
        const found = await service.find(jobId(press.id));
        if (found === undefined) return answer(ctx, messages.answer('expired', locale));
        if (!isOwn(found.job, userId)) return answer(ctx, messages.answer('not-yours', locale));
        await answer(ctx, messages.answer('refreshed', locale));
        const isStatusMessage = await statusMessages.refreshPressed(found.job, ctx.callbackQuery.message.message_id);
        return isStatusMessage ? undefined : showList(ctx, deps, showInPressed);
      }
      case 'language': {
        const chosen = deps.matchLocale(press.id);
        if (chosen !== press.id) return answer(ctx, messages.answer('expired', locale));
        if (isForeignPress(ctx.callbackQuery)) return answer(ctx, messages.answer('not-yours', locale));
        await users.setLocale(userId, chosen);
        await answer(ctx, messages.answer('language-set', chosen));
        return edit(ctx, messages.language(chosen));
      }
      // An open dialogue handles its own presses; this one belongs to an older question.
      case 'ask':
        return answer(ctx, messages.answer(isForeignPress(ctx.callbackQuery) ? 'not-yours' : 'expired', locale));
      case 'model':
        return pressModelButton(ctx, deps, press.id);
      case 'set':
        return pressSettingsButton(ctx, deps, press.id);
      case 'past':
        return pressPastButton(ctx, deps, press.id);
      case 'tell':
        return pressFeedbackButton(ctx, deps, press.id);
      case 'r1':
        return pressRemixButton(ctx, deps, press.id);
      case 'keys':
        return pressKeysButton(ctx, deps, press.id);
      case 'buy':
        return pressBuyButton(ctx, deps, press.id);
      case 'news':
        return pressNewsButton(ctx, deps, press.id);
      case 'access':
        return pressAccessButton(ctx, deps, press.id);
      case 'report':
        return pressReportButton(ctx, deps, press.id);
      case 'group':
        return pressGroupButton(ctx, deps, press.id);
      case 'forget':
        return pressForgetButton(ctx, deps, press.id);
      case undefined:
        return answer(ctx, messages.answer('expired', locale));
    }
  });
  return feature;
}

/** What the person wrote in the message that the bot's message answers; Telegram keeps it, so a restart loses nothing. */
function wordsAnswered({ callbackQuery, me }: BotContext, commands: readonly string[]): string {
  const asked = callbackQuery?.message?.reply_to_message;
  const { text: written, command } = wordsOf(asked, me.username);
  const text = wordsAfterMention(asked, me.username) ?? written;
  const words = (command?.words ?? slipIn(text, commands)?.words ?? text).trim();
  return words.includes(mask) ? '' : words;
}

/** The same, or the words that a link to the bot has brought. */
async function wordsToMake(ctx: BotContext, deps: BotDeps, commands: readonly string[]): Promise<string> {
  const { command } = wordsOf(ctx.callbackQuery?.message?.reply_to_message, ctx.me.username);
  if (command?.name !== 'start') return wordsAnswered(ctx, commands);
  return (await linkedWords(deps, ctx.speaker.userId, command.words.trim())) ?? '';
}

function isOwn({ origin }: Job, userId: number): boolean {
  return origin.userId === userId;
}

/** Whether an earlier press of the same button by the same person is still running. */
async function isRunning({ update, callbackQuery, chat, speaker }: BotContext, { service }: BotDeps): Promise<boolean> {
  const views = await service.findAll(speaker.userId);
  const open = views.filter(({ phase }) => phase.kind !== 'ended');
  const found = await Promise.all(open.map(({ id }) => service.find(id)));
  return found.some((one) => {
    if (one === undefined || one.job.updateId === update.update_id) return false;
    const { chatId, messageId } = one.job.origin;
    return chatId === chat?.id && messageId === callbackQuery?.message?.message_id;
  });
}

/** A result again is another one of the same words; what failed is tried as it was. */
function againFrom({ kind, prompt, options, state }: Job): Pick<Job, 'kind' | 'prompt' | 'options'> {
  if (options === undefined || !('outcome' in state) || state.outcome.kind !== 'result') {
    return { kind, prompt, ...(options === undefined ? {} : { options }) };
  }
  const { seed: _seed, chosenSeed: _chosen, ...kept } = options;
  return { kind, prompt, options: kept };
}
