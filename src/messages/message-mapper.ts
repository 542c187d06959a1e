import type { Cancelled } from '../domain/job-engine.ts';
import type { OptionMistake, JobKind } from '../domain/job.ts';
import type { JobView, PoolView } from '../domain/views.ts';
import { alertScreen, type AlertNews } from './alert-view.ts';
import { type Catalog, voiceOf } from './catalog.ts';
import {
  dialogueDoneScreen,
  type DialogueHint,
  type DialogueQuestion,
  questionScreen,
  type Style,
  styledWords,
} from './dialogue-views.ts';
import {
  captionScreen,
  type ResultFacts,
  textResultScreens,
  refusedScreen,
  usageScreen,
  type Refusal,
} from './outcome-view.ts';
import {
  forgetDoneScreen,
  forgetQuestionScreen,
  type ForgottenFacts,
  commandEntries,
  examplePrompt,
  helpScreen,
  languageScreen,
  startScreen,
  wordsOnly,
  type CommandEntry,
  limitsWords,
  premiumScreen,
  type DayUse,
  type PremiumFacts,
} from './guide-views.ts';
import { keysScreen, keysTestedWords } from './keys-view.ts';
import type { MessageId } from './message-ids.ts';
import { optionMistakeScreen } from './options-view.ts';
import { receiptScreen } from './status-message-view.ts';
import type { Screen } from './view.ts';
import { statusScreen, type Trails } from './status-view.ts';

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
  const voice = (locale: string) => voiceOf(catalog, locale);
  return {
    /** The status message of a job in any phase. */
    receipt: (view: JobView, locale: string): Screen => receiptScreen(voice(locale), view),
    /** The same message once the job has failed or was cancelled: why, what next, and a button. */
    ended: (view: JobView, locale: string, nowMs: number): Screen => receiptScreen(voice(locale), view, nowMs),
    /** The words under a result; at most 1024 units. */
    caption: (view: JobView, locale: string, result: ResultFacts): Screen => captionScreen(voice(locale), view, result),
    /** A result that is words, as one message or several. */
    textResult: (view: JobView, locale: string, result: ResultFacts, text: string): readonly [Screen, ...Screen[]] =>
      textResultScreens(voice(locale), view, result, text),
    /** The short reply that rings after a long wait. */
    ready: (locale: string): Screen => wordsOnly(voice(locale).say('ready')),
    /** Where a person's requests stand; with their calls, for an admin's own. */
    status: (views: readonly JobView[], locale: string, trails?: Trails): Screen =>
      statusScreen(voice(locale), views, trails),
    /** A request that was not taken. */
    refused: (refusal: Refusal, locale: string): Screen => refusedScreen(voice(locale), refusal),
    /** Options that cannot be followed; nothing was stored. */
    optionMistake: (mistake: OptionMistake, kind: JobKind, locale: string): Screen =>
      optionMistakeScreen(voice(locale), mistake, kind),
    usage: (kind: JobKind, locale: string): Screen => usageScreen(voice(locale), kind),
    /** A prompt to show or to run when somebody presses the example button. */
    example: (kind: JobKind, locale: string): string => examplePrompt(voice(locale), kind),

    start: (locale: string, person: { readonly name: string; readonly admin: boolean }): Screen =>
      startScreen(voice(locale), person),
    help: (locale: string, person: { readonly admin: boolean }): Screen => helpScreen(voice(locale), person),
    unknownCommand: (locale: string): Screen => wordsOnly(voice(locale).say('unknown-command')),
    /** For stickers, voice messages and whatever else is no text. */
    textOnly: (locale: string): Screen => wordsOnly(voice(locale).say('text-only')),
    /** For whoever asks for more at once than is answered. */
    slowDown: (locale: string): Screen => wordsOnly(voice(locale).say('slow-down')),
    /** Nothing can be written down right now. */
    storageRefuses: (locale: string): Screen => wordsOnly(voice(locale).say('storage.refuses')),
    /** The request was taken just before that; its receipt cannot be kept. */
    keptInTrouble: (locale: string): Screen => wordsOnly(voice(locale).say('storage.kept')),
    /** Somebody wrote what looks like a key of a service; `isGone` when the message could be deleted. */
    typedKey: (isGone: boolean, locale: string): Screen =>
      wordsOnly(voice(locale).say(isGone ? 'typed-key.deleted' : 'typed-key.not-deleted')),
    language: (locale: string): Screen => languageScreen(voice(locale), catalog),
    languageSet: (locale: string): Screen => wordsOnly(voice(locale).say('language.set')),
    commands: (locale: string, person: { readonly admin: boolean }): readonly CommandEntry[] =>
      commandEntries(voice(locale), person),

    /** What a dialogue asks next; before it, what was wrong with the last answer. */
    question: (
      question: DialogueQuestion,
      locale: string,
      how: { readonly hint?: DialogueHint | undefined; readonly inGroup: boolean },
    ): Screen => questionScreen(voice(locale), question, how),
    /** The last question once everything is said. */
    dialogueDone: (words: string, locale: string): Screen => dialogueDoneScreen(voice(locale), words),
    dialogueLeft: (locale: string): Screen => wordsOnly(voice(locale).say('dialogue.left')),
    dialogueGivenUp: (locale: string): Screen => wordsOnly(voice(locale).say('dialogue.given-up')),
    dialogueOutdated: (locale: string): Screen => wordsOnly(voice(locale).say('dialogue.outdated')),
    /** A prompt with the words of a style behind it. */
    styled: (words: string, style: Style, locale: string): string => styledWords(voice(locale), words, style),

    /** What /cancel answers. */
    cancelled: (kind: Cancelled['kind'], locale: string): Screen => wordsOnly(voice(locale).say(cancelMessages[kind])),
    /** Plain text of at most 200 units for answerCallbackQuery. */
    answer: (answer: CallbackAnswer, locale: string): string => voice(locale).plain(answerMessages[answer]),
    /** How much of today is used. */
    limits: (locale: string, day: DayUse): Screen => wordsOnly(limitsWords(voice(locale), day)),

    /** Before anything is deleted. */
    forgetQuestion: (userId: number, locale: string): Screen => forgetQuestionScreen(voice(locale), userId),
    forgetKept: (locale: string): Screen => wordsOnly(voice(locale).say('forget.kept')),
    forgetDone: (facts: ForgottenFacts, locale: string): Screen => forgetDoneScreen(voice(locale), facts),

    premiumInfo: (locale: string, facts: PremiumFacts): Screen => premiumScreen(voice(locale), facts),
    /** To the admin who gave it. */
    premiumGranted: (locale: string, gift: { readonly userId: number; readonly untilMs: number }): Screen =>
      wordsOnly(voice(locale).say('premium.granted', { userId: String(gift.userId), until: new Date(gift.untilMs) })),
    /** To the person who got it. */
    premiumReceived: (locale: string, gift: { readonly untilMs: number }): Screen =>
      wordsOnly(voice(locale).say('premium.received', { until: new Date(gift.untilMs) })),
    premiumUsage: (locale: string): Screen => wordsOnly(voice(locale).say('premium.usage')),

    alerts: (news: readonly AlertNews[], locale: string): Screen => alertScreen(voice(locale), news),
    keys: (view: PoolView, nowMs: number, locale: string): Screen => keysScreen(voice(locale), view, nowMs),
    /** Plain text, short enough for a callback answer. */
    keysTested: (results: readonly { readonly ok: boolean }[], locale: string): string =>
      keysTestedWords(voice(locale), results),
    /** Plain text, short enough for a callback answer. */
    keysWoken: (count: number, locale: string): string => voice(locale).plain('keys.woken', { count }),
  };
}
