import type { CancelEnding, KeyChoice } from './admin-api.ts';
import type { JobId } from './ids.ts';

/** A change that a process beside the owner of the database asks for. */
export type AdminCommand =
  | { readonly kind: 'wake-keys' | 'disable-keys' | 'enable-keys'; readonly keys: KeyChoice }
  | { readonly kind: 'cancel-job'; readonly jobId: JobId }
  | { readonly kind: 'add-premium'; readonly userId: number; readonly days: number; readonly grant: string };

/** What the owner did. */
export type AdminAnswer =
  | { readonly kind: 'keys-changed'; readonly count: number }
  | { readonly kind: 'job-cancelled'; readonly ending: CancelEnding }
  | { readonly kind: 'premium-added'; readonly untilMs: number };

export type PendingCommand = { readonly seq: number; readonly command: AdminCommand };

/** Commands wait here, durably, until the owner of the database has carried them out. */
export type AdminCommands = {
  /** Commands that have no answer, oldest first; one that this version cannot read is passed over. */
  pending(): Promise<readonly PendingCommand[]>;
  /** Keeps the command and returns its number. */
  ask(command: AdminCommand, nowMs: number): Promise<number>;
  /** Keeps what was done; an answer is kept for an hour. */
  answer(seq: number, answer: AdminAnswer, nowMs: number): Promise<void>;
  /** Undefined while the command waits, and once its answer is gone. */
  answerOf(seq: number): Promise<AdminAnswer | undefined>;
};
