import type { RecordedCall } from '../sandbox/telegram/api-service.ts';
import { secretsFound } from '../test/support/secret-hunt.ts';
import type { Findings } from './findings.ts';
import type { Expectation } from './fuzzed-update.ts';

/** What the bot promises to people, whatever they write. */
export const answerPromises = {
  unanswered: 'messages of a person that were not answered',
  silentPress: 'presses that were not answered',
  setAside: 'updates that were set aside, as Telegram sends them',
  unhandled: 'updates that were not handled in time',
  secret: 'answers or log lines with a secret',
  malformed: 'calls that Telegram could not take',
  trouble: 'troubles that no rule foresees',
  lastWords: 'errors that nobody caught',
} as const;

export type Found = Findings<keyof typeof answerPromises>;

/** One update of one person. */
export type Turn = {
  readonly userId: number;
  readonly expects: Expectation;
  /** Of a press. */
  readonly queryId?: string;
  /** Sends it; answers the update's id where that is known. */
  readonly send: () => number | undefined;
  readonly isTelegrams: boolean;
  /** What it says, for the findings. */
  readonly says: string;
};

/** What Telegram returns for a call that can never succeed. */
const malformedCall = /can't parse|is empty|too long|TOO_LONG|BUTTON_|encoded in UTF-8|expected an|not specified/;

/** Looks whether everybody was answered by these calls, and whether the calls are as they should be. */
export function lookAtAnswers(
  {
    turns,
    calls,
    secrets,
  }: { readonly turns: readonly Turn[]; readonly calls: readonly RecordedCall[]; readonly secrets: readonly string[] },
  found: Found,
): void {
  const spokenTo = new Set<unknown>();
  const answered = new Set<unknown>();
  for (const { method, params, error } of calls) {
    if (method.startsWith('send') && error === undefined) spokenTo.add(params['chat_id']);
    if (method === 'answerCallbackQuery') answered.add(params['callback_query_id']);
    if (error !== undefined && malformedCall.test(error.description)) {
      found.note('malformed', `${error.description} ${JSON.stringify(params)}`);
    }
  }
  const said = calls.map(({ method, params }) => ({ where: method, text: JSON.stringify(params) }));
  if (secretsFound([{ where: '', text: said.map(({ text }) => text).join('\n') }], secrets).length > 0) {
    found.note('secret', secretsFound(said, secrets).join(' '));
  }
  for (const { userId, expects, queryId, says } of turns) {
    if (expects === 'words' && !spokenTo.has(userId)) found.note('unanswered', says);
    if (expects === 'press' && !answered.has(queryId)) found.note('silentPress', says);
  }
}
