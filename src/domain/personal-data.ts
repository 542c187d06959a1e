import type { JobId } from './ids.ts';

/** What is kept of people, and how it goes. Whatever takes long is done a few rows at a time. */
export type PersonalData = {
  /**
   * Takes the words of the person's ended requests and whatever else was kept of them, and marks the requests for `drop`;
   * answers how many. Open ones are to be cancelled first. What keeps others safe stays, without words: today's counters,
   * a premium that is not over, update ids.
   */
  mark(userId: number, nowMs: number): Promise<number>;
  /** How many marked jobs are not told yet. */
  leaving(): Promise<number>;
  /** Some of the jobs that may go: told and marked, or told at or before the moment given; the oldest first. */
  overdue(toldBeforeMs: number, atMost: number): Promise<readonly JobId[]>;
  /** Deletes the jobs with everything that was kept of them; their files are to be gone by then. */
  drop(ids: readonly JobId[], nowMs: number): Promise<void>;
  /** Whether the job's file may still be shown, or shall be. */
  needsFile(id: JobId): Promise<boolean>;
  /** Takes the words of updates that could not be handled, and counters of days gone by of people who are forgotten. */
  trim(keptBeforeMs: number, nowMs: number): Promise<void>;
};
