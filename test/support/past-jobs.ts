import { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '../../src/domain/job.ts';

/** A job of a person that has ended and was told. Times in milliseconds. */
export type PastJob = {
  readonly acceptedAtMs: number;
  readonly waitedMs: number;
  readonly tookMs: number;
  readonly userId: number;
  /** Another than a picture. */
  readonly ended?: Exclude<Outcome, { kind: 'result' }>;
};

const file = { path: 'none.png', kind: 'image', mime: 'image/png', bytes: 100_000 } as const;
const picture: Outcome = { kind: 'result', payload: { kind: 'file', file }, model: 'none' };

/** Writes jobs into the database of a bot, beside the bot when it runs. */
export function writePastJobs(path: string, jobs: Iterable<PastJob>): void {
  using database = new DatabaseSync(path, { timeout: 10_000 });
  const insert = database.prepare(
    `INSERT INTO jobs (id, update_id, kind, prompt, lane, locale, chat_id, chat_type, user_id, message_id, line, state, round,
       ready_at_ms, accepted_at_ms, claimed_at_ms, ended_at_ms, told_at_ms, calls, outcome)
     VALUES (?, ?, 'image', 'a red fox', 'free', 'en', 1, 'private', ?, 1, 'bytez', 'told', 0, ?, ?, ?, ?, ?, 1, ?)`,
  );
  database.exec('BEGIN IMMEDIATE');
  let number = 0;
  for (const { acceptedAtMs, waitedMs, tookMs, userId, ended = picture } of jobs) {
    const atMs = Math.floor(acceptedAtMs);
    const claimedMs = atMs + waitedMs;
    const endedMs = claimedMs + tookMs;
    const times = [atMs, atMs, claimedMs, endedMs, endedMs + 500];
    insert.run(`old-${number}`, 10_000_000 + number, userId, ...times, JSON.stringify(ended));
    number += 1;
  }
  database.exec('COMMIT');
}
