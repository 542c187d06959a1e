import type { Outage } from '../domain/shared/processes.ts';
import type { Cancelled } from '../domain/job-engine.ts';
import type { JobId } from '../domain/ids.ts';
import type { OptionMistake } from '../domain/job.ts';
import { type JobKind, jobKinds, kindTraits, type StyleName } from '../domain/kinds.ts';
import type { JobView, PoolView } from '../domain/views.ts';
import { alertView, type AlertUpdate, databaseAwayView } from './alert-view.ts';
import { type Catalog, localizerFor } from './catalog.ts';
import {
  dialogueDoneView,
  type DialogueHint,
  type DialogueQuestion,
  questionView,
  type Style,
  stylesView,
} from './dialogue-views.ts';
import {
  bareWordsView,
  type BotProfile,
  commandEntries,
  profileOf,
  type CommandEntry,
  didYouMeanView,
  examplePrompt,
  forgetDoneView,
  forgetQuestionView,
  type ForgottenFacts,
  helpView,
  languageView,
  type Greeting,
  startView,
  textOnly,
  usageView,
} from './guide-views.ts';
import { adminToolsOf } from './admins/figures-view.ts';
import { keyAnswersOf } from './admins/key-answers.ts';
import { type OperatorLines, peopleMessagesOf, withOperator } from './people/people-views.ts';
import { keysTestedWords, keysView } from './keys-view.ts';
import type { MessageId } from './message-ids.ts';
import { type ModelFacts, modelsOfKindView, modelsView } from './models-view.ts';
import { optionMistakeView } from './options-view.ts';
import { captionView, heldView, type ResultFacts, textResultView, statusMessageView } from './outcome-view.ts';
import { type PremiumFacts, premiumView } from './payments/premium-view.ts';
import { personalMessagesOf } from './personal/personal-mapper.ts';
import { paymentMessagesOf } from './payments/payment-mapper.ts';
import { safetyMessagesOf } from './safety/safety-mapper.ts';
import { notOfferedView, refusedView, type Refusal } from './refusal-view.ts';
import { albumView, editQuestionView, type RemixFacts, type RemixMenu, remixRows } from './remix-views.ts';
import { statusView, type StatusFacts } from './status-view.ts';
import { escapeHtml, type MessageView, safe, shownText, withButton } from './view.ts';

const cancelMessages = {
  cancelled: 'cancel.done',
  running: 'cancel.stopping',
  'too-late': 'cancel.too-late',
  'not-found': 'cancel.nothing',
} as const satisfies Record<Cancelled['kind'], MessageId>;

/** The short text that Telegram shows over the chat after a button was pressed. */
export type CallbackAnswer = Extract<MessageId, `answer.${string}`> extends `answer.${infer Name}` ? Name : never;

/** What the operator wants people to read, and how many results those get who bring others. */
export type MapperOptions = { readonly operator?: OperatorLines; readonly referralResults?: number };

export type MessageMapper = ReturnType<typeof createMessageMapper>;

/**
 * Turns facts into the messages that people read, in the given language. Admins are not told what premium changes; a kind
 * that `offered` does not return is not spoken of, nor are payments unless the bot `sells`.
 */
export function createMessageMapper(
  catalog: Catalog,
  adminIds: ReadonlySet<number> = new Set(),
  offered: () => readonly JobKind[] = () => jobKinds,
  sells = false,
  more: MapperOptions = {},
) {
  const { operator = {}, referralResults = 0 } = more;
  const localizer = (locale: string) => localizerFor(catalog, locale);
  const known = (view: JobView) => ({
    ...view,
    isAdmin: adminIds.has(view.userId),
    hasAdmins: adminIds.size > 0,
  });
  return {
    /** The status message of a job in any phase. */
    statusMessage: (view: JobView, locale: string, nowMs?: number): MessageView =>
      statusMessageView(localizer(locale), known(view), nowMs),
    /** The same message after the job has failed or was cancelled: why, what next, and a button. */
    ended: (view: JobView, locale: string, nowMs: number): MessageView =>
      statusMessageView(localizer(locale), known(view), nowMs),
    /** The caption of a result; at most 1024 UTF-16 units. */
    caption: (view: JobView, locale: string, result: ResultFacts): MessageView =>
      captionView(localizer(locale), view, result),
    /** A text result, as one message or several. */
    textResult: (
      view: JobView,
      locale: string,
      result: ResultFacts,
      text: { readonly text: string; readonly isCut?: boolean },
    ): readonly [MessageView, ...MessageView[]] => textResultView(localizer(locale), view, result, text),
    /** A keyboard under a result. */
    remix: (menu: RemixMenu, facts: Omit<RemixFacts, 'offered'>, locale: string): MessageView['rows'] =>
      remixRows(localizer(locale), menu, { ...facts, offered: offered() }),
    /** The message under an album of variations. */
    album: (prompt: string, ids: readonly JobId[], locale: string): MessageView =>
      albumView(localizer(locale), prompt, ids),
    /** Asks what is to be changed in a picture. */
    editQuestion: (id: JobId, locale: string): MessageView => editQuestionView(localizer(locale), id),
    /** A message that shows a file, with a link to a copy of the file. */
    linked: (view: MessageView, url: string, locale: string): MessageView =>
      withButton(view, { text: localizer(locale).plain('button.link'), url }),
    /** The same message while it is unknown whether the outcome has arrived. */
    held: (view: JobView, locale: string): MessageView => heldView(localizer(locale), view),
    /** The short reply that notifies the person after a long wait, since edits do not. */
    ready: (locale: string): MessageView => textOnly(localizer(locale).say('ready')),
    /** The same where the request has failed. */
    notReady: (locale: string): MessageView => textOnly(localizer(locale).say('not-ready')),
    /** The state of a person's requests and how much of today is used; with the calls of each for an admin. */
    status: (views: readonly JobView[], locale: string, more: StatusFacts = {}): MessageView =>
      statusView(localizer(locale), views, { offered: offered(), ...more }),
    /** A request that was not accepted. */
    refused: (refusal: Refusal, locale: string): MessageView => refusedView(localizer(locale), refusal),
    /** A request of a kind that is not offered: what is. */
    notOffered: (kind: JobKind, locale: string): MessageView => notOfferedView(localizer(locale), kind, offered()),
    /** A request that needs a picture and came without one. */
    pictureNeeded: (kind: JobKind, locale: string): MessageView =>
      textOnly(localizer(locale).say('refused.picture-needed', { command: kindTraits[kind].command })),
    /** Options that no model can follow; nothing was stored. */
    optionMistake: (mistake: OptionMistake, kind: JobKind, locale: string): MessageView =>
      optionMistakeView(localizer(locale), mistake, kind),
    usage: (kind: JobKind, locale: string): MessageView => usageView(localizer(locale), kind),
    /** The prompt of the example button. */
    example: (kind: JobKind, locale: string): string => examplePrompt(localizer(locale), kind),

    start: (locale: string, person: Greeting): MessageView => startView(localizer(locale), person, offered()),
    help: (locale: string, person: { readonly admin: boolean; readonly inline?: boolean }): MessageView =>
      withOperator(localizer(locale), helpView(localizer(locale), person, offered(), sells), operator),
    unknownCommand: (locale: string): MessageView => textOnly(localizer(locale).say('unknown-command')),
    /** For a command that is nearly one of ours; where it makes something, its words are quoted with buttons. */
    didYouMean: (command: string, words: string, locale: string): MessageView =>
      didYouMeanView(localizer(locale), command, words, offered()),
    /** Words without a command are quoted, and a button makes something of them. */
    bareWords: (words: string, locale: string): MessageView => bareWordsView(localizer(locale), words, offered()),
    /** For anonymous admins and channels that name the bot. */
    hiddenSender: (bot: string, locale: string): MessageView =>
      textOnly(localizer(locale).say('hidden-sender', { bot })),
    /** For stickers, voice messages and everything else without text. */
    textOnly: (locale: string): MessageView => textOnly(localizer(locale).say('text-only')),
    /** For a person over the flood limit. */
    slowDown: (locale: string): MessageView => textOnly(localizer(locale).say('slow-down')),
    /** For people of a group over its flood limit: some by name, and how many more. */
    slowDownAll: (
      people: readonly { readonly id: number; readonly name: string }[],
      more: number,
      locale: string,
    ): MessageView => {
      const names = people.map(({ id, name }) => `<a href="tg://user?id=${id}">${escapeHtml(shownText(name))}</a>`);
      return textOnly(localizer(locale).say('slow-down.group', { names: safe(names.join(', ')), more }));
    },
    /** The storage takes no writes right now. */
    storageUnavailable: (locale: string): MessageView => textOnly(localizer(locale).say('storage.unavailable')),
    /** Nothing can be stored right now; what was written stays with Telegram and is handled later. */
    storageWaiting: (locale: string): MessageView => textOnly(localizer(locale).say('storage.waiting')),
    /** The request was accepted, but its status message cannot be stored. */
    requestSafe: (locale: string): MessageView => textOnly(localizer(locale).say('storage.request-safe')),
    /** Somebody typed something that looks like a key; `isDeleted` when the message could be deleted. */
    typedKey: (isDeleted: boolean, locale: string): MessageView =>
      textOnly(localizer(locale).say(isDeleted ? 'typed-key.deleted' : 'typed-key.not-deleted')),
    language: (locale: string): MessageView => languageView(localizer(locale), catalog),
    languageSet: (locale: string): MessageView => textOnly(localizer(locale).say('language.set')),
    /** What Telegram shows of the bot to people who have not started it. */
    profile: (locale: string, bot: string): BotProfile => profileOf(localizer(locale), bot, offered()),
    commands: (locale: string, person: { readonly admin: boolean }): readonly CommandEntry[] =>
      commandEntries(localizer(locale), person, offered(), sells, referralResults > 0),

    /** The next question of a dialogue; a hint about the last answer stands before it. */
    question: (
      question: DialogueQuestion,
      locale: string,
      how: { readonly hint?: DialogueHint | undefined; readonly inGroup: boolean },
    ): MessageView => questionView(localizer(locale), question, how),
    /** The last question after the dialogue has ended. */
    dialogueDone: (words: string, style: Style, locale: string): MessageView =>
      dialogueDoneView(localizer(locale), words, style),
    dialogueCancelled: (locale: string): MessageView => textOnly(localizer(locale).say('dialogue.cancelled')),
    dialogueTooManyTries: (kind: JobKind, locale: string): MessageView =>
      textOnly(localizer(locale).say('dialogue.too-many-tries', { command: kindTraits[kind].command })),
    dialogueOutdated: (locale: string): MessageView => textOnly(localizer(locale).say('dialogue.outdated')),
    /** Every style with a button; for the words where there are some. */
    styles: (words: string, locale: string): MessageView => stylesView(localizer(locale), words, offered()),
    /** What each kind is made with. */
    models: (facts: ModelFacts, locale: string): MessageView => modelsView(localizer(locale), facts),
    /** The models of one kind, to choose one's own. */
    modelsOf: (kind: JobKind, facts: ModelFacts, locale: string): MessageView =>
      modelsOfKindView(localizer(locale), kind, facts),
    /** The example of a style. */
    styleExample: (style: StyleName, locale: string): string => localizer(locale).plain(`example.style-${style}`),

    /** The answer to /cancel. */
    cancelled: (kind: Cancelled['kind'], locale: string): MessageView =>
      textOnly(localizer(locale).say(cancelMessages[kind])),
    /** Plain text of at most 200 characters for answerCallbackQuery. */
    answer: (answer: CallbackAnswer, locale: string): string => localizer(locale).plain(`answer.${answer}`),
    /** Asked before anything is deleted. */
    forgetQuestion: (userId: number, locale: string, hasPaid = false): MessageView =>
      forgetQuestionView(localizer(locale), userId, hasPaid),
    forgetKept: (locale: string): MessageView => textOnly(localizer(locale).say('forget.kept')),
    forgetDone: (facts: ForgottenFacts, locale: string): MessageView => forgetDoneView(localizer(locale), facts),

    /** The answer to /new. */
    conversationNew: (locale: string): MessageView => textOnly(localizer(locale).say('conversation.new')),
    /** A picture that cannot be changed: too large for Telegram to hand over, unreadable, or gone. */
    pictureUnusable: (why: 'too-large' | 'unreadable' | 'unavailable', locale: string): MessageView =>
      textOnly(localizer(locale).say(`picture.${why}`)),
    premiumInfo: (locale: string, facts: PremiumFacts): MessageView => premiumView(localizer(locale), facts, offered()),
    /** To the admin who gave it. */
    premiumGranted: (locale: string, gift: { readonly userId: number; readonly untilMs: number }): MessageView =>
      textOnly(
        localizer(locale).say('premium.granted', { userId: String(gift.userId), until: new Date(gift.untilMs) }),
      ),
    /** To the person who got it. */
    premiumReceived: (locale: string, gift: { readonly untilMs: number }): MessageView =>
      textOnly(localizer(locale).say('premium.received', { until: new Date(gift.untilMs) })),
    premiumUsage: (locale: string): MessageView => textOnly(localizer(locale).say('premium.usage')),

    ...paymentMessagesOf(localizer, operator),
    ...keyAnswersOf(localizer),
    ...adminToolsOf(localizer),
    ...peopleMessagesOf(localizer, operator),
    ...safetyMessagesOf(localizer, offered, () =>
      catalog.locales.map((locale) => ({ locale, name: localizer(locale).plain('language.name') })),
    ),
    ...personalMessagesOf(catalog, localizer),

    alerts: (updates: readonly AlertUpdate[], locale: string): MessageView => alertView(localizer(locale), updates),
    /** For an admin, while the database of several processes cannot be used. */
    databaseAway: (outage: Pick<Outage, 'sinceMs' | 'reason'>, locale: string): MessageView =>
      databaseAwayView(localizer(locale), outage),
    databaseBack: (locale: string): MessageView => textOnly(localizer(locale).say('database.back')),
    /** `empty` are the providers that accept their keys and serve nothing. */
    keys: (view: PoolView, nowMs: number, locale: string, empty: readonly string[] = []): MessageView =>
      keysView(localizer(locale), view, nowMs, empty),
    /** Plain text, short enough for a callback answer. */
    keysTested: (results: readonly { readonly ok: boolean }[], locale: string): string =>
      keysTestedWords(localizer(locale), results),
    /** Plain text, short enough for a callback answer. */
    keysWoken: (count: number, locale: string): string => localizer(locale).plain('keys.woken', { count }),
  };
}
