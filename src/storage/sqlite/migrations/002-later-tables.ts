// Every migration since the first, in order of version; a new one goes to the end.

/** What a job was asked for beside its words, and dialogues that wait for an answer. */
export const optionsAndDialogues = {
  version: 2,
  sql: `
ALTER TABLE jobs ADD COLUMN options TEXT;                     -- JSON; NULL when nothing was asked for

CREATE TABLE dialogues (
  key TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  written_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dialogues_old ON dialogues (written_at_ms);
`,
} as const;

/**
 * Keys as whole records, and commands of humans from another process. The rows of before are carried over:
 * a rest of unknown origin counts as one that the provider named, and a first refusal still has to be confirmed.
 */
export const keyRecords = {
  version: 3,
  sql: `
CREATE TABLE key_records (
  id TEXT PRIMARY KEY,
  record TEXT NOT NULL,                                     -- JSON
  saved_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

WITH known AS (
  SELECT id, limited_in_a_row, seat_limit, calls, successes,
    state ->> 'kind' AS kind, state ->> 'reason' AS reason, state ->> 'times' AS times,
    CAST(unixepoch('subsec') * 1000 AS INTEGER) AS saved_at_ms, json(state) AS state
  FROM keys WHERE json_valid(state)
)
INSERT INTO key_records (id, record, saved_at_ms)
SELECT id, json_object(
  'id', id, 'provider', 'bytez', 'name', 'bytez ' || substr(id, 1, 4), 'savedAtMs', saved_at_ms,
  'state', json(CASE kind
    WHEN 'cooling' THEN json_set(state, '$.sinceMs', saved_at_ms,
      '$.stated', json(CASE WHEN reason = 'rate-limited' THEN 'true' ELSE 'false' END))
    WHEN 'benched' THEN json_set(state,
      '$.confirmed', json(CASE WHEN reason = 'out-of-credit' OR times > 1 THEN 'true' ELSE 'false' END))
    WHEN 'probing' THEN json_set(state,
      '$.confirmed', json(CASE WHEN reason = 'out-of-credit' OR times > 1 THEN 'true' ELSE 'false' END))
    ELSE state END),
  'limitedInARow', limited_in_a_row, 'seats', json_object('limit', seat_limit), 'inFlight', 0,
  'health', json_object('calls', calls, 'successes', successes, 'errors', json_object(), 'consecutiveErrors', 0,
    'callsToday', 0, 'day', 0)
), saved_at_ms FROM known;

DROP TABLE keys;

CREATE TABLE key_wishes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  wish TEXT NOT NULL CHECK (wish IN ('wake', 'disable', 'enable', 'test')),
  key_id TEXT,                                              -- NULL: every key
  asked_at_ms INTEGER NOT NULL
) STRICT;
`,
} as const;

/** Every provider call of a job, kept before it goes out; and how many of them met a silent provider. */
export const calls = {
  version: 4,
  sql: `
ALTER TABLE jobs ADD COLUMN probes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE calls (
  job_id TEXT NOT NULL,
  call INTEGER NOT NULL,
  fence INTEGER NOT NULL,                                     -- of the lease that sent the call
  trail TEXT NOT NULL,                                        -- JSON
  PRIMARY KEY (job_id, call)
) STRICT, WITHOUT ROWID;
`,
} as const;

/** What Telegram said of chats: that the bot may not write there, or that the chat lives on under another id. */
export const chats = {
  version: 5,
  sql: `
CREATE TABLE chats (
  id INTEGER PRIMARY KEY,
  closed_at_ms INTEGER,                                       -- NULL while the bot may write there
  moved_to INTEGER                                            -- NULL while the id is the chat's own
) STRICT;
`,
} as const;

/** Answers whose result is not on the disk yet, jobs of people who want to be forgotten, updates that processes die on. */
export const answersAndForgetting = {
  version: 6,
  sql: `
ALTER TABLE jobs ADD COLUMN answer TEXT;                      -- JSON; NULL unless a provider has answered and the job has not ended
ALTER TABLE jobs ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1));
ALTER TABLE inbox ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0; -- processes that died while they had the update in hand

CREATE INDEX jobs_answered ON jobs (seq) WHERE state = 'waiting' AND answer IS NOT NULL;
CREATE INDEX jobs_told ON jobs (told_at_ms) WHERE state = 'told';
CREATE INDEX jobs_forgotten ON jobs (seq) WHERE forgotten = 1;
`,
} as const;

/** Where Telegram asked not to be called for a while (429). */
export const rests = {
  version: 7,
  sql: `
CREATE TABLE rests (
  place TEXT PRIMARY KEY,                                     -- a chat's id, the name of a method, or everything
  until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
} as const;

/** The language in which somebody was answered last who may be written to unasked. */
export const heardLanguage = {
  version: 8,
  sql: `
ALTER TABLE users ADD COLUMN heard_locale TEXT;
`,
} as const;

/** Who holds what: recovery takes back only from owners that are gone, an effect is ended only by the lease that began it. */
export const owners = {
  version: 9,
  sql: `
ALTER TABLE jobs ADD COLUMN owner TEXT;                       -- the engine that runs or delivers it; NULL until the first claim
ALTER TABLE effects ADD COLUMN fence INTEGER;                 -- of the lease that began it; NULL for the status message
`,
} as const;

/** What operators ask for from beside the owner of the database, with the owner's answers; and the alerts that are raised. */
export const admin = {
  version: 10,
  sql: `
CREATE TABLE admin_commands (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  command TEXT NOT NULL,                                      -- JSON
  asked_at_ms INTEGER NOT NULL,
  answer TEXT,                                                -- JSON; NULL until it is carried out
  answered_at_ms INTEGER
) STRICT;
CREATE INDEX admin_commands_pending ON admin_commands (seq) WHERE answer IS NULL;

INSERT INTO admin_commands (command, asked_at_ms)
SELECT json_object('kind', wish || '-keys',
  'keys', json(CASE WHEN key_id IS NULL THEN '"all"' ELSE json_array(key_id) END)), asked_at_ms
FROM key_wishes WHERE wish <> 'test' ORDER BY seq;
DROP TABLE key_wishes;

CREATE TABLE raised_alerts (
  place INTEGER PRIMARY KEY,
  alert TEXT NOT NULL                                         -- JSON
) STRICT;
`,
} as const;

/** Work that a provider has taken on and not finished. */
export const operations = {
  version: 11,
  sql: `
ALTER TABLE jobs ADD COLUMN operation TEXT;                   -- JSON; NULL unless a provider works on the job

CREATE INDEX jobs_submitted ON jobs (seq) WHERE state = 'waiting' AND operation IS NOT NULL;
`,
} as const;

/** When an outcome is sent again, outcomes that are held, and what Telegram refuses in a chat. */
export const deliveries = {
  version: 12,
  sql: `
ALTER TABLE jobs ADD COLUMN delivery_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN deliver_at_ms INTEGER;           -- no further try before; NULL when there was none
ALTER TABLE jobs ADD COLUMN held TEXT CHECK (held IN ('unsure', 'closed')); -- told, but perhaps not arrived
ALTER TABLE jobs ADD COLUMN direct_topic_id INTEGER;         -- in the direct messages of a channel
CREATE INDEX jobs_held_for_chat ON jobs (chat_id, seq) WHERE held = 'closed';
CREATE INDEX jobs_held_of_person ON jobs (user_id, seq) WHERE held IS NOT NULL;

CREATE TABLE chat_limits (
  chat_id INTEGER NOT NULL,
  what TEXT NOT NULL,                                         -- a closed topic, a kind that may not be sent
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (chat_id, what)
) STRICT, WITHOUT ROWID;
`,
} as const;

/** Where the conversation of a person in a chat begins; without a row, at their first question there. */
export const conversations = {
  version: 13,
  sql: `
CREATE TABLE conversations (
  chat_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  began_at_ms INTEGER NOT NULL,                               -- questions that were accepted before do not count
  PRIMARY KEY (chat_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_answered_of_person ON jobs (user_id, chat_id, seq) WHERE kind = 'chat';
`,
} as const;

/** The lists that /status showed and that still have buttons of requests. */
export const statusLists = {
  version: 14,
  sql: `
CREATE TABLE status_lists (
  chat_id INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  locale TEXT NOT NULL,
  lane TEXT NOT NULL,                                         -- whose limits of a day it shows
  with_calls INTEGER NOT NULL,                                -- 1: it shows the calls of each request, as for admins
  jobs TEXT NOT NULL,                                         -- JSON: the requests that it offers to cancel
  is_old INTEGER NOT NULL DEFAULT 0,                          -- 1: a later list stands below it
  PRIMARY KEY (chat_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX status_lists_of_person ON status_lists (user_id);
`,
} as const;

/** What admins were told that is never told twice, however often the bot is started. */
export const notices = {
  version: 15,
  sql: `
CREATE TABLE notices (
  id TEXT PRIMARY KEY,                                        -- what was told: kind, provider, model and date
  told_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
} as const;

/** What the answered calls of each day cost. It outlives the jobs, and knows people by number only. */
export const costs = {
  version: 16,
  sql: `
CREATE TABLE costs (
  day TEXT NOT NULL,                                          -- UTC, 2026-01-31
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  key_id TEXT NOT NULL,
  key_name TEXT NOT NULL,                                     -- as it was called then
  user_id INTEGER NOT NULL,                                   -- 0 for people whose data was deleted
  calls INTEGER NOT NULL,
  micro_usd INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,                                  -- calls of which no price is known
  PRIMARY KEY (day, provider, model, kind, key_id, user_id)
) STRICT, WITHOUT ROWID;
`,
} as const;

/** The models that people chose for requests that name none. */
export const chosenModels = {
  version: 17,
  sql: `
ALTER TABLE users ADD COLUMN models TEXT;                     -- JSON: a model for each kind; NULL when none was chosen
`,
} as const;

/** What a chat model made of short prompts. */
export const rewrites = {
  version: 18,
  sql: `
CREATE TABLE rewrites (
  job_id TEXT PRIMARY KEY,
  words TEXT NOT NULL                                         -- empty: the person's own words are used
) STRICT, WITHOUT ROWID;
`,
} as const;
