import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Adds jobs that were delivered within the last day, with what a life leaves behind, to a database of Darkroom. */
export function addFinishedJobs(dataDir: string, count: number): void {
  const database = new DatabaseSync(join(dataDir, 'darkroom.db'));
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const nowMs = Date.now();
  const outcome = JSON.stringify({
    kind: 'result',
    model: 'stabilityai/stable-diffusion-xl-base-1.0',
    payload: { kind: 'file', file: { path: '/nowhere.png', kind: 'image', mime: 'image/png', bytes: 1 } },
  });
  database.exec(`PRAGMA synchronous = OFF; BEGIN;
    ${numbers} INSERT INTO jobs (id, update_id, kind, prompt, lane, locale, chat_id, chat_type, user_id, message_id, line,
      state, round, ready_at_ms, fence, calls, accepted_at_ms, claimed_at_ms, ended_at_ms, told_at_ms, receipt_id, outcome)
    SELECT 'tg-' || (900000000 + i), 900000000 + i, 'image', 'a red fox in the snow', 'free', 'en', 500000 + i % 20000,
      'private', 500000 + i % 20000, i, 'bytez', 'told', i / 100, ${nowMs} - i, 2, 1, ${nowMs} - i, ${nowMs} - i,
      ${nowMs} - i, ${nowMs} - i, i, '${outcome}' FROM n;
    ${numbers} INSERT INTO credits (job_id, user_id, kind, day)
    SELECT 'tg-' || (900000000 + i), 500000 + i % 20000, 'image', ${Math.floor(nowMs / 86_400_000)} FROM n;
    ${numbers} INSERT INTO effects (job_id, effect, note)
    SELECT 'tg-' || (900000000 + i), 'receipt', i FROM n
    UNION ALL SELECT 'tg-' || (900000000 + i), 'result', i FROM n;
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`);
  database.close();
}
