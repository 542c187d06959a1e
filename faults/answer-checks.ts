import type { RecordedCall } from '../sandbox/telegram/api-service.ts';
import { secretsFound } from '../test/support/secret-hunt.ts';
import type { Findings } from './findings.ts';
import type { Expectation } from './fuzzed-update.ts';

/** The promises of the bot to people, whatever they send. */
export const answerPromises = {
  unanswered: 'messages of a person that were not answered',
  unansweredPress: 'presses that were not answered',
  setAside: 'valid updates that were set aside',
  unhandled: 'updates that were not handled in time',
  secret: 'answers or log lines with a secret',
  malformed: 'calls that Telegram cannot accept',
  trouble: 'unexpected errors',
  uncaught: 'uncaught errors',
} as const;

export type Found = Findings<keyof typeof answerPromises>;

/** One update of one person. */
export type Turn = {
  readonly userId: number;
  readonly expects: Expectation;
  /** Of a press. */
  readonly queryId?: string;
  /** Sends it; returns the update's id where that is known. */
  readonly send: () => number | undefined;
  readonly isValid: boolean;
  /** Its text, for the report. */
  readonly says: string;
};

/** What Telegram returns for a call that can never succeed. */
const malformedCall = /can't parse|is empty|too long|TOO_LONG|BUTTON_|encoded in UTF-8|expected an|not specified/;

/** Checks that these calls answer every turn, and that Telegram can accept each call. */
export function checkAnswers(
  {
    turns,
    calls,
    secrets,
  }: { readonly turns: readonly Turn[]; readonly calls: readonly RecordedCall[]; readonly secrets: readonly string[] },
  found: Found,
): void {
  const messaged = new Set<unknown>();
  const answered = new Set<unknown>();
  for (const { method, params, error } of calls) {
    if (method.startsWith('send') && error === undefined) messaged.add(params['chat_id']);
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
    if (expects === 'words' && !messaged.has(userId)) found.note('unanswered', says);
    if (expects === 'press' && !answered.has(queryId)) found.note('unansweredPress', says);
  }
}
