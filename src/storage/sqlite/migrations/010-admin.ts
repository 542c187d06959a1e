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
