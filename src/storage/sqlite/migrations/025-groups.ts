/**
 * A group has one place in the fair order, which its members share. `turn_id` is `turnOf` of the domain; `turns` and
 * `person_rounds` hold it in their column `user_id`. What the admins of a group have set for it.
 */
export const groups = {
  version: 25,
  sql: `
ALTER TABLE jobs ADD COLUMN turn_id INTEGER GENERATED ALWAYS AS (iif(chat_type = 'group', chat_id, user_id)) VIRTUAL;

DROP INDEX jobs_ready_of_person;
DROP INDEX jobs_running;
CREATE INDEX jobs_ready_of_turn ON jobs (line, lane, turn_id, tier, round, seq) WHERE state = 'waiting' AND parked = 0;
CREATE INDEX jobs_running ON jobs (turn_id, lane, line) WHERE state = 'running';
CREATE INDEX jobs_open_in_chat ON jobs (chat_id) WHERE state <> 'told';

DELETE FROM turns;
INSERT INTO turns (line, lane, user_id, tier, round, seq)
  SELECT line, lane, turn_id, tier, round, seq FROM (
    SELECT *, row_number() OVER (PARTITION BY line, lane, turn_id ORDER BY tier, round, seq) AS place
    FROM jobs WHERE state = 'waiting' AND parked = 0
  ) WHERE place = 1;

CREATE TABLE group_settings (
  chat_id INTEGER PRIMARY KEY,
  settings TEXT NOT NULL                                      -- JSON: what differs from the defaults
) STRICT;
`,
} as const;

/** Who may ask for nothing, whose requests were refused for what they asked, and what people have reported. */
export const safety = {
  version: 26,
  sql: `
CREATE TABLE blocks (
  id INTEGER NOT NULL,                                        -- of a person, or of a group
  kind TEXT NOT NULL CHECK (kind IN ('block', 'rest')),       -- an admin's; or for a while, after refusals
  reason TEXT,                                                -- shown to them; NULL without one
  since_ms INTEGER NOT NULL,
  until_ms INTEGER,                                           -- NULL: until an admin ends it
  PRIMARY KEY (id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE strikes (
  user_id INTEGER NOT NULL,
  job_id TEXT NOT NULL,                                       -- a request counts once
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (user_id, job_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (
  job_id TEXT NOT NULL,
  user_id INTEGER NOT NULL,                                   -- who reports it
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (job_id, user_id)
) STRICT, WITHOUT ROWID;
`,
} as const;
