import type { StrikeRules } from '../domain/safety/safety.ts';
import type { Secret } from '../kit/secret.ts';
import { unquoted } from '../kit/unquoted.ts';
import type { TableRows } from './table-file.ts';

/** What is checked before a provider is asked, and what becomes of refusals. */
export type ModerationConfig = {
  readonly mode: 'off' | 'words' | 'openai';
  /** Adds to the list of words, or takes some away. */
  readonly wordsFile: string | undefined;
  /** The operator's own service. */
  readonly hook: Secret | undefined;
  /** What becomes of words that a service could not be asked about. */
  readonly whenDown: 'allow' | 'refuse';
  readonly strikes: StrikeRules;
};

type ModerationVariables = {
  readonly MODERATION: ModerationConfig['mode'];
  readonly MODERATION_WORDS_FILE: string | undefined;
  readonly MODERATION_URL: Secret | undefined;
  readonly MODERATION_WHEN_DOWN: ModerationConfig['whenDown'];
  readonly STRIKES: number;
  readonly STRIKE_WINDOW_S: number;
  readonly STRIKE_REST_S: number;
};

export function moderationOf(env: ModerationVariables): ModerationConfig {
  return {
    mode: env.MODERATION,
    wordsFile: env.MODERATION_WORDS_FILE,
    hook: env.MODERATION_URL,
    whenDown: env.MODERATION_WHEN_DOWN,
    strikes: { max: env.STRIKES, windowMs: env.STRIKE_WINDOW_S, restMs: env.STRIKE_REST_S },
  };
}

/** A file that nothing reads would only look like protection. */
export function moderationMistakes(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const written = (name: string) => unquoted(env[name] ?? '');
  const isOff = written('MODERATION') === '' || written('MODERATION') === 'off';
  if (!isOff || written('MODERATION_WORDS_FILE') === '') return [];
  return ['MODERATION_WORDS_FILE is read only with MODERATION; set it to words or openai, or remove the file'];
}

/** One line of the file of words: a word or a phrase to refuse, or one of the built-in list to allow. */
export type WordRow = { readonly entry: string; readonly isAllowed: boolean };

const maxLength = 100;

/** Reads `MODERATION_WORDS_FILE`: one word or phrase a line, `-` before one to allow, text behind a # is a comment. */
export function parseWordsFile(text: string): TableRows<WordRow> {
  const rows: WordRow[] = [];
  const mistakes: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const entry = line.replace(/#.*$/, '').trim();
    if (entry === '' || entry === '-') continue;
    if (entry.length > maxLength) mistakes.push(`has more than ${maxLength} characters in line ${index + 1}`);
    else
      rows.push(
        entry.startsWith('-') ? { entry: entry.slice(1).trim(), isAllowed: true } : { entry, isAllowed: false },
      );
  }
  return mistakes.length === 0 ? { ok: true, rows } : { ok: false, mistakes };
}
