import type { Cancelled } from '../domain/job-engine.ts';
import type { OptionMistake, JobKind } from '../domain/job.ts';
import type { JobView, PoolView } from '../domain/views.ts';
import { alertView, type AlertNews } from './alert-view.ts';
import { type Catalog, localizerFor } from './catalog.ts';
import {
  dialogueDoneView,
  type DialogueHint,
  type DialogueQuestion,
  questionView,
  type Style,
  styledWords,
} from './dialogue-views.ts';
import { captionView, type ResultFacts, textResultView, refusedView, usageView, type Refusal } from './outcome-view.ts';
import {
  forgetDoneView,
  forgetQuestionView,
  type ForgottenFacts,
  commandEntries,
  examplePrompt,
  helpView,
  languageView,
  startView,
  textOnly,
  type CommandEntry,
  limitsWords,
  premiumView,
  type DayUse,
  type PremiumFacts,
} from './guide-views.ts';
import { keysView, keysTestedWords } from './keys-view.ts';
import type { MessageId } from './message-ids.ts';
import { optionMistakeView } from './options-view.ts';
import { statusMessageView } from './status-message-view.ts';
import type { MessageView } from './view.ts';
import { statusView, type Trails } from './status-view.ts';

const cancelMessages = {
  cancelled: 'cancel.done',
  running: 'cancel.stopping',
  'too-late': 'cancel.too-late',
  'not-found': 'cancel.nothing',
} as const satisfies Record<Cancelled['kind'], MessageId>;

const answerMessages = {
  expired: 'answer.expired',
  notYours: 'answer.not-yours',
  alreadyDone: 'answer.already-done',
  accepted: 'answer.accepted',
  cancelled: 'answer.cancelled',
  tooLate: 'answer.too-late',
  refreshed: 'answer.refreshed',
  languageSet: 'answer.language-set',
  slowDown: 'answer.slow-down',
  storageRefuses: 'answer.storage-refuses',
} as const satisfies Record<string, MessageId>;

/** The short words that appear over the chat when a button was pressed. */
export type CallbackAnswer = keyof typeof answerMessages;

export type MessageMapper = ReturnType<typeof createMessageMapper>;

/** Turns what is known into what a person reads, in the language asked for. */
export function createMessageMapper(catalog: Catalog) {
  const localizer = (locale: string) => localizerFor(catalog, locale);
  return {
    /** The status message of a job in any phase. */
    statusMessage: (view: JobView, locale: string): MessageView => statusMessageView(localizer(locale), view),
    /** The same message once the job has failed or was cancelled: why, what next, and a button. */
    ended: (view: JobView, locale: string, nowMs: number): MessageView =>
      statusMessageView(localizer(locale), view, nowMs),
    /** The words under a result; at most 1024 units. */
    caption: (view: JobView, locale: string, result: ResultFacts): MessageView =>
      captionView(localizer(locale), view, result),
    /** A result that is words, as one message or several. */
    textResult: (
      view: JobView,
      locale: string,
      result: ResultFacts,
      text: string,
    ): readonly [MessageView, ...MessageView[]] => textResultView(localizer(locale), view, result, text),
    /** The short reply that rings after a long wait. */
    ready: (locale: string): MessageView => textOnly(localizer(locale).say('ready')),
    /** Where a person's requests stand; with their calls, for an admin's own. */
    status: (views: readonly JobView[], locale: string, trails?: Trails): MessageView =>
      statusView(localizer(locale), views, trails),
    /** A request that was not taken. */
    refused: (refusal: Refusal, locale: string): MessageView => refusedView(localizer(locale), refusal),
    /** Options that cannot be followed; nothing was stored. */
    optionMistake: (mistake: OptionMistake, kind: JobKind, locale: string): MessageView =>
      optionMistakeView(localizer(locale), mistake, kind),
    usage: (kind: JobKind, locale: string): MessageView => usageView(localizer(locale), kind),
    /** A prompt to show or to run when somebody presses the example button. */
    example: (kind: JobKind, locale: string): string => examplePrompt(localizer(locale), kind),

    start: (locale: string, person: { readonly name: string; readonly admin: boolean }): MessageView =>
      startView(localizer(locale), person),
    help: (locale: string, person: { readonly admin: boolean }): MessageView => helpView(localizer(locale), person),
    unknownCommand: (locale: string): MessageView => textOnly(localizer(locale).say('unknown-command')),
    /** For stickers, voice messages and whatever else is no text. */
    textOnly: (locale: string): MessageView => textOnly(localizer(locale).say('text-only')),
    /** For whoever asks for more at once than is answered. */
    slowDown: (locale: string): MessageView => textOnly(localizer(locale).say('slow-down')),
    /** Nothing can be written down right now. */
    storageRefuses: (locale: string): MessageView => textOnly(localizer(locale).say('storage.unavailable')),
    /** The request was taken just before that; its receipt cannot be kept. */
    keptInTrouble: (locale: string): MessageView => textOnly(localizer(locale).say('storage.kept')),
    /** Somebody wrote what looks like a key of a service; `isGone` when the message could be deleted. */
    typedKey: (isGone: boolean, locale: string): MessageView =>
      textOnly(localizer(locale).say(isGone ? 'typed-key.deleted' : 'typed-key.not-deleted')),
    language: (locale: string): MessageView => languageView(localizer(locale), catalog),
    languageSet: (locale: string): MessageView => textOnly(localizer(locale).say('language.set')),
    commands: (locale: string, person: { readonly admin: boolean }): readonly CommandEntry[] =>
      commandEntries(localizer(locale), person),

    /** What a dialogue asks next; before it, what was wrong with the last answer. */
    question: (
      question: DialogueQuestion,
      locale: string,
      how: { readonly hint?: DialogueHint | undefined; readonly inGroup: boolean },
    ): MessageView => questionView(localizer(locale), question, how),
    /** The last question once everything is said. */
    dialogueDone: (words: string, locale: string): MessageView => dialogueDoneView(localizer(locale), words),
    dialogueLeft: (locale: string): MessageView => textOnly(localizer(locale).say('dialogue.left')),
    dialogueGivenUp: (locale: string): MessageView => textOnly(localizer(locale).say('dialogue.given-up')),
    dialogueOutdated: (locale: string): MessageView => textOnly(localizer(locale).say('dialogue.outdated')),
    /** A prompt with the words of a style behind it. */
    styled: (words: string, style: Style, locale: string): string => styledWords(localizer(locale), words, style),

    /** What /cancel answers. */
    cancelled: (kind: Cancelled['kind'], locale: string): MessageView =>
      textOnly(localizer(locale).say(cancelMessages[kind])),
    /** Plain text of at most 200 units for answerCallbackQuery. */
    answer: (answer: CallbackAnswer, locale: string): string => localizer(locale).plain(answerMessages[answer]),
    /** How much of today is used. */
    limits: (locale: string, day: DayUse): MessageView => textOnly(limitsWords(localizer(locale), day)),

    /** Before anything is deleted. */
    forgetQuestion: (userId: number, locale: string): MessageView => forgetQuestionView(localizer(locale), userId),
    forgetKept: (locale: string): MessageView => textOnly(localizer(locale).say('forget.kept')),
    forgetDone: (facts: ForgottenFacts, locale: string): MessageView => forgetDoneView(localizer(locale), facts),

    premiumInfo: (locale: string, facts: PremiumFacts): MessageView => premiumView(localizer(locale), facts),
    /** To the admin who gave it. */
    premiumGranted: (locale: string, gift: { readonly userId: number; readonly untilMs: number }): MessageView =>
      textOnly(
        localizer(locale).say('premium.granted', { userId: String(gift.userId), until: new Date(gift.untilMs) }),
      ),
    /** To the person who got it. */
    premiumReceived: (locale: string, gift: { readonly untilMs: number }): MessageView =>
      textOnly(localizer(locale).say('premium.received', { until: new Date(gift.untilMs) })),
    premiumUsage: (locale: string): MessageView => textOnly(localizer(locale).say('premium.usage')),

    alerts: (news: readonly AlertNews[], locale: string): MessageView => alertView(localizer(locale), news),
    keys: (view: PoolView, nowMs: number, locale: string): MessageView => keysView(localizer(locale), view, nowMs),
    /** Plain text, short enough for a callback answer. */
    keysTested: (results: readonly { readonly ok: boolean }[], locale: string): string =>
      keysTestedWords(localizer(locale), results),
    /** Plain text, short enough for a callback answer. */
    keysWoken: (count: number, locale: string): string => localizer(locale).plain('keys.woken', { count }),
  };
}
