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
