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
