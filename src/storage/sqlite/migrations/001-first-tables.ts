/** Jobs with their order and credits, effects, the inbox, people, keys. Times are milliseconds since 1970. */
export const firstTables = {
  version: 1,
  sql: `
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  update_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  prompt TEXT NOT NULL,
  lane TEXT NOT NULL,
  locale TEXT NOT NULL,
  chat_id INTEGER NOT NULL,
  chat_type TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  thread_id INTEGER,
  line TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'ended', 'told')),
  tier INTEGER NOT NULL DEFAULT 1 CHECK (tier IN (0, 1)),   -- 0: handed back, before all others
  round INTEGER NOT NULL,
  parked INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1)), -- 1: waits for ready_at_ms
  ready_at_ms INTEGER NOT NULL,
  reason TEXT,
  fence INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  candidate INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  calls INTEGER NOT NULL DEFAULT 0,
  accepted_at_ms INTEGER NOT NULL,
  claimed_at_ms INTEGER,
  claimed_before_ms INTEGER,                                -- claimed_at_ms before the newest claim
  ended_at_ms INTEGER,
  told_at_ms INTEGER,
  receipt_id INTEGER,
  outcome TEXT
) STRICT;

CREATE INDEX jobs_in_order ON jobs (line, lane, tier, round, seq) WHERE state = 'waiting';
CREATE INDEX jobs_ready_of_person ON jobs (line, lane, user_id, tier, round, seq)
  WHERE state = 'waiting' AND parked = 0;
CREATE INDEX jobs_parked ON jobs (line, ready_at_ms) WHERE state = 'waiting' AND parked = 1;
CREATE INDEX jobs_begun ON jobs (line, kind, claimed_at_ms) WHERE state = 'waiting' AND claimed_at_ms IS NOT NULL;
CREATE INDEX jobs_running ON jobs (user_id, lane, line) WHERE state = 'running';
CREATE INDEX jobs_untold ON jobs (ended_at_ms, seq) WHERE state = 'ended';
CREATE INDEX jobs_open_of_person ON jobs (user_id, state, seq) WHERE state <> 'told';
CREATE INDEX jobs_told_of_person ON jobs (user_id, told_at_ms, seq) WHERE state = 'told';

-- How many wait in each round, so that a place is told without walking the whole queue.
CREATE TABLE waiting_counts (
  line TEXT NOT NULL,
  lane TEXT NOT NULL,
  tier INTEGER NOT NULL,
  round INTEGER NOT NULL,
  jobs INTEGER NOT NULL,
  PRIMARY KEY (line, lane, tier, round)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER jobs_waits_from_birth AFTER INSERT ON jobs WHEN new.state = 'waiting' BEGIN
  INSERT INTO waiting_counts VALUES (new.line, new.lane, new.tier, new.round, 1)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_waits_again AFTER UPDATE OF state ON jobs
WHEN old.state <> 'waiting' AND new.state = 'waiting' BEGIN
  INSERT INTO waiting_counts VALUES (new.line, new.lane, new.tier, new.round, 1)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_waits_no_more AFTER UPDATE OF state ON jobs
WHEN old.state = 'waiting' AND new.state <> 'waiting' BEGIN
  UPDATE waiting_counts SET jobs = jobs - 1
    WHERE line = old.line AND lane = old.lane AND tier = old.tier AND round = old.round;
  DELETE FROM waiting_counts
    WHERE line = old.line AND lane = old.lane AND tier = old.tier AND round = old.round AND jobs = 0;
END;

-- The job that each person may start next, in each lane of each line: a claim chooses the person first.
CREATE TABLE turns (
  line TEXT NOT NULL,
  lane TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  tier INTEGER NOT NULL,
  round INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (line, lane, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX turns_in_order ON turns (line, lane, tier, round, seq);

CREATE TABLE lane_rounds (
  lane TEXT PRIMARY KEY,
  now_round INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE person_rounds (
  lane TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  last_round INTEGER NOT NULL,
  PRIMARY KEY (lane, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE line_streaks (
  line TEXT PRIMARY KEY,
  premium_in_a_row INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE credits (
  job_id TEXT PRIMARY KEY,
  user_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  day INTEGER NOT NULL,                                     -- UTC days since 1970
  given_back INTEGER NOT NULL DEFAULT 0 CHECK (given_back IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX credits_taken ON credits (user_id, kind, day) WHERE given_back = 0;

CREATE TABLE effects (
  job_id TEXT NOT NULL,
  effect TEXT NOT NULL,
  note TEXT,                                                -- NULL until the effect is known to be done
  PRIMARY KEY (job_id, effect)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  update_id INTEGER NOT NULL UNIQUE,
  body TEXT NOT NULL,
  kept_at_ms INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'handled', 'set-aside'))
) STRICT;
CREATE INDEX inbox_new ON inbox (seq) WHERE state = 'new';
CREATE INDEX inbox_old ON inbox (kept_at_ms) WHERE state <> 'new';

CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  locale TEXT,
  premium_until_ms INTEGER
) STRICT;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  limited_in_a_row INTEGER NOT NULL,
  seat_limit INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  successes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
} as const;
