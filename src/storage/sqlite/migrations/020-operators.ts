/** What operators did, and what they set for single keys. */
export const operators = {
  version: 20,
  sql: `
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  by_whom TEXT NOT NULL,                                      -- the way in: telegram, command line, http
  action TEXT NOT NULL,
  target TEXT NOT NULL                                        -- ids and names; never a secret, never words of people
) STRICT;

CREATE TABLE added_keys (
  key_id TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  sealed TEXT NOT NULL,                                       -- AES-256-GCM under MASTER_KEY
  added_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE key_settings (
  key_id TEXT PRIMARY KEY,
  settings TEXT NOT NULL                                      -- JSON: weight, seats, group, label
) STRICT, WITHOUT ROWID;
`,
} as const;
