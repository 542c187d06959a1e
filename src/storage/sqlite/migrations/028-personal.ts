/**
 * What people choose for all their requests, and their histories. An entry of a history is written by the statement that
 * marks its job as delivered; it outlives the job. Private requests and forgotten ones get none.
 */
export const personal = {
  version: 28,
  sql: `
ALTER TABLE users ADD COLUMN preferences TEXT;                -- JSON
ALTER TABLE jobs ADD COLUMN wishes TEXT;                      -- JSON: how the result is delivered and kept
ALTER TABLE jobs ADD COLUMN sent_files TEXT;                  -- JSON: form and file id of each, as Telegram keeps them

CREATE TABLE past_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,                       -- never given twice: buttons name it
  job_id TEXT NOT NULL UNIQUE,
  user_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  prompt TEXT NOT NULL,
  options TEXT,                                               -- JSON
  ended TEXT NOT NULL,                                        -- result, failed, cancelled
  model TEXT,
  payload TEXT,                                               -- JSON: the files as they were made
  sent_files TEXT,                                            -- JSON
  asked_at_ms INTEGER NOT NULL,
  is_favourite INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX past_requests_of_user ON past_requests (user_id, id);
CREATE INDEX favourites_of_user ON past_requests (user_id, id) WHERE is_favourite = 1;
CREATE INDEX past_requests_by_age ON past_requests (asked_at_ms) WHERE is_favourite = 0;

CREATE TRIGGER jobs_told_are_past AFTER UPDATE OF state ON jobs
WHEN new.state = 'told' AND old.state <> 'told' AND new.held IS NULL AND new.forgotten = 0 AND json_valid(new.outcome)
  AND coalesce(new.wishes ->> '$.isPrivate', 0) = 0
BEGIN
  INSERT INTO past_requests (job_id, user_id, kind, prompt, options, ended, model, payload, sent_files, asked_at_ms)
  VALUES (
    new.id, new.user_id, new.kind, new.prompt, new.options, new.outcome ->> '$.kind', new.outcome ->> '$.model',
    iif(new.outcome ->> '$.payload.kind' = 'text', NULL, new.outcome -> '$.payload'), new.sent_files, new.accepted_at_ms
  )
  ON CONFLICT (job_id) DO UPDATE SET ended = excluded.ended, model = excluded.model, payload = excluded.payload,
    sent_files = coalesce(excluded.sent_files, sent_files);
END;

CREATE TABLE feedback (
  job_id TEXT PRIMARY KEY,
  user_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  words TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  is_told INTEGER NOT NULL DEFAULT 0                          -- 1: the admins were told
) STRICT, WITHOUT ROWID;

CREATE INDEX feedback_by_time ON feedback (at_ms);
`,
} as const;
