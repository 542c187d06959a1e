/**
 * Who has written to the bot, for finding people by name and for messages to everybody. A trigger keeps it in the
 * transaction that stores the update; times of the same hour are one write.
 */
export const people = {
  version: 27,
  sql: `
CREATE TABLE people (
  id INTEGER PRIMARY KEY,
  username TEXT,                                              -- in small letters, without the @
  language TEXT,                                              -- as Telegram reports it
  has_chat INTEGER NOT NULL DEFAULT 0,                        -- 1: has written in private
  wants_news INTEGER NOT NULL DEFAULT 1,                      -- 0: no messages to everybody
  first_update_id INTEGER,                                    -- NULL: was known before this table
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX people_by_username ON people (username) WHERE username IS NOT NULL;

INSERT INTO people (id, has_chat, first_seen_ms, last_seen_ms)
  SELECT user_id, max(chat_id = user_id), min(accepted_at_ms), max(accepted_at_ms)
  FROM jobs WHERE user_id > 0 AND forgotten = 0 AND chat_type = 'private' GROUP BY user_id;

CREATE TRIGGER inbox_knows_people AFTER INSERT ON inbox WHEN json_valid(new.body) BEGIN
  INSERT INTO people (id, username, language, has_chat, first_update_id, first_seen_ms, last_seen_ms)
    SELECT person ->> '$.id', lower(person ->> '$.username'), person ->> '$.language_code',
      chat ->> '$.type' IS 'private', new.update_id, new.kept_at_ms, new.kept_at_ms
    FROM (SELECT coalesce(new.body -> '$.message.from', new.body -> '$.callback_query.from') AS person,
      coalesce(new.body -> '$.message.chat', new.body -> '$.callback_query.message.chat') AS chat)
    WHERE typeof(person ->> '$.id') = 'integer' AND person ->> '$.id' > 0 AND person ->> '$.id' <> 777000
      AND NOT coalesce(person ->> '$.is_bot', 0)
    ON CONFLICT DO UPDATE SET username = excluded.username, language = excluded.language,
      has_chat = max(has_chat, excluded.has_chat), last_seen_ms = excluded.last_seen_ms
    WHERE username IS NOT excluded.username OR language IS NOT excluded.language OR has_chat < excluded.has_chat
      OR excluded.last_seen_ms - last_seen_ms >= 3600000;
END;

CREATE TABLE access (
  id INTEGER PRIMARY KEY,                                     -- of a person, or of a group (negative)
  asked_by INTEGER NOT NULL,
  name TEXT,                                                  -- of the person or group, as an admin reads it; NULL: forgotten
  chat_id INTEGER NOT NULL,                                   -- where the answer is told
  locale TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('asked', 'allowed', 'refused')),
  asked_at_ms INTEGER NOT NULL,
  decided_by INTEGER,
  is_told INTEGER NOT NULL DEFAULT 0                          -- 1: the admins, then the person, were told of this state
) STRICT;

CREATE TABLE broadcasts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  admin_id INTEGER NOT NULL,
  locale TEXT NOT NULL,
  words TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'sending', 'stopped', 'done')),
  message_id INTEGER,                                         -- shows its progress to the admin
  made_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE broadcast_people (
  broadcast_id INTEGER NOT NULL REFERENCES broadcasts (id),
  user_id INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'closed', 'unsure', 'failed', 'left-out')),
  tries INTEGER NOT NULL DEFAULT 0,
  due_at_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (broadcast_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX broadcast_people_due ON broadcast_people (broadcast_id, due_at_ms) WHERE state = 'waiting';

CREATE TABLE exports (
  user_id INTEGER PRIMARY KEY,
  chat_id INTEGER NOT NULL,
  locale TEXT NOT NULL,
  asked_at_ms INTEGER NOT NULL,
  is_sent INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE referrals (
  user_id INTEGER PRIMARY KEY,                                -- who came; counted once, also after /forget
  by_id INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
`,
} as const;
